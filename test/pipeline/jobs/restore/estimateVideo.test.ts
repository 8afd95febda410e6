import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelRequest } from '../../../../src/model/model';
import { estimateVideo } from '../../../../src/pipeline/jobs/restore/estimateVideo';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import type { InstalledModel } from '../../../../src/settings/comparableModels';
import { checkEstimateJob } from '../../../../src/settings/estimateJob';
import { JOB_DEFAULTS, type Progress } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('the time of a job', () => {
  const folder = scratchFolder();
  const at = (...names: string[]): string => join(folder, ...names);
  const PAUSES: Readonly<Record<string, number>> = { slow: 40, quick: 4 };
  const installed = (name: string, changes: Partial<InstalledModel> = {}): InstalledModel => ({
    ...{ name, title: '', task: 'upscale', scale: 2, steps: 1, bytes: 1, isResearch: false, problem: null, ...changes },
  });
  const models = [
    installed('slow'),
    installed('quick'),
    installed('huge', { bytes: 2 ** 30 }),
    installed('broken'),
    installed('large', { scale: 4 }),
    installed('small', { scale: 1, task: 'restore' }),
  ];
  let opened: string[] = [];
  const openModel = async ({ model }: ModelRequest) => {
    opened.push(model);
    if (model === 'broken') throw new Error('no memory');
    const scale = models.find(({ name }) => name === model)!.scale;
    return nearest(scale, { name: model, pauseMs: PAUSES[model] ?? 0 });
  };
  const comparison = { installed: async () => models, openModel };
  const estimate = async (changes: object) => {
    const tools = { binary: await binary(), openModel, modelNames: async () => ['x4-live'], comparison };
    return estimateVideo(
      checkEstimateJob({ input: at('in.mp4'), model: 'slow', ...changes }),
      tools,
      at('work'),
      new AbortController().signal,
    );
  };

  before(async () => {
    mkdirSync(at('work'));
    await ff(...moving('64x36', '25', 50), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
  });
  beforeEach(() => void (opened = []));
  afterEach(() => assert.deepEqual(readdirSync(at('work')), []));

  it('is measured on three frames, with the encoder; others by one tile, and those that cannot be timed are named', async () => {
    const found = await estimate({});
    const { frames, measuredOn, secondsPerFrame, seconds, others, untimed } = found;
    assert.deepEqual([frames, measuredOn, found.width, found.fps], [50, 3, 64, 25]);
    assert.ok(secondsPerFrame >= 0.04 && Math.abs(seconds! - 50 * secondsPerFrame) < 1e-9, String(secondsPerFrame));
    assert.deepEqual(
      others.map(({ name }) => name),
      ['quick', 'large', 'small'],
    );
    assert.ok(others[0]!.secondsPerFrame < secondsPerFrame);
    assert.deepEqual(untimed, [
      { name: 'huge', reason: 'it is too large to be loaded for a comparison' },
      { name: 'broken', reason: 'no memory' },
    ]);
    assert.ok(!opened.includes('huge'));
  });

  it('counts the part and the frame rate that are restored', async () => {
    assert.equal((await estimate({ trim: { start: 0.5, end: 1.5 } })).frames, 25);
    assert.equal((await estimate({ maxFps: 5 })).frames, 10);
    assert.equal((await estimate({ scale: 2 })).others.length, 2); // `small` cannot
    assert.equal((await estimate({ tileCache: null })).skipsUnchanged, false);
    await assert.rejects(estimate({ trim: { start: 60, end: null } }), { code: 'SOURCE_EMPTY' });
  });

  it('of one frame, and of a source that does not say its length', async () => {
    await ff('-i', at('in.mp4'), '-frames:v', '1', '-c', 'copy', at('one.mp4'));
    const one = await estimate({ input: at('one.mp4') });
    assert.deepEqual([one.frames, one.measuredOn], [1, 1]);
    await ff('-i', at('in.mp4'), '-c', 'copy', '-f', 'h264', at('raw.h264'));
    const { frames, seconds, measuredOn, others } = await estimate({ input: at('raw.h264') });
    assert.deepEqual([frames, seconds, measuredOn, others[0]!.seconds], [null, null, 3, null]);
  });

  it('chooses the model that the job would choose', async () => {
    models.push(installed('x4-live', { scale: 4 }));
    const { model } = await estimate({ model: 'auto' });
    assert.equal(model.name, 'x4-live');
    assert.match(model.reason!, /small/);
    models.pop();
  });

  it('is said before the first frame of a long job, and not of a short one', async () => {
    await ff('-stream_loop', '359', '-i', at('in.mp4'), '-c', 'copy', at('long.mp4'));
    const told = async (input: string, changes: object = {}): Promise<readonly Progress[]> => {
      const stop = new AbortController();
      const seen: Progress[] = [];
      const job = { ...JOB_DEFAULTS, input, output: at('out.mp4'), model: 'slow', resume: false, ...changes };
      const tools = { binary: await binary(), openModel, comparison };
      const note = (progress: Progress): void => {
        seen.push(progress);
        if (progress.frame > 0) stop.abort(new Error('enough'));
      };
      await restoreVideo(job, tools, stop.signal, note).catch(() => {});
      return seen;
    };
    const seen = await told(at('long.mp4'));
    const first = seen.findIndex(({ estimate: time }) => time !== undefined);
    const { frames, measuredOn, seconds, others, untimed } = seen[first]!.estimate!;
    assert.deepEqual([seen[first]!.frame, frames, measuredOn], [0, 18_000, 3]);
    assert.ok(seconds! > 600);
    assert.deepEqual(
      [...others, ...untimed].map(({ name }) => name),
      ['quick', 'huge', 'broken'],
    ); // of the same size
    assert.ok(seen.at(-1)!.estimate);
    const short = await told(at('in.mp4'));
    assert.ok(short.length > 0 && short.every(({ estimate: time }) => time === undefined));
    assert.ok(!existsSync(at('out.mp4')));
  });
});
