import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { lockedOutput } from '../../../src/pipeline/jobs/lockedOutput';
import type { OutputLock } from '../../../src/pipeline/jobs/outputLock';
import { failing } from '../../support/failing';
import { scratchFolder } from '../../support/videos';

describe('lockedOutput', () => {
  const root = scratchFolder();
  let folder: string;
  let isHeld: boolean;
  let released: number;
  let isStuck: boolean;
  let count = 0;
  const lock: OutputLock = {
    async assertHeld() {
      if (!isHeld) throw new RemasterError('OUTPUT_BUSY', 'another job');
    },
    async release() {
      released++;
      if (isStuck) throw new Error('EIO');
    },
  };
  beforeEach(() => {
    folder = join(root, String(count++));
    isHeld = true;
    released = 0;
    isStuck = false;
    mkdirSync(folder);
  });

  const open = () =>
    lockedOutput(
      { folder, target: join(root, `out ${count}.mkv`), lock, overwrite: false, images: null, ffmpeg: '7.0' },
      { identity: {}, ffmpegs: ['5.1', '7.0'], segments: [], lost: 0, later: new Map() },
    );
  async function segment(output: ReturnType<typeof open>): Promise<void> {
    const path = await output.newSegment();
    writeFileSync(path, 'frames');
    await output.commitSegment(path, 10);
  }

  it('numbers the segments and lists them with the ffmpegs that made them', async () => {
    const output = open();
    assert.deepEqual(output.otherFfmpegs, ['5.1']);
    await segment(output);
    await segment(output);
    const { segments, ffmpegs } = JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(segments, [
      { file: '000000.nut', frames: 10, bytes: 6 },
      { file: '000001.nut', frames: 10, bytes: 6 },
    ]);
    assert.deepEqual(ffmpegs, ['5.1', '7.0']);
  });

  it('keeps the finished segments, or nothing', async () => {
    const kept = open();
    await segment(kept);
    writeFileSync(await kept.newSegment(), 'half a frame');
    await kept.close({ keepSegments: true });
    assert.deepEqual(readdirSync(folder).toSorted(), ['000000.nut', 'journal.json']);
    await open().close({ keepSegments: true });
    assert.equal(existsSync(folder), false, 'it has no segment to keep');
  });

  it('releases the lock and says so when the folder cannot be deleted', async () => {
    const output = open();
    await segment(output);
    const close = () => output.close({ keepSegments: false });
    const [warning, ...others] = await failing('rm', (path) => path.endsWith('.nut'), close);
    assert.deepEqual([released, warning, others], [1, `${folder} could not be deleted: EIO: i/o error.`, []]);
    isStuck = true;
    assert.deepEqual(await close(), [`${folder} could not be deleted: EIO.`]);
  });

  it('touches nothing once another job has taken the lock over', async () => {
    const output = open();
    await segment(output);
    isHeld = false;
    await assert.rejects(output.newSegment(), { code: 'OUTPUT_BUSY' });
    await assert.rejects(output.publish('000000.nut'), { code: 'OUTPUT_BUSY' });
    await output.close({ keepSegments: false });
    assert.deepEqual(readdirSync(folder).toSorted(), ['000000.nut', 'journal.json']);
  });
});
