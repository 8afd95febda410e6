import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enginesAndFfmpegs } from '../../support/processes';
import { assertBatch, batchFlow, batchRow, makeTapes, order, payloads } from '../support/batches';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

describe('video batch', function () {
  this.timeout(180_000);
  let red: Runtime;
  const at = (name: string): string => join(red.userDir, name);
  const act = (action: string): Promise<void> => red.inject('go', [{ p: 'action', v: action, vt: 'str' }]);
  const send = (filename: unknown): Promise<void> =>
    red.inject('go', [{ p: 'filename', v: JSON.stringify(filename), vt: 'json' }]);
  const states = async (): Promise<string[]> => (await batchRow(red)).files.map(({ name, is }) => `${name} ${is}`);
  const until = async (isSo: () => Promise<boolean>, what: string): Promise<void> => {
    for (let i = 0; i < 600; i++) {
      if (await isSo().catch(() => false)) return; // it has no row before its first file
      await sleep(100);
    }
    assert.fail(`${what}: ${JSON.stringify(await red.get('remaster/batches'))}`);
  };
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    const { userDir } = red;
    await red.stop(signal);
    for (let i = 0; i < 100 && (await enginesAndFfmpegs()).length > 0; i++) await sleep(100);
    red = await Runtime.start(nodeRed4, userDir);
  };

  before(async () => {
    red = await Runtime.start(nodeRed4, userDirectory(await installedPackage()));
  });
  after(async () => {
    await red?.stop();
    if (red) remove(red.userDir);
  });
  beforeEach(() => (red.reports.length = 0));

  it('restores its files, lists a failure, and skips finished files the next time', () => assertBatch(red));

  it('takes paths from messages, if they are allowed', async () => {
    await makeTapes(red, ['a.mp4', 'sub/b.mp4']);
    await red.deploy(batchFlow(red));
    await send(['/etc/*.mp4']);
    await red.until(() => red.reported('error').length > 0, 'the error');
    const { error } = red.reported('error')[0] as { error: { code: string } };
    assert.equal(error.code, 'PATH_NOT_ALLOWED');
    assert.ok(!existsSync(at('restored')), 'nothing is opened for it');
    await send([at('tapes/sub/*.mp4')]);
    await red.until(() => red.reported('summary').length > 0, 'the summary', 60_000);
    assert.deepEqual(payloads(red, 'summary')[0]!['files'], 1);
  });

  it('is paused, reordered, killed with Node-RED, and goes on in its order', async () => {
    await makeTapes(red, ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4'], 60);
    await red.deploy(batchFlow(red, { tileCache: 'off' }));
    await act('start');
    await until(async () => (await batchRow(red)).counts['running'] === 1, 'it runs');
    await act('pause');
    await until(async () => (await batchRow(red)).is === 'paused', 'it is paused');
    await until(async () => (await batchRow(red)).counts['running'] === 0, 'the file is suspended');
    await red.until(() => /^paused \d\/4$/.test(red.text('batch')), 'its status says so');
    const { files } = await batchRow(red, 'D.MP4');
    assert.deepEqual([files.length, files[0]!.name], [1, 'd.mp4'], 'the search ignores capitals');
    assert.equal(await order(red, { action: 'move', file: files[0]!.id, to: 'first' }), 200);
    assert.equal(await order(red, { action: 'move', file: files[0]!.id, to: 'sideways' }), 400);
    const stored = (): string => readFileSync(at('remaster-batch/batch.json'), 'utf8');
    await until(async () => /"order":\["[^"]*d\.mp4"/.test(stored()), 'the order is stored');

    await restart('SIGKILL');
    await until(async () => (await batchRow(red)).is === 'paused', 'it is still paused');
    assert.match((await states())[0]!, /^d\.mp4 waiting/);
    await act('resume');
    await until(async () => (await batchRow(red)).counts['running'] === 1, 'it runs again');
    await restart('SIGTERM');
    await red.until(() => red.reported('summary').length > 0, 'the summary', 120_000);
    const { status, failed } = payloads(red, 'summary')[0]!;
    assert.deepEqual([status, failed, payloads(red, 'file').at(0)?.['status']], ['done', 0, 'done']);
    assert.deepEqual(readdirSync(at('restored')).filter((name) => name.endsWith('.mp4')).length, 4);
    assert.deepEqual(
      readdirSync(at('restored')).filter((name) => name.endsWith('.remaster')),
      [],
    );
    await until(async () => !existsSync(at('remaster-batch/batch.json')), 'nothing is left of the queue');
  });

  it('watches its folder from the start of the flow, until it is stopped', async () => {
    await makeTapes(red, ['a.mp4']);
    await red.deploy(batchFlow(red, { watch: true }));
    await red.until(() => red.reported('summary').length === 1, 'the first summary', 60_000);
    copyFileSync(at('tape.mp4'), at('tapes/new.mp4'));
    await red.until(() => red.reported('file').length === 2, 'the new file', 60_000);
    await red.until(() => red.text('batch') === 'watching', 'it watches');
    await act('stop');
    await until(async () => (await batchRow(red)).is === 'over', 'it is over');
    copyFileSync(at('tape.mp4'), at('tapes/late.mp4'));
    await sleep(1500);
    assert.equal(red.reported('file').length, 2);
  });

  it('forgets its queue when the node is removed', async () => {
    mkdirSync(at('remaster-batch'), { recursive: true });
    await makeTapes(red, ['a.mp4', 'b.mp4'], 60);
    await red.deploy(batchFlow(red));
    await act('start');
    await until(async () => (await batchRow(red)).counts['running'] === 1, 'it runs');
    assert.ok(existsSync(at('remaster-batch/batch.json')));
    await red.deploy([]);
    assert.deepEqual(readdirSync(at('remaster-batch')), []);
    assert.deepEqual(await red.get('remaster/batches'), []);
  });
});
