import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createEngine } from '../../../src/engine/client/engine';
import { restore } from '../../../src/index';
import type { LiveProgress } from '../../../src/settings/liveJob';
import { JOB_DEFAULTS, readingSettings } from '../../../src/settings/restoreJob';
import { liveJob, pattern } from '../../pipeline/jobs/live/liveJob';
import { ff, moving, scratchFolder } from '../../support/videos';

const NO_WANTS = { scale: null, steps: null, mask: null, maskColor: null };

describe('the model auto in the engine', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const engine = createEngine();
  before(() => ff(...moving('64x48', '25', 8), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('small.mp4')));
  after(() => engine.close());

  it('is the default of jobs, which say what they took', async () => {
    assert.equal(JOB_DEFAULTS.model, 'auto');
    const { model, width } = await restore({ input: at('small.mp4'), output: at('out.mp4'), steps: 1 }, { engine });
    assert.deepEqual([model.name, model.reason, width], ['x4', 'it is small, with 64×48', 256]);
  });

  it('of a camera is the quick one, and the one that can do more steps where they are wanted', async () => {
    for (const [steps, expected] of [
      [null, 'x4-live'],
      [2, 'x4'],
    ] as const) {
      let running: ReturnType<typeof engine.live> | null = null;
      const model = await new Promise<LiveProgress['model']>((resolve) => {
        running = engine.live(
          { ...liveJob(pattern('48x32', 5)), model: 'auto', steps },
          { onProgress: (progress) => progress.model !== null && resolve(progress.model) },
        );
      });
      await running!.stop();
      assert.equal(model, expected);
    }
  });

  it('is chosen for a file or a camera without a job', async () => {
    const file = { kind: 'file', sequenceRate: 25, ...readingSettings(JOB_DEFAULTS), input: at('small.mp4') } as const;
    const ask = (source: typeof file | { readonly kind: 'camera' }, wants = {}) =>
      engine.ask('choose', { source, wants: { ...NO_WANTS, ...wants } });
    const { traits, ...chosen } = await ask(file);
    assert.deepEqual(chosen, { model: 'x4', reason: 'it is small, with 64×48' });
    assert.ok(traits.kind === 'video' && traits.codec === 'h264');
    assert.equal((await ask(file, { maskColor: '#00ff00' })).model, 'inpaint');
    assert.equal((await ask({ kind: 'camera' })).model, 'x4-live');
    await assert.rejects(ask({ ...file, input: at('none.mp4') }), { code: 'SOURCE_NOT_FOUND' });
  });

  it('the test of a model takes the one that is chosen most often', async () => {
    const work = { provider: 'cpu', device: 0, threads: 0, loadLimit: null, steps: null } as const;
    assert.equal((await engine.ask('test', { ...work, model: 'auto' })).model, 'x2');
  });
});
