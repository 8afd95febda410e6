import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../src/tryout/tryFolder';
import { scratchFolder } from '../support/videos';

describe('the folder of a try', () => {
  const scratch = scratchFolder();
  const at = (...names: string[]): string => join(scratch, ...names);

  it('has its name only when it is complete', async () => {
    const folder = await newFolder(at('new'), false);
    assert.deepEqual([existsSync(at('new')), readdirSync(folder.path)], [false, ['media']]);
    assert.equal(await folder.publish(), at('new'));
    assert.deepEqual(readdirSync(scratch), ['new']);
  });

  it('replaces an earlier page only when asked, and nothing else ever', async () => {
    const page = (name: string, ...files: string[]): void => {
      mkdirSync(at(name));
      for (const file of files) writeFileSync(at(name, file), 'mine');
    };
    page('page', 'trial.js', 'page.js');
    page('holidays', 'trial.js');
    writeFileSync(at('file'), 'mine');
    await assert.rejects(newFolder(at('page'), false), { code: 'OUTPUT_EXISTS', message: /already exists/ });
    for (const name of ['holidays', 'file'])
      await assert.rejects(newFolder(at(name), true), { code: 'OUTPUT_EXISTS', message: /is not the page of/ });
    assert.equal(readFileSync(at('holidays', 'trial.js'), 'utf8'), 'mine');
    await (await newFolder(at('page'), true)).publish();
    assert.deepEqual(readdirSync(at('page')), ['media']);
  });

  it('looks again before it replaces: it took minutes', async () => {
    const folder = await newFolder(at('late'), false);
    writeFileSync(at('late'), 'mine');
    await assert.rejects(folder.publish(), { code: 'OUTPUT_EXISTS' });
    assert.equal(readFileSync(at('late'), 'utf8'), 'mine');
    await assert.rejects(newFolder(at('nowhere', 'page'), false), { code: 'OUTPUT_UNWRITABLE' });
  });
});
