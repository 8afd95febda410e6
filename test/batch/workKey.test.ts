import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileWork } from '../../src/batch/batchFile';
import type { Known } from '../../src/batch/batchJournal';
import { outputState, workKey } from '../../src/batch/workKey';
import { type FileSettings, jobOfFile } from '../../src/settings/batchJob';
import { scratchFolder } from '../support/videos';

describe('what decides a result', () => {
  const folder = scratchFolder();
  const path = join(folder, 'a.mov');
  const work = (settings: FileSettings = {}): FileWork => ({
    source: { path, subfolder: '', settings: {}, key: '', isFolder: false, bytes: 0, modifiedMs: 0 },
    job: jobOfFile({ model: 'x2', ...settings }, path, join(folder, 'out.mp4')),
    key: null,
  });
  const keyOf = async (settings: FileSettings = {}) => {
    const { source, job } = await workKey(work(settings));
    return { source, job };
  };
  beforeEach(() => writeFileSync(path, 'content'));

  it('is the content of the source, not its time', async () => {
    const before = await keyOf();
    utimesSync(path, 1, 1);
    assert.deepEqual(await keyOf(), before);
    writeFileSync(path, 'contenT');
    assert.notEqual((await keyOf()).source, before.source);
  });
  it('are the settings with an effect on it, and those that a later version adds do not count', async () => {
    const { job } = await keyOf();
    const same = { threads: 2, batch: 3, overwrite: true, resume: false, provider: 'cpu', steps: null } as const;
    assert.equal((await keyOf(same)).job, job);
    for (const other of [
      { model: 'x4' },
      { steps: 1 },
      { audio: 'none' },
      { extras: false },
      { codec: 'h265' },
    ] as const)
      assert.notEqual((await keyOf(other)).job, job, JSON.stringify(other));
    const mask = join(folder, 'mask.png');
    writeFileSync(mask, 'white');
    const masked = (await keyOf({ mask })).job;
    writeFileSync(mask, 'black');
    assert.notEqual((await keyOf({ mask })).job, masked);
  });
  it('is read again only when the file has changed', async () => {
    const one = work();
    const first = await workKey(one);
    assert.equal(await workKey(one), first);
    writeFileSync(path, 'longer content');
    assert.notEqual((await workKey(one)).source, first.source);
  });
});

describe('the state of an output', () => {
  const key = { source: 'S', job: 'J' };
  const file = { bytes: 10, modifiedMs: 1 };
  const begun: Known = { is: 'begun', output: 'o', input: 'i', ...key, before: null, isOutdated: false };
  const result = { frames: 1, seconds: 1, model: 'x2', warnings: [] };
  const finished: Known = { is: 'finished', output: 'o', input: 'i', ...key, ...file, ...result };

  for (const [what, last, now, found] of [
    ['no file', finished, null, 'nothing'],
    ['a file that no batch has made', null, file, 'other'],
    ['the recorded file', finished, file, 'finished'],
    ['the recorded file, copied', finished, { ...file, modifiedMs: 2 }, 'finished'],
    ['a file of another size', finished, { ...file, bytes: 11 }, 'other'],
    ['a file of other settings', { ...finished, job: 'K' }, file, 'other'],
    ['a file of an earlier source', { ...finished, source: 'T' }, file, 'outdated'],
    ['one that was changed since', { ...finished, source: 'T' }, { ...file, modifiedMs: 2 }, 'other'],
    ['one of another path', { ...finished, source: 'T', input: 'j' }, file, 'other'],
    ['a file of a batch that was killed', begun, file, 'unrecorded'],
    ['the file that it was to replace', { ...begun, before: file }, file, 'other'],
    ['an earlier result that it was to replace', { ...begun, before: file, isOutdated: true }, file, 'outdated'],
    [
      'the result that has replaced it',
      { ...begun, before: file, isOutdated: true },
      { ...file, bytes: 9 },
      'unrecorded',
    ],
    ['what another work was begun for', { ...begun, source: 'T' }, file, 'other'],
  ] as const)
    it(`${what}: ${found}`, () => assert.equal(outputState(last, key, 'i', now), found));
});
