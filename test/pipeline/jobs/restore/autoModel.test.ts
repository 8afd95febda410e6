import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError, StoppedError } from '../../../../src/errors';
import { workFolder } from '../../../../src/pipeline/jobs/workFolder';
import { restoreVideo, type Tools } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { binary, ff, moving, pixels, scratchFolder } from '../../../support/videos';

const ALL = ['inpaint', 'restore', 'x2', 'x4', 'x4-live'];

/** Models that repeat pixels, of the scale of the model by that name. */
const scaleOf = (name: string): number => Number(/^x(\d)/.exec(name)?.[1] ?? 1);

describe('restoreVideo with the model auto', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const job = (changes: Partial<Job>): Job => ({
    ...JOB_DEFAULTS,
    ...{ input: at('small.mp4'), output: at('out.mkv'), codec: 'ffv1', segment: 10, batch: 2 },
    ...changes,
  });

  interface Run {
    readonly result: Result;
    readonly progress: readonly Progress[];
    readonly opened: readonly string[];
  }

  async function run(wanted: Job, installed: readonly string[] = ALL, stopAt = Infinity): Promise<Run> {
    const opened: string[] = [];
    const progress: Progress[] = [];
    const stop = new AbortController();
    const tools: Tools = {
      binary: await binary(),
      modelNames: async () => installed,
      openModel: async ({ model: name }) => {
        if (!installed.includes(name)) throw new RemasterError('MODEL_NOT_FOUND', name);
        opened.push(name);
        return nearest(scaleOf(name), { name, sha256: `sha of ${name}` });
      },
    };
    const result = await restoreVideo(wanted, tools, stop.signal, (now) => {
      progress.push(now);
      if (now.frame >= stopAt) stop.abort(new StoppedError(true));
    });
    return { result, progress, opened };
  }

  before(async () => {
    await ff(...moving('64x48', '25', 25), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('small.mp4'));
    await ff(...moving('352x576', '25', 2), '-c:v', 'mpeg2video', '-q:v', '4', at('disc.mpg'));
  });

  it('of deep video too: the tile that is timed is as deep as the frames, and one that fails stops nothing', async () => {
    await ff(...moving('64x48', '25', 2), '-pix_fmt', 'yuv420p10le', '-c:v', 'ffv1', at('deep.mkv'));
    for (const isFull of [false, true]) {
      const said: Progress[] = [];
      const tools: Tools = {
        binary: await binary(),
        modelNames: async () => ALL,
        openModel: async ({ model: name, depth }) => {
          const model = nearest(scaleOf(name), { name, depth });
          let runs = 0;
          return {
            ...model,
            async run(batch, signal) {
              const bytes = (batch.keys.length * batch.width * batch.height * 3 * depth) / 8;
              assert.equal(batch.data.byteLength, bytes);
              if (isFull && runs++ === 0) throw new RemasterError('GPU_OUT_OF_MEMORY', 'full');
              return model.run(batch, signal);
            },
          };
        },
      };
      const wanted = job({ input: at('deep.mkv'), output: at('deep.out.mkv'), overwrite: true });
      const { framesOut } = await restoreVideo(wanted, tools, new AbortController().signal, (now) => said.push(now));
      assert.equal(framesOut, 2);
      const unknown = said.flatMap(({ auto }) => (auto ? [auto.seconds === null] : []));
      assert.deepEqual([...new Set(unknown)], [isFull]);
    }
  });

  it('says which one, why, and how long it takes, before the first frame and in the result', async () => {
    const { result, progress, opened } = await run(job({ output: at('said.mkv') }));
    assert.deepEqual(opened, ['x4']);
    assert.equal(result.width, 256);
    assert.equal(result.model.name, 'x4');
    assert.match(result.model.reason!, /^it is small, with 64×48$/);
    const said = progress.find(({ auto }) => auto !== undefined)!;
    assert.deepEqual([said.stage, said.frame, said.auto!.model], ['loading', 0, 'x4']);
    assert.equal(said.auto!.reason, result.model.reason);
    assert.ok(said.auto!.seconds! > 0);
    assert.ok(progress.slice(progress.indexOf(said)).every(({ auto }) => auto?.model === 'x4'));
  });

  it('a job that names its model has no reason', async () => {
    const { result, progress } = await run(job({ model: 'x2', output: at('named.mkv') }));
    assert.deepEqual([result.model.name, 'reason' in result.model], ['x2', false]);
    assert.ok(progress.every((one) => !('auto' in one)));
  });

  it('goes by the size that the model gets, the scale, and a mask', async () => {
    const of = async (changes: Partial<Job>): Promise<string> =>
      (await run(job({ input: at('disc.mpg'), output: at(`by ${JSON.stringify(changes).length}.mkv`), ...changes })))
        .opened[0]!;
    assert.equal(await of({}), 'x2');
    assert.equal(await of({ maxHeight: 240 }), 'x4');
    assert.equal(await of({ scale: 1 }), 'restore');
    await assert.rejects(of({ maskColor: '#00ff00' }), { code: 'BAD_SETTING' }); // the stand-in fills nothing
  });

  it('an interrupted job keeps its model, whatever would be chosen now', async () => {
    const wanted = job({ output: at('kept.mkv') });
    await assert.rejects(run(wanted, ['x2', 'restore'], 14), { name: 'AbortError' });
    const journal = JSON.parse(readFileSync(join(workFolder(wanted.output), 'journal.json'), 'utf8')) as object;
    assert.deepEqual((journal as { chosen: { model: string } }).chosen.model, 'x2');
    const { result, opened, progress } = await run(wanted); // x4 is installed now, and suits it better
    assert.deepEqual([opened, result.resumedFrom, result.framesOut], [['x2'], 10, 25]);
    assert.match(result.model.reason!, /x4 suits it better, but is not installed/);
    assert.equal(progress.at(-1)!.auto!.model, 'x2');
    await run(job({ model: 'x2', output: at('whole.mkv') }));
    assert.ok((await pixels(at('kept.mkv'))).equals(await pixels(at('whole.mkv'))));
  });

  it('of a model that is gone it says so, and keeps what was made', async () => {
    const wanted = job({ output: at('gone.mkv') });
    await assert.rejects(run(wanted, ['x2'], 14), { name: 'AbortError' });
    await assert.rejects(run(wanted, ['x4']), { code: 'MODEL_NOT_FOUND' });
    assert.equal((await run(wanted, ['x2'])).result.resumedFrom, 10);
  });

  it('discarding what was made, it chooses again', async () => {
    const wanted = job({ output: at('discarded.mkv') });
    await assert.rejects(run(wanted, ['x2'], 14), { name: 'AbortError' });
    const { opened, result } = await run({ ...wanted, discard: true });
    assert.deepEqual([opened, result.resumedFrom], [['x4'], 0]);
  });

  it('a job that named its model is continued by one that would choose the same', async () => {
    const wanted = job({ output: at('same.mkv') });
    await assert.rejects(run({ ...wanted, model: 'x4' }, ALL, 14), { name: 'AbortError' });
    assert.equal((await run(wanted)).result.resumedFrom, 10);
  });
});
