import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrialSegments } from '../../../../src/pipeline/jobs/restore/trialSegments';
import { scratchFolder } from '../../../support/videos';

describe('the segments of earlier trials', () => {
  const path = join(scratchFolder(), 'trial.nut');
  /** Writes a trial; returns whether it was encoded. */
  const write = async (segments: TrialSegments, key: string, bytes = 1): Promise<boolean> => {
    let isEncoded = false;
    writeFileSync(path, '');
    await segments.write(path, key, async () => {
      isEncoded = true;
      writeFileSync(path, key.repeat(bytes));
    });
    assert.equal(readFileSync(path, 'utf8'), key.repeat(bytes));
    return isEncoded;
  };

  it('are written again for jobs of the same kind', async () => {
    const segments = new TrialSegments();
    assert.deepEqual(
      [await write(segments, 'a'), await write(segments, 'a'), await write(segments, 'b')],
      [...[true, false, true]],
    );
  });
  it('are few and small: those not used for longest are forgotten, and large ones are not kept', async () => {
    const segments = new TrialSegments();
    for (let i = 0; i < 16; i++) await write(segments, String.fromCharCode(97 + i));
    assert.equal(await write(segments, 'a'), false);
    await write(segments, 'z');
    assert.deepEqual([await write(segments, 'a'), await write(segments, 'b')], [false, true]);
    await write(segments, 'L', 2 ** 20 + 1);
    assert.equal(await write(segments, 'L', 2 ** 20 + 1), true);
  });
  it('are not kept when encoding them fails', async () => {
    const segments = new TrialSegments();
    await assert.rejects(segments.write(path, 'a', () => Promise.reject(new Error('no encoder'))));
    assert.equal(await write(segments, 'a'), true);
  });
});
