/** Part of a fragmented MP4. */
export interface Mp4Part {
  /** `init` comes first and says how to read the others; each `fragment` begins with a key frame. */
  readonly kind: 'init' | 'fragment';
  readonly data: Buffer;
}

/** Puts the boxes of a fragmented MP4 together into the parts a player is fed with: ftyp + moov, then moof + mdat each. */
export function mp4Parts(onPart: (part: Mp4Part) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let boxes: Buffer[] = [];
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const size = rest.readUInt32BE(0);
      if (size < 8) throw new Error('this is no fragmented MP4'); // 0 and 1 mean sizes that ffmpeg writes into files only
      if (rest.length < size) return;
      const type = rest.toString('latin1', 4, 8);
      boxes.push(rest.subarray(0, size));
      rest = rest.subarray(size);
      if (type !== 'moov' && type !== 'mdat') continue;
      // a copy: what is sent must not hold on to what came after it
      onPart({ kind: type === 'moov' ? 'init' : 'fragment', data: Buffer.concat(boxes) });
      boxes = [];
    }
  };
}
