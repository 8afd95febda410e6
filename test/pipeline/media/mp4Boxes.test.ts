import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mp4Parts } from '../../../src/pipeline/media/mp4Boxes';
import { ff, moving, scratchFolder } from '../../support/videos';

describe('mp4Parts', () => {
  const folder = scratchFolder();
  it('returns complete parts for any chunk boundaries', async () => {
    const path = join(folder, 'film.mp4');
    await ff(
      ...moving('64x36', '10', 30),
      '-c:v',
      'libx264',
      '-g',
      '10',
      '-movflags',
      '+frag_keyframe+empty_moov+default_base_moof',
      path,
    );
    const video = await import('node:fs').then(({ readFileSync }) => readFileSync(path));
    for (const size of [1, 7, 1000, video.length]) {
      const parts: { kind: string; data: Buffer }[] = [];
      const sort = mp4Parts((part) => parts.push(part));
      for (let i = 0; i < video.length; i += size) sort(video.subarray(i, i + size));
      assert.deepEqual(
        parts.map(({ kind }) => kind),
        ['init', 'fragment', 'fragment', 'fragment'],
      );
      const whole = Buffer.concat(parts.map(({ data }) => data));
      assert.ok(video.subarray(0, whole.length).equals(whole)); // followed by an index, which a stream does not need
    }
  });
});
