import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../../src/batch/batch';
import { parseInput } from '../../src/batch/parseInput';
import { presetOf } from '../../src/batch/presetOf';
import { type BatchControl, type BatchOptions, restoreBatch } from '../../src/index';
import { type FakeEngine, fakeEngine } from '../support/fakeEngine';
import { scratchFolder } from '../support/videos';

describe('a batch', () => {
  const scratch = scratchFolder();
  let folder = '';
  let engine: FakeEngine;
  const at = (name: string): string => join(folder, name);
  const text = (name: string): string => readFileSync(at(name), 'utf8');
  const write = (name: string, content = name): void => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  };
  const run = (options: Partial<BatchOptions> = {}, control: BatchControl = {}, inputs: readonly string[] = ['in']) => {
    engine = fakeEngine();
    const all = { out: at('out'), model: 'x2', ...options };
    return restoreBatch(inputs.map(at), all, { engine, ...control });
  };
  /** The state of each file, with the code of its error. */
  const states = async (report: ReturnType<typeof run>): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await report).files.map(({ input, state, error }) => [
        relative(folder, input),
        error ? `${state} ${error.code}` : state,
      ]),
    );
  beforeEach(() => {
    folder = join(scratch, String(performance.now()));
    for (const name of ['in/a.mov', 'in/b.mov', 'in/sub/a.mov']) write(name);
  });

  it('restores all files below its folder, and says what it has done', async () => {
    const report = await run();
    assert.deepEqual(['out/a.mp4', 'out/sub/a.mp4'].map(text), ['x2 in/a.mov', 'x2 in/sub/a.mov']);
    const { eta, share, ...counts } = report.totals;
    assert.deepEqual(counts, { files: 3, waiting: 0, running: 0, done: 3, skipped: 0, failed: 0 });
    assert.deepEqual([eta, share], [0, 1]);
    assert.deepEqual(report.files[0]!.warnings, ['a note']);
    const json = JSON.parse(text('out/report.json')) as { ended: string; files: { state: string }[] };
    assert.ok(json.ended > '2026' && json.files.every(({ state }) => state === 'done'));
    assert.equal(text('out/report.csv').split('\r\n').length, 5);
    assert.deepEqual(readdirSync(at('out/.remaster-batch')).toSorted(), ['journal.jsonl', 'reserve']);
  });
  it('says before the first file how long all will take', async () => {
    let eta: number | null = null;
    await run({}, { onPlanned: (totals) => void (eta = totals.eta) });
    assert.equal(eta, 3 * (1 + 10 * 0.1), 'ten frames of one tile each, and a second per file');
  });
  it('skips what an earlier run has finished, and starts no engine for it', async () => {
    await run();
    write('in/new.mov');
    assert.deepEqual(await states(run()), {
      ...{ 'in/a.mov': 'skipped', 'in/b.mov': 'skipped', 'in/sub/a.mov': 'skipped', 'in/new.mov': 'done' },
    });
    const report = await run({ overwrite: true });
    assert.deepEqual([engine.jobs, engine.asked], [[], []]);
    assert.deepEqual([report.totals.skipped, report.files[0]!.frames], [4, 10]);
  });
  it('restores a source again that has changed, and one whose result is gone', async () => {
    await run();
    write('in/a.mov', 'another tape');
    rmSync(at('out/b.mp4'));
    assert.deepEqual(await states(run()), { 'in/a.mov': 'done', 'in/b.mov': 'done', 'in/sub/a.mov': 'skipped' });
    assert.equal(text('out/a.mp4'), 'x2 another tape');
  });
  it('replaces no result of other settings and no file of another program, unless it may', async () => {
    await run();
    assert.deepEqual(new Set(Object.values(await states(run({ model: 'x4' })))), new Set(['failed OUTPUT_EXISTS']));
    assert.deepEqual(new Set(Object.values(await states(run({ model: 'x4', overwrite: true })))), new Set(['done']));
    write('in/a.mov', 'another tape');
    write('out/a.mp4', 'edited by hand');
    assert.equal((await states(run({ model: 'x4' })))['in/a.mov'], 'failed OUTPUT_EXISTS');
    assert.equal(text('out/a.mp4'), 'edited by hand');
  });
  it('lists what fails and goes on; the next run tries it again', async () => {
    write('in/b.mov', 'bad');
    write('in/empty.mov', '');
    write('in/c.mp4');
    write('in/c.mov');
    const failed = { 'in/b.mov': 'failed SOURCE_DAMAGED', 'in/empty.mov': 'failed SOURCE_EMPTY' };
    const clash = { 'in/c.mov': 'failed OUTPUT_CLASH', 'in/c.mp4': 'failed OUTPUT_CLASH' };
    assert.deepEqual(await states(run()), { 'in/a.mov': 'done', 'in/sub/a.mov': 'done', ...failed, ...clash });
    assert.match(text('out/report.csv'), /in\/b\.mov,.*,failed,SOURCE_DAMAGED,.*is damaged\./);
    write('in/b.mov', 'good');
    const mended = await states(run({ name: '{name}.{type}.mp4' }));
    assert.deepEqual(
      [mended['in/b.mov'], mended['in/c.mov'], mended['in/empty.mov']],
      [...['done', 'done', 'failed SOURCE_EMPTY']],
    );
  });
  it('does not restore a broken source again while its part is there and it has not changed', async () => {
    write('in/b.mov', 'bad');
    write('out/b.partial.mp4', 'what could be read');
    await run();
    assert.equal((await states(run()))['in/b.mov'], 'failed SOURCE_DAMAGED');
    assert.deepEqual(engine.jobs, []);
    await run({ overwrite: true });
    assert.equal(engine.jobs.length, 1);
    rmSync(at('out/b.partial.mp4'));
    await run();
    assert.equal(engine.jobs.length, 1);
    write('out/b.partial.mp4', 'what could be read');
    write('in/b.mov', 'mended');
    assert.equal((await states(run()))['in/b.mov'], 'done');
  });
  it('takes over the result of a batch that was killed before it could record it', async () => {
    await run();
    const lines = text('out/.remaster-batch/journal.jsonl').split('\n');
    const kept = lines.filter((line) => !/"finished","output":"[ab]\.mp4"/.test(line));
    write('out/.remaster-batch/journal.jsonl', `${kept.join('\n')}{"is":"finished","outp`);
    write('in/b.mov', 'another tape');
    assert.deepEqual(await states(run()), {
      ...{ 'in/a.mov': 'skipped', 'in/b.mov': 'failed OUTPUT_EXISTS', 'in/sub/a.mov': 'skipped' },
    });
    assert.equal(text('out/b.mp4'), 'x2 in/b.mov');
  });
  it('may write beside its sources, and does not read its results again', async () => {
    const options = { out: at('in'), name: '{name}_x{scale}' };
    assert.equal((await run(options)).totals.done, 3);
    assert.equal(text('in/sub/a_x2.mp4'), 'x2 in/sub/a.mov');
    assert.deepEqual(Object.values(await states(run(options))), ['skipped', 'skipped', 'skipped']);
  });
  it('lays the settings of the batch over those of a preset', async () => {
    engine = fakeEngine();
    const preset = { codec: 'ffv1', steps: 2, scale: 1.5 } as const;
    const inputs = [{ path: at('in/a.mov'), settings: preset }, at('in/b.mov')];
    await restoreBatch(inputs, { out: at('out'), model: 'x2', steps: 4 }, { engine });
    const jobs = engine.jobs.map(({ codec, steps, scale, output }) => [codec, steps, scale, relative(folder, output)]);
    assert.deepEqual(jobs, [
      ['ffv1', 4, 1.5, 'out/a.mkv'],
      ['h264', 4, null, 'out/b.mp4'],
    ]);
  });
  it('finds results in their bags again', async () => {
    const options = { out: at('in'), bag: true, name: '{name} made' };
    assert.equal((await run(options)).totals.done, 3);
    assert.equal(text('in/a made.mp4.bag/data/a made.mp4'), 'x2 in/a.mov');
    assert.deepEqual(Object.values(await states(run(options))), ['skipped', 'skipped', 'skipped']);
  });
  it('chooses the model of a name for each source', async () => {
    await run({ model: 'auto', name: '{name} {model} {scale}' });
    assert.ok(existsSync(at('out/a x2 2.mp4')));
    assert.equal(engine.jobs[0]!.model, 'auto', 'the job says why');
  });
  it('is the only one in its folder', async () => {
    write('in/a.mov', 'slow');
    const first = run();
    const own = engine;
    while (own.jobs.length === 0) await sleep(5);
    await assert.rejects(run(), { code: 'OUTPUT_BUSY' });
    own.release();
    assert.equal((await first).totals.done, 3);
    assert.equal((await run()).totals.skipped, 3);
  });
  it('never writes through a link that leads out of its folder', async () => {
    mkdirSync(at('out'));
    mkdirSync(at('elsewhere'));
    symlinkSync(at('elsewhere'), at('out/sub'));
    symlinkSync(at('elsewhere/b'), at('out/b.mp4'));
    assert.deepEqual(await states(run({ overwrite: true })), {
      ...{ 'in/a.mov': 'done', 'in/b.mov': 'failed OUTPUT_UNWRITABLE', 'in/sub/a.mov': 'failed OUTPUT_UNWRITABLE' },
    });
    assert.deepEqual(readdirSync(at('elsewhere')), []);
  });
  it('replaces no report of another program', async () => {
    write('out/report.csv', 'figures');
    await assert.rejects(run(), { code: 'OUTPUT_EXISTS', message: /report\.csv already exists/ });
    assert.deepEqual(readdirSync(at('out')), ['report.csv']);
  });
  it('refuses wrong settings before it makes a folder', async () => {
    for (const options of [{ name: '{nmae}' }, { steps: 0 }, { colour: 1 }, { settle: 0 }] as object[])
      await assert.rejects(run(options), { code: 'BAD_SETTING' }, JSON.stringify(options));
    await assert.rejects(run({}, {}, []), { code: 'BAD_SETTING' });
    assert.ok(!existsSync(at('out')));
  });

  it('stops when it is asked to, with its reports written, and goes on in the next run', async () => {
    write('in/b.mov', 'slow');
    const stop = new AbortController();
    const onProgress = ({ input }: { input: string }): void => void (/b\.mov$/.test(input) && stop.abort('enough'));
    await assert.rejects(run({}, { signal: stop.signal, onProgress }), (reason) => reason === 'enough');
    const json = JSON.parse(text('out/report.json')) as { ended: string; files: { state: string }[] };
    assert.deepEqual(json.files.map(({ state }) => state), ['done', 'waiting', 'waiting']); // prettier-ignore
    assert.ok(json.ended !== null);
    write('in/b.mov', 'quick');
    assert.deepEqual(Object.values(await states(run())), ['skipped', 'done', 'done']);
  });
  it('may be paused, and its order and its failures changed while it runs', async () => {
    write('in/a.mov', 'slow');
    write('in/b.mov', 'bad');
    let batch!: Batch;
    const seen: string[] = [];
    const running = run(
      {},
      {
        onOpen: (opened) => (batch = opened),
        onFile: ({ input, state }) => seen.push(`${relative(folder, input)} ${state}`),
      },
    );
    while (engine.jobs.length === 0) await sleep(5);
    batch.pause();
    while (batch.totals.running > 0) await sleep(5);
    assert.ok(batch.isPaused && batch.totals.waiting === 3);
    assert.ok(batch.move(batch.files[2]!.id, 'first'));
    write('in/a.mov', 'quick');
    batch.resume();
    while (batch.totals.failed === 0) await sleep(5);
    write('in/b.mov', 'good');
    await running;
    assert.deepEqual(
      seen.filter((line) => / (done|failed)$/.test(line)),
      [...['in/sub/a.mov done', 'in/a.mov done', 'in/b.mov failed']],
    );
    assert.equal(batch.retry(), 1);
    batch.clear();
    assert.deepEqual(batch.files.map(({ state }) => state), ['waiting']); // prettier-ignore
  });
  it('watches its folders: new and changed files are restored once they are complete', async () => {
    const stop = new AbortController();
    const done = (count: number) => async (): Promise<void> => {
      while (batch.totals.done + batch.totals.failed < count) await sleep(5);
    };
    let batch!: Batch;
    const options = { watch: true, settle: 0.3 };
    const running = run(options, { signal: stop.signal, onOpen: (opened) => (batch = opened) });
    while (batch === undefined) await sleep(5);
    await done(3)();
    write('in/growing.mov', '1');
    const growing = setInterval(() => write('in/growing.mov', text('in/growing.mov') + '1'), 50);
    await sleep(600);
    clearInterval(growing);
    const whole = text('in/growing.mov');
    await done(4)();
    assert.equal(text('out/growing.mp4'), `x2 ${whole}`, 'it was not read before it was complete');
    write('in/b.mov', 'changed');
    while (text('out/b.mp4') !== 'x2 changed') await sleep(5);
    assert.equal(engine.jobs.length, 5);
    stop.abort('enough');
    await assert.rejects(running, (reason) => reason === 'enough');
  });
  it('watches several folders, each with its preset', async () => {
    for (const name of ['tapes/tape.mov', 'discs/disc.mov']) write(name);
    const stop = new AbortController();
    let batch!: Batch;
    engine = fakeEngine();
    const inputs = ['tapes=vhs-pal', 'discs=dvd-ntsc', 'in'].map((name) => {
      const { path, preset } = parseInput(at(name));
      return { path, settings: presetOf(preset) };
    });
    const control = { engine, signal: stop.signal, onOpen: (opened: Batch) => void (batch = opened) };
    const running = restoreBatch(inputs, { out: at('out'), watch: true, settle: 0.1 }, control);
    while (batch?.totals.done !== 5) await sleep(5);
    for (const name of ['tapes/sub/c.mov', 'discs/d.mov', 'in/e.mov']) write(name);
    while (batch.totals.done < 8) await sleep(5);
    const presets = engine.jobs.map(({ input, preset }) => `${relative(folder, input)} ${preset}`);
    assert.deepEqual(presets.slice(5).toSorted(), [
      ...['discs/d.mov dvd-ntsc', 'in/e.mov null', 'tapes/sub/c.mov vhs-pal'],
    ]);
    stop.abort('enough');
    await assert.rejects(running, (reason) => reason === 'enough');
  });
});
