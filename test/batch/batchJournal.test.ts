import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchJournal, type Begun, type Finished } from '../../src/batch/batchJournal';
import { scratchFolder } from '../support/videos';

describe('the journal of a batch', () => {
  const folder = scratchFolder();
  let path = '';
  beforeEach(() => (path = join(folder, `${performance.now()}.jsonl`)));
  const open = (): Promise<BatchJournal> => BatchJournal.open(path, (write) => write());

  const work = { input: '/in/ä.mov', source: 'source', job: 'job' };
  const begun = (output: string): Begun => ({ is: 'begun', output, ...work, before: null, isOutdated: false });
  const unknown = { frames: null, seconds: 1.5, model: 'x2', warnings: ['ü'] };
  const finished = (output: string): Finished => ({
    ...{ is: 'finished', output, ...work, bytes: 1, modifiedMs: 2 },
    ...unknown,
  });

  it('knows the last line of each output, also after it was opened again', async () => {
    const journal = await open();
    for (const line of [begun('a'), finished('a'), begun('b'), begun('c'), { is: 'left', output: 'c' } as const])
      await journal.add(line);
    await journal.close();
    const again = await open();
    for (const one of [journal, again]) {
      assert.deepEqual([one.last('a'), one.last('b'), one.last('c')], [finished('a'), begun('b'), null]);
      assert.deepEqual(
        ['b', 'b/data/b.mkv', 'c', 'c/b'].map((name) => one.isResult(name)),
        [true, true, false, false],
      );
    }
    await again.close();
  });
  it('passes over a line that a kill has cut off, and goes on behind the one before', async () => {
    const journal = await open();
    await journal.add(finished('a'));
    await journal.close();
    const line = JSON.stringify(finished('b'));
    for (const length of [1, 20, line.length - 1, line.length]) {
      appendFileSync(path, line.slice(0, length));
      const again = await open();
      assert.equal(again.last('b'), null, 'without its end, a line is none');
      await again.add(finished('c'));
      await again.close();
      assert.equal((await open().then(async (one) => (await one.close(), one))).last('c')?.is, 'finished');
    }
  });
  it('takes no line that is no record', async () => {
    const lines = [
      'null',
      '{}',
      '[]',
      '{"is":"done","output":"a"}',
      '{"is":"begun","output":"a"}',
      '{"is":"left"}',
      'x',
    ];
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    const journal = await open();
    assert.equal(journal.isResult('a'), false);
    await journal.close();
  });
  it('stays short, however often a file was begun', async () => {
    writeFileSync(path, `${JSON.stringify(begun('a'))}\n`.repeat(200));
    const journal = await open();
    await journal.close();
    assert.equal(readFileSync(path, 'utf8'), `${JSON.stringify(begun('a'))}\n`);
  });
  it('writes a line again with the reserve, and leaves no half of one', async () => {
    let space = 1;
    const journal = await BatchJournal.open(path, async (write) => {
      if (space-- > 0) return write();
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    await journal.add(finished('a'));
    await assert.rejects(journal.add(finished('b')), { code: 'ENOSPC' });
    await journal.close();
    assert.equal(journal.last('b'), null);
    assert.equal(readFileSync(path, 'utf8'), `${JSON.stringify(finished('a'))}\n`);
  });
});
