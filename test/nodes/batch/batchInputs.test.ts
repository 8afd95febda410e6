import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchActionOf } from '../../../nodes/batch/batchActions';
import { inputOf, requestsOf } from '../../../nodes/batch/batchInputs';
import { findSources } from '../../../src/batch/findSources';
import { scratchFolder } from '../../support/videos';

describe('the inputs of a batch node', () => {
  const folder = realpathSync(scratchFolder());
  const at = (name: string): string => join(folder, name);
  const RED = { settings: { remasterInAllowedFolders: [at('mine')], fileWorkingDirectory: folder } } as never;
  const ofNode = { isAuto: true };
  const found = async (path: string, origin: 'message' | 'config' = 'message'): Promise<readonly string[]> => {
    const input = await inputOf(RED, { path, origin }, ofNode);
    const { sources, unreadable } = await findSources([input], { path: '/none', isResult: () => false });
    return [...sources.map((one) => one.path), ...unreadable.map(({ path: one, error }) => `${one} ${error.code}`)].map(
      (one) => one.replace(`${folder}/`, ''),
    );
  };
  before(() => {
    for (const name of ['mine/sub', 'theirs']) mkdirSync(at(name), { recursive: true });
    for (const name of ['mine/1.mov', 'mine/sub/2.mov', 'theirs/3.mov']) writeFileSync(at(name), 'x');
    writeFileSync(at('mine/list.ts'), '#EXTM3U\n/etc/passwd\n');
    symlinkSync(at('theirs'), at('mine/link'));
    symlinkSync(at('theirs/3.mov'), at('mine/4.mov'));
  });

  it('of a message lie in the allowed folders, with all that they lead to', async () => {
    const all = [
      ...['mine/1.mov', 'mine/sub/2.mov', 'mine/4.mov PATH_NOT_ALLOWED', 'mine/link PATH_NOT_ALLOWED'],
      'mine/list.ts PATH_NOT_ALLOWED',
    ];
    assert.deepEqual(await found(at('mine')), all);
    assert.deepEqual(await found('mine/**'), all);
    assert.deepEqual(await found('mine/*/3.mov'), ['mine/link/3.mov PATH_NOT_ALLOWED']);
    for (const path of [
      at('theirs'),
      'theirs/*.mov',
      'mine/../theirs',
      'mine/link',
      'mine/*/../../theirs',
      'http://x/a',
    ])
      await assert.rejects(found(path), { code: 'PATH_NOT_ALLOWED' }, path);
  });
  it('of the dialog may lie anywhere', async () => {
    assert.deepEqual(await found('theirs', 'config'), ['theirs/3.mov']);
  });
  it('are one path or a list of paths', () => {
    assert.equal(requestsOf({ filename: '' }), null);
    assert.deepEqual(requestsOf({ filename: ['a', 'b'] })?.length, 2);
    for (const filename of [1, [], ['a', ''], [null], {}, Array.from({ length: 10_001 }, () => 'a')])
      assert.throws(() => requestsOf({ filename }), { code: 'BAD_SETTING' });
  });
  it('have the preset of their line, or of their message, or of the node', async () => {
    const config = (path: string, preset = 'vhs-pal') =>
      inputOf(RED, { path, origin: 'config' }, { preset, isAuto: true });
    const own = { format: 1, name: 'mine', settings: { model: 'x2', crop: 'bottom=4' } };
    const named = [
      ...(await Promise.all([config('theirs'), config('theirs=dv'), config('theirs', '')])),
      ...(await Promise.all(
        [undefined, 'screen', own].map((preset) =>
          inputOf(RED, { path: at('mine'), origin: 'message', preset }, { preset: 'vhs-pal', isAuto: true }),
        ),
      )),
    ];
    assert.deepEqual(
      named.map(({ settings }) => settings?.preset),
      ['vhs-pal', 'dv', undefined, 'vhs-pal', 'screen', 'mine'],
    );
    assert.equal(named.at(-1)!.settings!.crop, 'bottom=4');
    assert.deepEqual(
      requestsOf({ filename: ['a', 'b'], preset: 'dv' })?.map(({ preset }) => preset),
      ['dv', 'dv'],
    );
    await assert.rejects(config('theirs', 'no-such'), { code: 'BAD_SETTING' });
    const foreign = { ...own, settings: { model: '/tmp/bundle' } };
    const asked = (isAuto: boolean, preset: unknown) =>
      inputOf(RED, { path: at('mine'), origin: 'message', preset }, { isAuto });
    await assert.rejects(asked(false, foreign), { code: 'BAD_SETTING' }, 'a path is no name');
    const bundle = { ...own, settings: { model: 'bundle' } };
    await assert.rejects(asked(true, bundle), { code: 'BAD_SETTING' }, 'only the model node may name it');
    await asked(false, bundle); // the model node names its own
  });
  it('may come with an action', () => {
    const named = (action: unknown) => batchActionOf({ action });
    assert.deepEqual(['start', 'cancel', { command: 'retry' }, 'clear', 'snapshot', 7].map(named), [
      ...['start', 'stop', 'retry', 'clear', null, null],
    ]);
    assert.equal(batchActionOf({ reset: true }), 'stop');
  });
});
