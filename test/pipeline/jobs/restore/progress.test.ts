import assert from 'node:assert/strict';
import { expectedFrames } from '../../../../src/pipeline/jobs/restore/progress';
import { probe } from '../../../../src/pipeline/media/probe';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('expectedFrames', () => {
  const folder = scratchFolder();

  it('is what duration and frame rate say, unless the file is too small for so many frames', async () => {
    const path = `${folder}/film.mp4`;
    await ff(...moving('64x48', '25', 50), path);
    const info = await probe(await binary(), path, new AbortController().signal);
    const whole = { trim: null, maxFps: null };
    assert.equal(expectedFrames(info, whole), 50);
    assert.equal(expectedFrames(info, { ...whole, maxFps: 5 }), 10);
    const { bytes } = info.source;
    assert.equal(expectedFrames({ ...info, duration: bytes / 25 }, whole), bytes);
    assert.equal(expectedFrames({ ...info, duration: (bytes + 1) / 25 }, whole), null);
    assert.equal(expectedFrames({ ...info, duration: 1e15 }, { ...whole, trim: { start: 0, end: 1 } }), 25);
    assert.equal(expectedFrames({ ...info, duration: null }, whole), null);
  });
});
