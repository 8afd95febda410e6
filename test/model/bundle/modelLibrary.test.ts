import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { findBundle, listModels, usableModels } from '../../../src/model/bundle/modelLibrary';
import { withFolder, writeTiny, X4 } from '../../support/tinyBundle';

const manifestOf = async (file: string): Promise<object> => JSON.parse(await readFile(file, 'utf8')) as object;

describe('modelLibrary', () => {
  it('lists the embedded bundles', async () => {
    const x4 = (await listModels()).find(({ name }) => name === 'x4')!;
    assert.equal(x4.problem, null);
    assert.deepEqual([x4.system, x4.task, x4.scale, x4.steps, x4.path], ['resshift', 'upscale', 4, 4, X4]);
    assert.ok(x4.bytes > 2_000_000 && x4.licence !== '' && x4.title !== '');
  });

  it('lists invalid bundles with their error and omits other folders', () =>
    withFolder(async (folder) => {
      await writeTiny(join(folder, 'good'), 'osediff');
      await writeTiny(join(folder, 'incomplete'), 'osediff');
      await rm(join(folder, 'incomplete', 'decode.onnx'));
      await mkdir(join(folder, 'bad'));
      await writeFile(join(folder, 'bad', 'model.json'), '{}');
      await mkdir(join(folder, 'other'));
      const listed = await listModels([folder]);
      const problem = (name: string) => listed.find((one) => one.name === name)!.problem;
      assert.equal(problem('good'), null);
      assert.match(problem('incomplete')!.message, /decode\.onnx is missing/);
      assert.equal(problem('bad')!.code, 'MODEL_INVALID');
      assert.ok(!listed.some(({ name }) => name === 'other'));
    }));

  it('lists ours by their use, then others by name, research last', () =>
    withFolder(async (folder) => {
      for (const name of ['zebra', 'bold', 'proof']) await writeTiny(join(folder, name), 'osediff');
      const file = join(folder, 'proof', 'model.json');
      await writeFile(file, JSON.stringify({ ...(await manifestOf(file)), research: true }));
      const listed = await listModels([folder]);
      assert.deepEqual(
        listed.map(({ name }) => name),
        ['x2', 'restore', 'x4', 'x4-live', 'inpaint', 'bold', 'zebra', 'proof', 'x4-dossr', 'x4-onestep'],
      );
      assert.deepEqual(
        listed.filter(({ isResearch }) => isResearch).map(({ name }) => name),
        ['proof', 'x4-dossr', 'x4-onestep'],
      );
      assert.equal(listed[0]!.title, 'tapes and DVDs, twice as large');
      assert.ok((await usableModels()).includes('x2'));
    }));

  it('lists doubts about a bundle', () =>
    withFolder(async (folder) => {
      const note = 'v3.pth is none of the published files.';
      await writeTiny(join(folder, 'doubtful'), 'osediff');
      const file = join(folder, 'doubtful', 'model.json');
      await writeFile(file, JSON.stringify({ ...(await manifestOf(file)), notes: [note] }));
      await writeTiny(join(folder, 'plain'), 'osediff');
      const listed = await listModels([folder]);
      const found = (name: string) => listed.find((one) => one.name === name)!;
      assert.deepEqual([found('doubtful').notes, found('doubtful').problem], [[note], null]);
      assert.deepEqual(found('plain').notes, []);
    }));

  it('searches given folders first, then REMASTER_MODELS, then the package', () =>
    withFolder(async (folder) => {
      const [given, environment] = [join(folder, 'given'), join(folder, 'environment')];
      await cp(X4, join(given, 'x4'), { recursive: true });
      await cp(X4, join(environment, 'x4'), { recursive: true });
      await cp(X4, join(environment, 'only'), { recursive: true });
      process.env['REMASTER_MODELS'] = `${join(folder, 'nothing')}${delimiter}${environment}`;
      try {
        assert.equal(findBundle('x4', [given]), join(given, 'x4'));
        assert.equal(findBundle('x4'), join(environment, 'x4'));
        assert.equal(findBundle('only'), join(environment, 'only'));
      } finally {
        delete process.env['REMASTER_MODELS'];
      }
      assert.equal(findBundle('x4'), X4);
    }));

  it('treats a name with a slash as a path', () => {
    assert.equal(findBundle(X4), X4);
    assert.equal(findBundle('./somewhere'), join(process.cwd(), 'somewhere'));
  });

  it('lists the searched folders for an unknown name', () => {
    assert.throws(
      () => findBundle('nope', ['/somewhere/else']),
      (error: unknown) =>
        error instanceof RemasterError &&
        error.code === 'MODEL_NOT_FOUND' &&
        /“nope” was not found in .*else.* or .*models/.test(error.message) &&
        /remaster models/.test(error.remedy),
    );
  });
});
