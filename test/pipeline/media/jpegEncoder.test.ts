import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jpegEncoder } from '../../../src/pipeline/media/jpegEncoder';
import { mostReactions } from '../../support/reactions';
import { binary, ff, scratchFolder } from '../../support/videos';

const never = new AbortController().signal;

/** Larger than a pipe: writing one waits until the encoder takes it. */
const grey = (width: number, height: number, level: number) => ({
  ...{ width, height, stored: { width, height }, data: Buffer.alloc(width * height * 3, level) },
});

describe('jpegEncoder', () => {
  const folder = scratchFolder();

  it('encodes frames of any size, each at once', async () => {
    await using encoder = jpegEncoder(await binary(), never);
    for (const [width, height, level] of [
      [64, 36, 200],
      [64, 36, 30],
      [256, 144, 90],
    ] as const) {
      const path = join(folder, `${level}.jpg`);
      writeFileSync(path, await encoder.encode(grey(width, height, level)));
      const shown = await ff('-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
      assert.equal(shown.length, width * height * 3);
      assert.ok(Math.abs(shown[0]! - level) < 3);
    }
  });

  it('leaves nothing behind with each frame', async () => {
    await using encoder = jpegEncoder(await binary(), never);
    const most = await mostReactions(async () => {
      for (let i = 0; i < 100; i++) await encoder.encode(grey(256, 144, i));
    });
    assert.ok(most < 20, `${most} on one promise`);
  });

  it('finds the end of a JPEG that comes in pieces', async function () {
    if (process.platform === 'win32') this.skip();
    const path = join(folder, 'in pieces');
    const pieces = ['\\377\\330\\001\\377', '\\331'].map((bytes) => `printf '${bytes}'`);
    writeFileSync(path, `#!/bin/sh\nhead -c 12 >/dev/null\n${pieces.join('\nsleep 0.2\n')}\ncat >/dev/null\n`, {
      mode: 0o755,
    });
    await using encoder = jpegEncoder({ ...(await binary()), path }, never);
    assert.deepEqual(Buffer.from(await encoder.encode(grey(2, 2, 1))).toString('hex'), 'ffd801ffd9');
  });
});
