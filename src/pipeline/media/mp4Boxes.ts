/** Part of a fragmented MP4. */
export interface Mp4Part {
  /** `init` comes first and describes the stream; each `fragment` begins with a key frame. */
  readonly kind: 'init' | 'fragment';
  readonly data: Buffer;
}

/** Groups the boxes of a fragmented MP4 into the parts that players expect: ftyp + moov, then moof + mdat each. */
export function mp4Parts(onPart: (part: Mp4Part) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let boxes: Buffer[] = [];
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const size = rest.readUInt32BE(0);
      if (size < 8) throw new Error('not a fragmented MP4'); // ffmpeg uses sizes 0 and 1 only in files
      if (rest.length < size) return;
      const type = rest.toString('latin1', 4, 8);
      boxes.push(rest.subarray(0, size));
      rest = rest.subarray(size);
      if (type !== 'moov' && type !== 'mdat') continue;
      // a copy, so that a part does not keep the data after it in memory
      onPart({ kind: type === 'moov' ? 'init' : 'fragment', data: Buffer.concat(boxes) });
      boxes = [];
    }
  };
}
