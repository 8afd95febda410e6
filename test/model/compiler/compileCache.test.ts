import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { compileBundle } from '../../../src/model/compiler/compile';
import { partEnding } from '../../../src/files/partFile';
import { cached, cacheFolder } from '../../../src/model/compiler/compileCache';
import { loadModel } from '../../../src/model/inference/loadedModel';
import { loadRuntime } from '../../../src/model/inference/runtime';
import { decodeModel, isExternal } from '../../../src/model/onnx/graph';
import { root as repository } from '../../support/root';
import { withFolder, writeTiny, X4 } from '../../support/tinyBundle';

describe('compileCache', () => {
  let root: string;
  let before: string | undefined;
  beforeEach(() => {
    before = process.env['REMASTER_CACHE'];
    process.env['REMASTER_CACHE'] = root = mkdtempSync(join(tmpdir(), 'remaster cache '));
  });
  afterEach(() => {
    if (before === undefined) delete process.env['REMASTER_CACHE'];
    else process.env['REMASTER_CACHE'] = before;
    rmSync(root, { recursive: true, force: true });
  });
  const entries = (): string[] => readdirSync(join(root, 'graphs'));
  const settings = { steps: 2, order: null, colorFix: null, strength: 1, depth: 8 } as const;
  const ports = {
    frames: 'frames',
    result: 'result',
    referenceRange: null,
    noise: [],
    prompts: [],
    batchLimit: null,
    tileMemory: 100,
  } as const;
  const entry = (text: string) => ({ ports, graph: Buffer.from(text) });
  const never = (): never => assert.fail('it was made again');

  it('stores a compiled bundle and returns the same bytes', async () => {
    const [first, graph] = await compileBundle(X4, settings);
    assert.equal(entries().length, 1);
    const path = join(root, 'graphs', entries()[0]!);
    const { mtimeMs, mode } = statSync(path);
    const [second, again] = await compileBundle(X4, settings);
    assert.deepEqual(second, first);
    assert.equal(Buffer.compare(again, graph), 0);
    assert.deepEqual([entries().length, mode & 0o077], [1, 0]);
    assert.ok(statSync(path).mtimeMs >= mtimeMs);
    for (const changes of [{ steps: 1 }, { strength: 0.5 }, { depth: 16 }, { colorFix: 'wavelet' }] as const) {
      const count = entries().length;
      await compileBundle(X4, { ...settings, ...changes });
      assert.equal(entries().length, count + 1, JSON.stringify(changes));
    }
  });

  it('contains no weights', async () => {
    const [, graph] = await compileBundle(X4, settings);
    const { initializer } = decodeModel(graph).graph;
    const large = initializer.filter(isExternal);
    assert.ok(large.length >= 20 && graph.length < 150_000, `${large.length} weights outside, ${graph.length} bytes`);
    for (const { externalData } of large) {
      const place = Object.fromEntries(externalData!.map(({ key, value }) => [key, value]));
      const file = join(X4, place['location']!);
      assert.ok(Number(place['offset']) + Number(place['length']) <= statSync(file).size);
    }
  });

  it('compiles a damaged or truncated entry again', async () => {
    await cached('a', async () => entry('right'));
    const path = join(root, 'graphs', entries()[0]!);
    assert.equal(Buffer.from((await cached('a', never)).graph).toString(), 'right');
    const whole = readFileSync(path);
    const damages: (() => void)[] = [
      () => truncateSync(path, whole.length - 2),
      () => truncateSync(path, 10),
      () => writeFileSync(path, ''),
      () => writeFileSync(path, Buffer.from(whole).fill(7, whole.length - 1)),
      () => writeFileSync(path, Buffer.from(whole).fill(7, 34, 35)),
    ];
    for (const damage of damages) {
      damage();
      assert.equal(Buffer.from((await cached('a', async () => entry('right'))).graph).toString(), 'right');
      assert.deepEqual(readFileSync(path), whole);
    }
  });

  it('a bundle runs without a writable cache', async () => {
    writeFileSync(join(root, 'file'), '');
    process.env['REMASTER_CACHE'] = join(root, 'file'); // a folder cannot be created inside a file
    await assert.rejects(cacheFolder());
    const [{ ports: made }] = await compileBundle(X4, settings);
    assert.equal(made.result, 'result');
    process.env['REMASTER_CACHE'] = root;
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'graphs'));
    chmodSync(join(root, 'graphs'), 0o555);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid!(65_534); // root may write everywhere
    try {
      assert.equal(Buffer.from((await cached('b', async () => entry('made'))).graph).toString(), 'made');
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(join(root, 'graphs'), 0o700);
    }
    assert.deepEqual(entries(), []);
  });

  it('a folder that a file system says it does not know means no cache', async function () {
    if (process.platform !== 'linux') this.skip();
    process.env['REMASTER_CACHE'] = '/proc/x'; // mkdir there answers ENOENT, always
    try {
      await assert.rejects(cacheFolder(), { code: 'ENOENT' });
      assert.equal(Buffer.from((await cached('b', async () => entry('made'))).graph).toString(), 'made');
    } finally {
      process.env['REMASTER_CACHE'] = root;
    }
  });

  it('a folder that others may write to means no cache', async function () {
    if (!process.getuid) this.skip(); // Windows has no such modes
    const graphs = await cacheFolder();
    const refusal = async (): Promise<string> =>
      cacheFolder().then(
        () => '',
        (error: Error) => error.message,
      );
    for (const mode of [0o720, 0o702]) {
      chmodSync(graphs, mode);
      assert.match(await refusal(), /other users may write to .*graphs/);
    }
    chmodSync(graphs, 0o755);
    assert.equal(await refusal(), '');
    renameSync(graphs, join(root, 'moved'));
    await symlink(join(root, 'moved'), graphs);
    assert.match(await refusal(), /graphs is a link to another place/);
    assert.equal(Buffer.from((await cached('b', async () => entry('made'))).graph).toString(), 'made');
    assert.deepEqual(readdirSync(join(root, 'moved')), []);
  });

  it('a folder of another user means no cache', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a folder away
    chownSync(await cacheFolder(), 4711, 4711);
    await assert.rejects(cacheFolder(), /belongs to another user/);
  });

  it('makes the folders above it, once', async () => {
    process.env['REMASTER_CACHE'] = join(root, 'several', 'new', 'ones');
    try {
      assert.equal(await cacheFolder(), join(root, 'several', 'new', 'ones', 'graphs'));
      assert.equal(await cacheFolder(), join(root, 'several', 'new', 'ones', 'graphs'));
    } finally {
      process.env['REMASTER_CACHE'] = root;
    }
  });

  it('supports two concurrent writes of the same entry', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, () => cached('c', async () => entry('same'.repeat(9999)))),
    );
    assert.equal(new Set(made.map(({ graph }) => Buffer.from(graph).toString())).size, 1);
    assert.equal(entries().length, 1);
  });

  it('deletes the least recently used entries and partial files of killed processes', async () => {
    const big = 'x'.repeat(50 * 2 ** 20);
    for (const [i, key] of ['old', 'older', 'new'].entries()) {
      await cached(key, async () => entry(`${key}${big}`));
      const age = new Date(Date.now() - [20_000, 40_000, 0][i]!);
      for (const name of entries()) {
        const path = join(root, 'graphs', name);
        if (statSync(path).mtimeMs > Date.now() - 5000 && key !== 'new') utimesSync(path, age, age);
      }
    }
    const own = `x.graph${await partEnding()}`;
    const [, pid, start] = /\.(\d+)-(\d+)-/.exec(own)!;
    for (const name of [own, own.replace(`.${pid}-${start}-`, `.${pid}-${Number(start) - 1}-`)]) {
      writeFileSync(join(root, 'graphs', name), 'half');
      utimesSync(join(root, 'graphs', name), 1, 1);
    }
    await cached('last', async () => entry('small'));
    const isLinux = process.platform === 'linux'; // no other platform says when a process started
    assert.deepEqual([entries().length, entries().includes(own)], [isLinux ? 4 : 5, true]);
    await cached('old', never);
    await cached('new', never);
    await assert.rejects(
      cached('older', () => Promise.reject(new Error('gone'))),
      /gone/,
    );
  });

  it('a bundle with external weights runs from a read-only folder', () =>
    withFolder(async (folder) => {
      await writeTiny(folder, 'dossr');
      chmodSync(folder, 0o500);
      try {
        const model = await loadModel(loadRuntime(), folder, {
          ...settings,
          model: 'tiny',
          provider: 'cpu',
          device: 0,
          threads: 1,
        });
        await model.release();
        assert.ok(!readdirSync(folder).some((name) => name.startsWith('.')));
      } finally {
        chmodSync(folder, 0o700);
      }
    }));

  it('does not use graphs of another version of the compiler', async function () {
    this.timeout(60_000);
    const program = join(root, 'program');
    await cp(join(repository, 'dist', 'src'), program, { recursive: true });
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction');
    const run = (script: string): string =>
      execFileSync(process.execPath, ['-e', script], { cwd: program, encoding: 'utf8' }).trim();
    const loaded = JSON.parse(
      run(`require('./model/compiler/compile.js'); console.log(JSON.stringify(Object.keys(require.cache)))`),
    ) as string[];
    const files = loaded.map((path) => relative(program, path)).filter((path) => /^(sampler|model)\W/.test(path));
    const oneOfEach = [...new Map(files.map((path) => [dirname(path), path])).values()];
    assert.ok(oneOfEach.length >= 4, oneOfEach.join());
    const names = ['unchanged', ...oneOfEach].map((changed, i) => {
      if (i > 0) appendFileSync(join(program, changed), '\n// changed\n');
      return run(`require('./model/compiler/compileCache.js')
        .cached('key', async () => ({ ports: {}, graph: Buffer.of(1) }))
        .then(() => console.log(require('node:fs').readdirSync(${JSON.stringify(join(root, 'graphs'))}).length))`);
    });
    assert.deepEqual(
      names,
      ['unchanged', ...oneOfEach].map((_, i) => String(i + 1)),
    );
  });
});
