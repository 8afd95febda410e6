import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matroskaFrameHeader, matroskaHeader } from '../../../src/pipeline/media/matroska';
import { ff, passthrough, scratchFolder } from '../../support/videos';

describe('matroska', () => {
  const folder = scratchFolder();

  for (const [num, den] of [
    [1, 90000],
    [1, 57600],
    [1001, 30000],
    [1, 1000000],
  ] as const) {
    it(`ffmpeg reads the exact ticks of ${num}/${den}`, async () => {
      const ticks = [0, 1, 2, 977, 1_000_003, 3_000_001];
      const parts = [matroskaHeader({ width: 2, height: 1, depth: 16, framesPerSecond: 25 })];
      for (const tick of ticks) parts.push(matroskaFrameHeader(tick, { num, den }, 12), Buffer.alloc(12, tick));
      const path = join(folder, `${den}.mkv`);
      writeFileSync(path, Buffer.concat(parts));
      const text = await ff(
        '-i',
        path,
        ...(await passthrough()),
        '-enc_time_base',
        `${num}/${den}`,
        '-c:v',
        'rawvideo',
        '-pix_fmt',
        'rgb48le',
        '-f',
        'framecrc',
        '-',
      );
      const read = [...text.toString().matchAll(/^0, *-?\d+, *(-?\d+),/gm)].map(([, pts]) => Number(pts));
      assert.deepEqual(read, ticks);
    });
  }
});
