import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deferred } from '../../../src/async/deferred';
import { EngineProcess, type WorkReply } from '../../../src/engine/client/engineProcess';
import type { Request } from '../../../src/engine/protocol';
import { root } from '../../support/root';
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

  it('that cannot start ends like a crash, with the reason', async () => {
    // Without file descriptors left fork returns a process that has no streams and never exits.
    const script = `
      const { openSync } = require('node:fs');
      const { EngineProcess } = require(${JSON.stringify(join(root, 'dist/src/engine/client/engineProcess'))});
      try { for (;;) openSync('/dev/null'); } catch {}
      const child = new EngineProcess(() => {}, (crash) => {
        process.stdout.write(child.crashError(crash).message + child.crashError(crash).detail);
        void child.end().then(() => process.stdout.write(' ended'));
      });
      child.keepAlive(true);
      child.send(${JSON.stringify(STOP)});`;
    const limited = ['-c', 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('/bin/sh', limited);
    assert.match(stdout, /exited unexpectedly \(it could not start\).*EMFILE.* ended$/s);
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
