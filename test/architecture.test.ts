import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './support/root';

/**
 * Who may import whom: one line per folder, in the order of the design. A folder may import itself and what its line
 * names; a name stands for the file or folder and everything in it. The first line that matches a file is its line.
 */
const FOLDERS: readonly (readonly [folder: string, mayImport: readonly string[], packages?: readonly string[]])[] = [
  ['src/errors.ts', []],
  ['src/async', ['src/errors.ts']],
  ['src/files', ['src/errors.ts']],
  ['src/sampler', ['src/errors.ts']],
  ['src/settings', ['src/errors.ts', 'src/async']],
  ['src/presets', ['src/{errors.ts,settings}'], ['ajv']],
  ['src/model/model.ts', ['src/sampler']],
  ['src/model/onnx', ['src/errors.ts'], ['protobufjs']],
  ['src/model/bundle', ['src/errors.ts', 'src/sampler', 'src/model/onnx'], ['ajv']],
  ['src/model/compiler', ['src/{errors.ts,files}', 'src/sampler', 'src/model/{model.ts,onnx,bundle}']],
  [
    'src/model/inference',
    ['src/{errors.ts,async,sampler}', 'src/model/{model.ts,onnx,bundle,compiler}'],
    ['onnxruntime-node'],
  ],
  ['src/pipeline/media', ['src/{errors.ts,async,settings}'], ['fluent-ffmpeg', 'sharp', '@ffmpeg-installer/ffmpeg']],
  ['src/pipeline/frames', ['src/{errors.ts,async,sampler,settings}', 'src/model/model.ts', 'src/pipeline/media']],
  [
    'src/pipeline/operators',
    ['src/{errors.ts,async,settings}', 'src/model/model.ts', 'src/pipeline/{media,frames}'],
    ['rxjs'],
  ],
  [
    'src/pipeline/jobs',
    ['src/{errors.ts,async,files,settings}', 'src/model/model.ts', 'src/pipeline/{media,frames,operators}'],
    ['rxjs', 'ajv'],
  ],
  [
    'src/queue',
    ['src/{errors.ts,async,files,settings}', 'src/pipeline/jobs'],
    ['bullmq', 'ioredis', 'pg', 'bullmq/package.json'],
  ],
  ['src/engine/{protocol,liveProtocol}.ts', ['src/{errors.ts,settings}', 'src/model/bundle', 'src/pipeline']],
  [
    'src/engine/process',
    ['src/{errors.ts,async,files,settings,model,pipeline,queue}', 'src/engine/{protocol,liveProtocol}.ts'],
  ],
  ['src/engine/client', ['src/{errors.ts,async,settings,pipeline}', 'src/engine/{protocol,liveProtocol}.ts']],
  ['src/library', ['src/{errors.ts,async,settings,presets,model,pipeline}'], ['rxjs']],
  ['src/tryout', ['src/{errors.ts,settings,presets,engine,model/bundle,pipeline}']],
  ['src/batch', ['src/{errors.ts,async,files,settings,presets,engine,model/bundle,pipeline}']],
  ['src/calls.ts', ['src/{errors.ts,settings,presets,engine,model/bundle}']],
  ['src/index.ts', ['src/{calls.ts,errors.ts,settings,presets,engine,library,model/bundle,batch}']],
  ['src/cli', ['src/{calls.ts,errors.ts,async,engine/client,files,settings,presets,pipeline,queue,tryout,batch}']],
  [
    'nodes',
    [
      'src/{index.ts,errors.ts,async,files,settings,presets,engine,model/bundle,tryout,batch}',
      'src/pipeline/{media/mp4Boxes.ts,jobs/ownedFolder.ts}',
    ],
    ['node-red', 'express'],
  ],
  ['bench', ['src', 'nodes', 'test'], ['node-red', 'express', 'sharp', 'onnxruntime-node', 'rxjs', 'playwright-core']],
  ['scripts', ['dist/src'], ['node-red', 'express', '@ffmpeg-installer/ffmpeg']],
];

/** Folders of `nodes/` in their order: a node imports no other node. */
const NODES = ['message', 'jobs', 'http', 'model', 'in', 'upscale', 'out', 'image', 'frames', 'batch'];

/** Things only some files may touch. */
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  'node:child_process': /^(src\/pipeline\/media\/|src\/engine\/|bench\/|scripts\/)/,
  'node:worker_threads':
    /^src\/(async\/(threadCalls|freeBuffer)|model\/inference\/.*|pipeline\/(frames\/compositor\/compositorThread|media\/image\/addedMapThread|jobs\/(lockHeartbeat(Thread)?|restore\/record\/(frameHasher|hashThread))))\.ts$/,
  'fluent-ffmpeg': /^src\/pipeline\/media\/fluentProcess\.ts$/,
  sharp: /^(src\/pipeline\/media\/image\/|bench\/)/,
  '@ffmpeg-installer/ffmpeg': /^(src\/pipeline\/media\/findFfmpeg\.ts|scripts\/ffmpegs\.js)$/,
};

/** Module-level state that changes: constants made when first needed, and caches. The list may only become shorter. */
const STATE = [
  'nodes/runtime.ts: runtimes',
  'src/engine/client/engine.ts: engines',
  'src/model/bundle/manifestSchema.ts: compiled',
  'src/model/compiler/compileCache.ts: compilerHash',
  'src/model/inference/openModel.ts: current',
  'src/model/inference/openModel.ts: entries',
  'src/model/inference/openModel.ts: finders',
  'src/model/inference/runtime.ts: loaded',
  'src/model/inference/sessionThread.ts: detector',
  'src/model/inference/sessionThread.ts: lastHandle',
  'src/model/inference/sessionThread.ts: open',
  'src/model/inference/sessionThread.ts: shared',
  'src/model/onnx/graph.ts: modelType',
  'src/pipeline/frames/chooseBatchSize.ts: known',
  'src/pipeline/jobs/live/crossCameraBatch.ts: lastModelId',
  'src/pipeline/jobs/live/crossCameraBatch.ts: modelIds',
  'src/pipeline/jobs/live/authorization.ts: count',
  'src/pipeline/jobs/restore/record/recordSchema.ts: compiled',
  'src/presets/presetSchema.ts: compiled',
  'src/pipeline/media/findFfmpeg.ts: examinedBinaries',
  'src/pipeline/media/image/loadSharp.ts: loaded',
  'src/pipeline/media/children.ts: listener',
  'src/sampler/normal.ts: quantiles',
];

/** Exports that only tests import, each with the reason why it is not tested through what imports it. */
const EXPORTED_FOR_TESTS: Readonly<Record<string, string>> = {
  'src/pipeline/frames/comparison.ts: splitImage': 'its pixels can only be compared before the JPEG encoder',
  'src/pipeline/frames/face/align.ts: similarityOf': 'the least-squares fit is compared with nearby similarities',
  'src/pipeline/jobs/live/cameraInput.ts: deviceOptions': 'the options of other operating systems cannot be run',
  'src/pipeline/media/whatIsLost.ts: LOSSES': 'scripts/tables.js writes the table of the docs from it',
  'src/settings/checkRows.ts: allowedWords': 'scripts/tables.js writes the table of the docs with it',
  'src/sampler/dossrSchedule.ts: dossrEta': 'the official tables vary its end, which the schedule fixes at 500',
  'src/sampler/dossrSchedule.ts: dossrLevel': 'the official tables have every t, the schedule only N + 1 of them',
  'src/sampler/tiles.ts: tileAxis': 'its properties hold per axis; a grid is the product of two',
};

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));

const files = [
  ...['src', 'nodes', 'bench'].flatMap((folder) => filesIn(folder, /\.ts$/)),
  ...filesIn('scripts', /\.js$/),
];

/** What a file imports, types included: files of the repository without their ending, or names of packages. */
const importsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/(?:from|import\(|import|require\()\s*'([^']+)'/g)].map(([, to]) =>
    to!.startsWith('.') ? relative(root, join(root, file, '..', to!)).replace(/\.js$/, '') : to!,
  );

/** `src/{a.ts,b}` is two: `src/a.ts` and `src/b`. */
const expand = (pattern: string): string[] => {
  const [, before, names, after] = /^(.*)\{(.+)\}(.*)$/.exec(pattern) ?? [];
  return names === undefined ? [pattern] : names.split(',').map((name) => `${before}${name}${after}`);
};
const isIn = (file: string, pattern: string): boolean =>
  expand(pattern).some((place) => [file, `${file}.ts`].includes(place) || file.startsWith(`${place}/`));

describe('the architecture', () => {
  for (const file of files) {
    it(`${file} imports only what its folder may import`, () => {
      const [folder, mayImport, packages = []] =
        FOLDERS.find(([place]) => isIn(file, place)) ?? assert.fail('no line for this file');
      for (const to of importsOf(file)) {
        const isAllowed =
          to.startsWith('node:') || packages.includes(to) || [folder, ...mayImport].some((place) => isIn(to, place));
        assert.ok(isAllowed, `${file} may not import ${to}`);
        if (ONLY_IN[to]) assert.match(file, ONLY_IN[to], `${to} is not for ${file}`);
      }
    });
  }

  it('every line names something that exists', () => {
    for (const place of FOLDERS.flatMap(([folder, mayImport]) => [folder, ...mayImport]).flatMap(expand))
      assert.ok(place === 'dist/src' || files.some((file) => isIn(file, place)) || place === 'test', place);
  });

  it('no import leads back to where it came from, types included', () => {
    const known = new Set(files);
    const next = (file: string): string[] =>
      importsOf(file)
        .map((to) => [to, `${to}.ts`, `${to}.js`].find((name) => known.has(name)))
        .filter((name) => name !== undefined);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), [...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file)) return;
      for (const to of next(file)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it('no job imports another', () => {
    const jobOf = (file: string): string | undefined => /^src\/pipeline\/jobs\/(\w+)\//.exec(file)?.[1];
    for (const file of files.filter(jobOf)) {
      for (const to of importsOf(file)) assert.equal(jobOf(to) ?? jobOf(file), jobOf(file), `${file} imports ${to}`);
    }
  });

  it('no node imports another', () => {
    const placeOf = (file: string): number => NODES.indexOf(/^nodes\/(\w+)\//.exec(file)?.[1] ?? '');
    const shared = NODES.indexOf('model'); // messages, jobs, routes and the model are for all nodes
    for (const file of files.filter((name) => /^nodes\/\w+\//.test(name))) {
      assert.ok(placeOf(file) >= 0, file);
      for (const to of importsOf(file).filter((name) => /^nodes\/\w+\//.test(name))) {
        const isBelow = placeOf(to) <= shared && placeOf(to) < placeOf(file);
        assert.ok(isBelow || placeOf(to) === placeOf(file), `${file} may not import ${to}`);
      }
    }
  });

  it('the sampler has no clock, no randomness and no environment', () => {
    for (const file of filesIn('src/sampler', /\.ts$/)) {
      assert.doesNotMatch(
        textOf(file),
        /Math\.random|\bDate\b|\bprocess\.(env|hrtime|cwd|pid|platform)|performance\./,
        file,
      );
    }
  });

  it('module-level state is listed', () => {
    const declared =
      /^(?:export )?(?:let (\w+)|const (\w+)(?:: [^=\n]*)? = (?:new (?:Weak)?(?:Map|Set)(?:<.*>)?\(\)|\[\]);)/gm;
    const found = files
      .filter((file) => /^(src|nodes)\//.test(file))
      .flatMap((file) => [...textOf(file).matchAll(declared)].map(([, a, b]) => `${file}: ${a ?? b}`));
    assert.deepEqual(found.toSorted(), STATE.toSorted());
  });

  it('nothing in src is exported for tests alone', () => {
    const exported = /^export (?:async )?(?:const|class|function\*?) (\w+)/gm;
    const imported = /(?:import|export|const) (?:type )?\{([^}]*)\} (?:from |= require\()'(\.[^']+)'/g;
    const used = new Set<string>();
    for (const file of files.filter((name) => /^(src|nodes)\//.test(name)))
      for (const [, names, from] of textOf(file).matchAll(imported))
        for (const name of names!.split(','))
          used.add(
            `${relative(root, join(root, file, '..', from!))}.ts: ${name.trim().replace(/^type | as .*$/g, '')}`,
          );
    const unused = files
      .filter((file) => file.startsWith('src/') && file !== 'src/index.ts')
      .flatMap((file) => [...textOf(file).matchAll(exported)].map(([, name]) => `${file}: ${name}`))
      .filter((name) => !used.has(name));
    assert.deepEqual(unused.toSorted(), Object.keys(EXPORTED_FOR_TESTS).toSorted());
  });

  it('module-level state in nodes/ is only in runtime.ts', () => {
    assert.deepEqual(
      STATE.filter((entry) => entry.startsWith('nodes/')).map((entry) => entry.split(':')[0]),
      ['nodes/runtime.ts'],
    );
  });

  it('no shell is ever used', () => {
    for (const file of files.filter((name) => /^(src|nodes)\//.test(name)))
      assert.doesNotMatch(textOf(file), /shell: *true|execSync|[^.]\bexec\(/, file);
  });
});
