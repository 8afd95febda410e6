import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deferred } from '../../../src/async/deferred';
import { EngineProcess, type WorkReply } from '../../../src/engine/client/engineProcess';
import type { Request } from '../../../src/engine/protocol';
import { scratchFolder } from '../../support/videos';

const HELLO: Request = { type: 'hello', protocol: 1, idleMs: 0 };
const STOP: Request = { type: 'stop', id: 'a', keep: false };

describe('engineProcess', function () {
  this.timeout(20_000);
  const folder = scratchFolder();

  /** A process that runs `code`, its first reply about work, and how it exits. */
  function run(code: string) {
    const script = join(folder, 'script.js');
    writeFileSync(script, code);
    const [reply, exit] = [deferred<WorkReply>(), deferred<string | null>()];
    return { child: new EngineProcess(reply.resolve, exit.resolve, script), reply: reply.promise, exit: exit.promise };
  }

  it('passes on replies about work and keeps those about the process', async () => {
    const path = join(folder, 'temporary');
    writeFileSync(path, '');
    const { child, reply, exit } = run(`process.on('message', () => {
      process.send({ type: 'ready' });
      process.send({ type: 'temporaryPath', path: ${JSON.stringify(path)}, gone: false });
      process.send({ type: 'stopped', id: 'a' });
    })`);
    assert.ok(child.pid! > 0);
    child.send(HELLO);
    assert.deepEqual(await reply, { type: 'stopped', id: 'a' });
    await child.end();
    assert.equal(await exit, null);
    await child.leftovers.cleanUp();
    assert.equal(existsSync(path), false);
  });

  it('tells how it has crashed, with the end of what it printed', async () => {
    const { exit, child } = run(`process.stderr.write('x'.repeat(9000) + 'the reason', () => process.exit(7))`);
    assert.equal(await exit, 'code 7');
    const { code, message, detail } = child.crashError('code 7');
    assert.deepEqual([code, /\(code 7\)/.test(message), detail.length], ['ENGINE_CRASHED', true, 8192]);
    assert.match(detail, /x the reason$|xthe reason$/);
    const killed = run('process.on("message", () => {})');
    killed.child.kill();
    assert.equal(await killed.exit, 'SIGKILL');
  });

  it('is killed if it cannot receive work any more', async () => {
    const { child, reply, exit } = run(`setInterval(() => {}, 1000);
      process.on('message', () => { process.send({ type: 'stopped', id: 'a' }, () => process.disconnect()); });`);
    child.send(STOP);
    await reply;
    while (!(await Promise.race([exit.then(() => true), new Promise((resolve) => setTimeout(resolve, 20))])))
      child.send(STOP);
    assert.equal(await exit, 'SIGKILL');
  });
});
