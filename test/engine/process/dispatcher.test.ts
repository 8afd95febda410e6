import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, dispatcher } from '../../../src/engine/process/dispatcher';
import { PROTOCOL, type Reply } from '../../../src/engine/protocol';
import { workFolder } from '../../../src/pipeline/jobs/workFolder';
import { ASSEMBLE_DEFAULTS } from '../../../src/settings/assembleJob';
import { pattern } from '../../support/images';
import { enginesAndFfmpegs } from '../../support/processes';
import { scratchFolder } from '../../support/videos';

describe('dispatcher', function () {
  this.timeout(20_000);
  const folder = scratchFolder();
  let replies: Reply[];
  let idles: number;
  let one: Dispatcher;

  beforeEach(() => {
    [replies, idles] = [[], 0];
    one = dispatcher(
      (reply) => replies.push(reply),
      () => idles++,
    );
  });
  afterEach(() => one.close());

  const hello = (idleMs: number): void => one.receive({ type: 'hello', protocol: PROTOCOL, idleMs });
  /** Asks and waits for the answer. */
  async function ask(id: string, what: 'openAssembly' | 'addImage' | 'probe', args: object): Promise<Reply> {
    one.receive({ type: 'ask', id, what, args });
    for (;;) {
      const reply = replies.find((each) => (each.type === 'answer' || each.type === 'failed') && each.id === id);
      if (reply) return reply;
      await sleep(5);
    }
  }

  it('refuses a client of another version', () => {
    assert.throws(() => one.receive({ type: 'hello', protocol: PROTOCOL + 1, idleMs: 0 }), /Protocol mismatch/);
    hello(0);
    assert.deepEqual(replies, [{ type: 'ready', protocol: PROTOCOL, pid: process.pid }]);
  });

  it('is idle after the time the client has set, unless that is 0', async () => {
    hello(1);
    await sleep(60);
    assert.equal(idles, 1);
    hello(0);
    await sleep(60);
    assert.equal(idles, 1);
    hello(20);
    await ask('a', 'probe', { input: join(folder, 'none') });
    await sleep(60);
    assert.equal(idles, 2);
  });

  it('a stop of what has ended does not keep it from being idle', async () => {
    hello(20);
    one.receive({ type: 'stop', id: 'ended', keep: false });
    await sleep(60);
    assert.equal(idles, 1);
  });

  it('is not idle while something is open, and closing leaves no process and no file', async () => {
    hello(20);
    const output = join(folder, 'video.mkv');
    const job = { ...ASSEMBLE_DEFAULTS, output, codec: 'ffv1' };
    assert.equal((await ask('a', 'openAssembly', { id: 'video', job })).type, 'answer');
    const source = { kind: 'file', data: await pattern(64, 36).png().toBuffer() };
    assert.equal((await ask('b', 'addImage', { id: 'video', source, time: null })).type, 'answer');
    assert.ok(existsSync(workFolder(output)));
    await sleep(60);
    assert.equal(idles, 0);
    await one.close();
    assert.deepEqual([existsSync(workFolder(output)), existsSync(output)], [false, false]);
    assert.deepEqual(await enginesAndFfmpegs(), []);
  });
});
