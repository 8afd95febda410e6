import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SharedJob } from '../../src/pipeline/jobs/restore/segmentFarm';
import { IMAGE_DEFAULTS } from '../../src/settings/imageJob';
import { queueAccess } from '../../src/queue/access';
import { openBackend } from '../../src/queue/backend';
import { removeRun } from '../../src/queue/removeRun';
import { openGate, submitRun } from '../../src/queue/submission';
import { publishWorker } from '../../src/queue/workerRecords';
import { fakeJob, fakeWorker, MODEL } from '../support/fakeSegments';
import { QueueScene, type SceneJob } from '../support/queueScene';
import { KINDS, serverProgram } from '../support/queueServers';

const IMAGE = { ...IMAGE_DEFAULTS, model: MODEL.name };
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('workers of a queue', function () {
  this.timeout(120_000);
  let scenes: readonly QueueScene[];
  /** At the same time: most of it is waiting. */
  const onBoth = (what: string, act: (scene: QueueScene) => Promise<void>): void => {
    it(`${what}, on Redis and PostgreSQL`, async () => void (await Promise.all(scenes.map(act))));
  };

  before(async function () {
    if (KINDS.some((kind) => serverProgram(kind) === null)) this.skip();
    scenes = await Promise.all(KINDS.map((kind) => QueueScene.open(kind)));
    for (const scene of scenes) {
      for (const id of ['one', 'two', 'three']) scene.worker(id, { fails: [77] });
      await scene.until('three workers are ready', () => scene.said(/ready/).length === 3);
    }
  });
  after(async () => void (await Promise.all((scenes ?? []).map((scene) => scene[Symbol.asyncDispose]()))));

  const ended = async ({ started }: SceneJob): Promise<void> => started[Symbol.asyncDispose]();

  onBoth('make each segment once, tell how far they are, and leave nothing in the queue', async (scene) => {
    const job = await scene.job('tape', 24);
    await job.finished;
    assert.deepEqual(await scene.madeOf(job), upTo(24));
    assert.equal(scene.said(/made tape\.mkv/).length, 24);
    const makers = new Set(scene.said(/made tape\.mkv/).map((line) => line.split(' ')[0]));
    assert.deepEqual(makers, new Set(['one', 'two', 'three']));
    const last = job.counts.at(-1)!;
    assert.deepEqual([last.frames, last.notes, last.waitsFor], [240, [], null]);
    const speeds = job.counts.flatMap(({ workers }) => workers);
    assert.ok(speeds.some(({ name }) => name === 'one'));
    await ended(job);
    assert.deepEqual((await (await scene.queue()).status()).jobs, []);
  });

  onBoth('take a short clip in turn with a long video', async (scene) => {
    const video = await scene.job('long', 200);
    await scene.until('the long one is begun', () => scene.said(/made long/).length >= 6);
    const before = scene.said(/made (long|clip)/).length;
    const clip = await scene.job('clip', 6);
    await clip.finished;
    const all = scene.said(/made (long|clip)/);
    const end = all.findLastIndex((line) => line.includes('clip'));
    const began = all.findIndex((line) => line.includes('clip'));
    assert.ok(end - began < 16, `${end - began + 1} segments from its first to its last`);
    assert.ok(began >= before);
    await Promise.all([ended(clip), ended(video)]);
  });

  onBoth('make two jobs of one video for two outputs, and neither gets segments of the other', async (scene) => {
    const jobs = await Promise.all(['left', 'right'].map((name) => scene.job(name, 8)));
    await Promise.all(jobs.map(({ finished }) => finished));
    for (const job of jobs) assert.deepEqual(await scene.madeOf(job), upTo(8));
    assert.equal(scene.said(/made (left|right)/).length, 16);
    await Promise.all(jobs.map(ended));
  });

  onBoth('find finished segments: a second run of a job makes nothing', async (scene) => {
    const again = await scene.job('left', 8);
    await again.finished;
    assert.equal(scene.said(/made left/).length, 8);
    await ended(again);
  });

  onBoth('find nothing of a job that was finished while the queue was away, once another is started', async (scene) => {
    await using backend = await openBackend(await queueAccess(scene.server.address), 2, () => {});
    const [made, unmade] = ['forgotten', 'unmade'].map((name) => fakeJob(scene.folder, name)) as [SharedJob, SharedJob];
    const own = { host: hostname(), isCancelled: false };
    await submitRun(backend, { ...made, ...own, run: 'f'.repeat(32) });
    await submitRun(backend, { ...unmade, ...own, run: 'e'.repeat(32) });
    await openGate(backend, 'f'.repeat(32));
    const outputs = async () => (await (await scene.queue()).status()).jobs.map(({ output }) => output).toSorted();
    const other = await scene.job('other', 2);
    await other.finished;
    const all = [made, other.shared, unmade].map(({ job }) => job.output);
    assert.deepEqual(await outputs(), all, 'its folder is there');
    for (const { folder } of [made, unmade]) rmSync(folder, { recursive: true });
    const next = await scene.job('next', 2);
    await next.finished;
    await Promise.all([other, next].map(ended));
    assert.deepEqual(await outputs(), [unmade.job.output], 'another machine of this name may be at it');
    await removeRun(backend, 'e'.repeat(32));
  });

  onBoth('stop a job whose segment always fails, with its reason', async (scene) => {
    const job = await scene.job('broken', 80);
    await assert.rejects(job.finished, (error: { code: string; message: string }) => {
      assert.equal(error.code, 'SOURCE_DAMAGED');
      assert.match(error.message, /^Segment 77 of .*broken\.mkv failed on \w+: a part is missing in segment 77\.$/);
      return true;
    });
    assert.equal(scene.said(/begins 77/).length, 3, 'it was tried three times');
    await ended(job);
  });

  onBoth('name a machine that differs, and leave it out', async (scene) => {
    scene.worker('odd', { cannot: 'The worker odd makes other bytes of the first frame than one.' });
    await scene.until('it is there', () => scene.said(/^odd ready/).length === 1);
    const job = await scene.job('checked', 30);
    await job.finished;
    await scene.until('it is named', () => (job.counts.at(-1)?.notes.length ?? 0) > 0);
    const [note] = job.counts.at(-1)!.notes;
    assert.equal(note, 'The worker odd was left out: The worker odd makes other bytes of the first frame than one.');
    assert.deepEqual(scene.said(/^odd begins/), []);
    const { workers } = await (await scene.queue()).status();
    assert.equal(workers.find(({ name }) => name === 'odd')?.leftOut.length, 1);
    await ended(job);
  });

  onBoth('of another class take nothing, unless the job is mixed', async (scene) => {
    scene.worker('other', { record: { machine: 'b' } });
    await scene.until('it is there', () => scene.said(/^other ready/).length === 1);
    const alike = await scene.job('alike', 20);
    await alike.finished;
    assert.deepEqual(scene.said(/^other begins/), []);
    await ended(alike);
    const { job } = fakeJob(scene.folder, 'mixed');
    const mixed = await scene.job('mixed', 40, { job: { ...job, mixed: true } });
    await mixed.finished;
    assert.ok(scene.said(/^other made mixed/).length > 0);
    assert.deepEqual(await scene.madeOf(mixed), upTo(40));
    await ended(mixed);
  });

  onBoth('upscale single images before segments', async (scene) => {
    const video = await scene.job('behind', 200);
    await scene.until('it is begun', () => scene.said(/made behind/).length >= 3);
    const queue = await scene.queue();
    const { signal } = new AbortController();
    const upscaled = await queue.image({ kind: 'file', data: Uint8Array.of(1, 2, 3) }, null, IMAGE, signal);
    assert.deepEqual([...upscaled.data], [3, 2, 1]);
    const { data: _, ...facts } = upscaled;
    assert.deepEqual(facts, {
      ...{ format: 'png', width: 8, height: 4, channels: 3, scale: 2, ms: 150, warnings: ['a warning'] },
      model: { name: MODEL.name, provider: 'cpu', steps: 1, reason: 'it suits' },
    });
    assert.ok(scene.said(/made behind/).length < 200);
    const pixels = { kind: 'pixels', data: new Uint8Array(3), width: 1, height: 1, channels: 3 } as const;
    await assert.rejects(queue.image(pixels, null, IMAGE, signal), { code: 'BAD_SETTING' });
    const stop = new AbortController();
    const unknown = queue.image(
      { kind: 'file', data: Uint8Array.of(1) },
      null,
      { ...IMAGE, model: 'none' },
      stop.signal,
    );
    setTimeout(() => stop.abort(new Error('stopped')), 1500);
    await assert.rejects(unknown, /^Error: stopped$/, 'no worker has its model');
    await ended(video);
  });

  onBoth('cancelled from another process, drop the segments they are making', async (scene) => {
    const job = await scene.job('unwanted', 200);
    await scene.until('it is begun', () => scene.said(/made unwanted/).length >= 3);
    const queue = await scene.queue();
    const { run } = (await queue.status()).jobs[0]!;
    const before = scene.said(/its work was cancelled/).length;
    const cancelled = queue.cancel(run);
    await assert.rejects(job.finished, { code: 'QUEUE_CANCELLED' });
    await ended(job);
    assert.equal(await cancelled, true);
    await scene.until('no worker writes any more', () => scene.parts(job).length === 0);
    assert.equal(existsSync(join(job.shared.folder, 'run.json')), true, 'its owner deletes it');
    assert.deepEqual((await queue.status()).jobs, []);
    assert.ok(scene.said(/its work was cancelled/).length > before || scene.said(/made unwanted/).length < 200);
    assert.equal(await queue.cancel(run), false);
  });

  onBoth('give their segment back at once when they are stopped', async (scene) => {
    const job = await scene.job('handed on', 12);
    await scene.until(
      'one makes a segment',
      () => scene.said(/^one begins/).length > 0 && scene.said(/made handed/).length > 2,
    );
    const worker = scene.workers.get('one')!;
    worker.kill('SIGTERM');
    await job.finished;
    assert.deepEqual(await scene.madeOf(job), upTo(12));
    assert.deepEqual(scene.said(/^one stopped/).length, 1);
    await scene.until('it has exited', () => worker.exitCode !== null);
    assert.deepEqual(scene.said(/UNHANDLED/), []);
    const queue = await scene.queue();
    await using backend = await openBackend(await queueAccess(scene.server.address), 1, () => {});
    const dead = { ...fakeWorker(scene.folder, 'dead'), leftOut: [], fps: null, beat: Date.now() - 120_000 };
    await publishWorker(backend, dead);
    const { workers } = await queue.status();
    const silent = workers.filter((one) => one.silent !== null);
    assert.deepEqual(
      silent.map(({ name }) => name),
      ['dead'],
      'one that was killed is listed as silent',
    );
    assert.equal(
      workers.find(({ name }) => name === 'one'),
      undefined,
      'one that was stopped is not listed',
    );
    await ended(job);
  });
});
