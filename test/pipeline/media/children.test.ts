import assert from 'node:assert/strict';
import { onChild } from '../../../src/pipeline/media/children';
import { runFfmpegForText } from '../../../src/pipeline/media/runFfmpeg';
import { binary } from '../../support/videos';

describe('children', () => {
  const seen: (readonly [pid: number, alive: boolean])[] = [];
  before(() => onChild((pid, alive) => void seen.push([pid, alive])));
  afterEach(() => void (seen.length = 0));
  after(() => onChild(() => {}));

  it('a process that reads a file is known from its start to its end', async () => {
    const running = runFfmpegForText(await binary(), ['-version'], new AbortController().signal);
    const [pid] = seen.at(-1)!;
    await running;
    assert.deepEqual(
      seen.filter(([one]) => one === pid), // another one may still end
      [
        [pid, true],
        [pid, false],
      ],
    );
  });

  it('a program that does not exist is no process', async () => {
    await assert.rejects(runFfmpegForText({ path: '/none' }, [], new AbortController().signal), {
      code: 'FFMPEG_MISSING',
    });
    assert.deepEqual(seen, []);
  });
});
