import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueueFile, type StoredQueue } from '../../../nodes/batch/storedQueue';
import { scratchFolder } from '../../support/videos';

describe('the stored queue of a batch node', () => {
  const userDir = scratchFolder();
  const RED = { settings: { userDir } } as never;
  const queue: StoredQueue = {
    requests: [{ path: '/tapes', origin: 'message' }],
    order: ['/tapes/2.mov', '/tapes/1.mov'],
    failed: [['/tapes/3.mov', { code: 'SOURCE_EMPTY', message: 'It is empty.', remedy: '', detail: '' }]],
    isPaused: true,
  };

  it('is read as it was written, by its node alone', async () => {
    await new QueueFile(RED, 'a.b/../c').write(queue);
    assert.deepEqual(await new QueueFile(RED, 'a.b/../c').read(), queue);
    assert.equal(await new QueueFile(RED, 'other').read(), null);
    assert.deepEqual(readdirSync(join(userDir, 'remaster-batch')), ['a_b____c.json']);
    if (process.platform !== 'win32')
      assert.equal(statSync(join(userDir, 'remaster-batch', 'a_b____c.json')).mode & 0o777, 0o600);
  });
  it('is deleted when nothing is left', async () => {
    const file = new QueueFile(RED, 'gone');
    await Promise.all([file.write(queue), file.write(null)]);
    assert.equal(await file.read(), null);
  });
  it('of a later version, cut off or foreign, is none', async () => {
    const file = new QueueFile(RED, 'bad');
    await file.write(queue);
    const path = join(userDir, 'remaster-batch', 'bad.json');
    const text = readFileSync(path, 'utf8');
    const foreign = text.replace('"message"', '"anybody"');
    for (const bad of ['', text.slice(0, -1), text.replace('"version":1', '"version":2'), foreign, '[]', 'null']) {
      writeFileSync(path, bad);
      assert.equal(await file.read(), null, bad);
    }
  });
});
