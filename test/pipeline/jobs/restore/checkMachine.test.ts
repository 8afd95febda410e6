import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMachine } from '../../../../src/pipeline/jobs/restore/checkMachine';
import type { SegmentMaker } from '../../../../src/pipeline/jobs/restore/segmentMaker';
import { scratchFolder } from '../../../support/videos';

describe('checkMachine', () => {
  const root = scratchFolder();
  let folder: string;
  let count = 0;
  beforeEach(() => mkdirSync((folder = join(root, String(count++)))));

  /** Makes `text` of the first frame. */
  const maker = (text: string, canJoin = true): SegmentMaker => ({
    ...{ position: 0, frames: 0 },
    async make({ first, count: frames }, path) {
      assert.deepEqual([first, frames], [0, 1]);
      writeFileSync(path, text);
      return { faces: null };
    },
    canJoin: async () => canJoin,
    async [Symbol.asyncDispose]() {},
  });
  const check = (by: string, machine: string, text: string, canJoin?: boolean): Promise<void> =>
    checkMachine(maker(text, canJoin), folder, { by, machine, owner: by });

  it('accepts a machine that makes the same as the first of its class', async () => {
    await check('one', 'a', 'frame');
    await check('two', 'a', 'frame');
    assert.deepEqual(readdirSync(folder), ['first-frame-a.json']);
  });

  it('names a machine that makes other bytes; one of another class may', async () => {
    await check('one', 'a', 'frame');
    await assert.rejects(check('two', 'a', 'other'), {
      code: 'WORKER_DIFFERS',
      message: 'The worker two makes other bytes of the first frame than one.',
    });
    await check('three', 'b', 'other');
    assert.deepEqual(readdirSync(folder).toSorted(), ['first-frame-a.json', 'first-frame-b.json']);
  });

  it('refuses a machine whose segments do not fit to those of the job', () =>
    assert.rejects(check('one', 'a', 'frame', false), { code: 'MODEL_INCOMPATIBLE' }));
});
