/** Changes the table of a transport stream: its second stream, of three, has the private type 0xA0 and no packets so far. */
export function withUnknownStream(stream: Buffer): Buffer {
  const changed = Buffer.from(stream);
  for (let packet = 0; packet < changed.length; packet += 188) {
    const pid = changed.readUInt16BE(packet + 1) & 0x1fff;
    const section = packet + 5;
    if (pid === 0x101) changed.writeUInt16BE(0x1fff, packet + 1);
    if (pid !== 0x1000) continue;
    changed[section + 17] = 0xa0;
    const end = section + (changed.readUInt16BE(section + 1) & 0xfff) - 1;
    changed.writeUInt32BE(mpegCrc(changed.subarray(section, end)), end);
  }
  return changed;
}

/** CRC-32/MPEG-2 (ISO/IEC 13818-1, annex A). */
function mpegCrc(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

/** Adds closed captions (A/53) in front of the first slice of each picture of an MPEG-2 video. */
export function withCaptions(video: Buffer): Buffer {
  const slice = Buffer.from('00000101', 'hex');
  const captions = Buffer.concat([
    Buffer.from('000001b2', 'hex'),
    Buffer.from('GA94'),
    Buffer.from('03c1fffc9420ff', 'hex'),
  ]);
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = video.indexOf(slice); at >= 0; at = video.indexOf(slice, at + 4)) {
    parts.push(video.subarray(from, at), captions);
    from = at;
  }
  return Buffer.concat([...parts, video.subarray(from)]);
}

/** Adds the configuration of Dolby Vision to an MP4 file of ffmpeg with H.265 (hvc1), `moov` last. */
export function withDolbyVision(file: Buffer, profile: number): Buffer {
  const record = Buffer.concat([Buffer.from([1, 0, profile << 1, (1 << 3) | 5, 0]), Buffer.alloc(19)]);
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from('dvcC'), record]);
  box.writeUInt32BE(box.length);
  const start = file.indexOf('hvcC') - 4;
  const end = start + file.readUInt32BE(start);
  const changed = Buffer.concat([file.subarray(0, end), box, file.subarray(end)]);
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hvc1']) {
    const at = (type === 'hvc1' ? changed.lastIndexOf(type) : changed.indexOf(type)) - 4;
    changed.writeUInt32BE(changed.readUInt32BE(at) + box.length, at);
  }
  return changed;
}
