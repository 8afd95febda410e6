import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QueueAccess } from '../../src/queue/access';
import { queueAccess } from '../../src/queue/access';
import { openBackend } from '../../src/queue/backend';
import { loadPg, pgOptions } from '../../src/queue/clients';
import { CONTROL, CONTROL_ID } from '../../src/queue/names';
import { untilAnswered } from '../../src/queue/preflight';
import { initQueue, openQueue } from '../../src/queue/queue';
import { makeCertificate, postgresOverTls } from '../support/certificates';
import { fakeWork, fakeWorker } from '../support/fakeSegments';
import { QueueScene } from '../support/queueScene';
import { type Kind, KINDS, type QueueServer, queueServer, serverProgram } from '../support/queueServers';
import { scratchFolder } from '../support/videos';

const signal = (): AbortSignal => new AbortController().signal;
const open = async (access: QueueAccess): Promise<void> => (await openQueue(access, signal()))[Symbol.asyncDispose]();
/** Why a queue cannot be used: within five seconds, though BullMQ would go on for ever. */
const refusal = async (access: QueueAccess): Promise<string> => {
  const failed = await open(access).then(
    () => null,
    (error: { code: string; message: string }) => error,
  );
  return failed === null ? 'none' : `${failed.code}: ${failed.message}`;
};

describe('a server of a queue', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(function () {
    if (KINDS.some((kind) => serverProgram(kind) === null)) this.skip();
    for (const name of ['server', 'other']) makeCertificate(folder, name);
  });

  async function started(kind: Kind, options: readonly string[] = []): Promise<QueueServer> {
    const server = await queueServer(kind, options);
    await server.start();
    return server;
  }

  it('of Redis is refused with a wrong password, and with none', async () => {
    await using server = await started('redis', ['--requirepass', 'secret']);
    const access = await queueAccess(server.address);
    await open({ ...access, password: 'secret' });
    for (const password of ['wrong', null])
      assert.match(
        await refusal({ ...access, password }),
        /^QUEUE_AUTH: Redis at 127\.0\.0\.1:\d+\/0 refuses the login: /,
      );
  });

  it('of Redis is refused when it drops keys, or forgets them', async () => {
    await using server = await started('redis', ['--maxmemory-policy', 'allkeys-lru']);
    await using other = await started('redis', ['--appendonly', 'no']);
    assert.match(await refusal(await queueAccess(server.address)), /^QUEUE_SETUP: .* drops keys .*\(allkeys-lru\)\.$/);
    assert.match(
      await refusal(await queueAccess(other.address)),
      /^QUEUE_SETUP: .* forgets its queues when it restarts\.$/,
    );
  });

  it('of Redis is used over TLS with the right certificate, and no other', async () => {
    const tls = ['--tls-cert-file', at('server.pem'), '--tls-key-file', at('server.key'), '--tls-auth-clients', 'no'];
    await using server = await started('redis', ['--port', '0', '--tls-port', 'PORT', ...tls]);
    const access = await queueAccess(server.address.replace('redis:', 'rediss:'));
    await open({ ...access, ca: readFileSync(at('server.pem'), 'utf8') });
    for (const ca of [null, readFileSync(at('other.pem'), 'utf8')])
      assert.match(await refusal({ ...access, ca }), /^QUEUE_TLS: .*certificate/);
  });

  it('of PostgreSQL is refused without its tables, with a wrong password, and for another database', async () => {
    await using server = await started('postgres');
    const access = await queueAccess(server.address);
    assert.match(await refusal(access), /^QUEUE_SETUP: PostgreSQL at .* has no tables for queues: /);
    await initQueue(access, signal());
    await initQueue(access, signal());
    await open(access);
    assert.match(await refusal({ ...access, database: 'no such' }), /^QUEUE_SETUP: .*does not exist/);
    assert.match(await refusal({ ...access, user: 'nobody' }), /^QUEUE_AUTH: .*"nobody"/);
  });

  it('of PostgreSQL is used over TLS with the right certificate, and no other', async () => {
    await using plain = await started('postgres');
    assert.match(
      await refusal({ ...(await queueAccess(plain.address)), isEncrypted: true }),
      /^QUEUE_TLS: .*does not support SSL/,
    );
    await using server = await started('postgres', postgresOverTls(folder, 'server'));
    const access = await queueAccess(`${server.address}?sslmode=verify-full`);
    const ca = readFileSync(at('server.pem'), 'utf8');
    await initQueue({ ...access, ca }, signal());
    await open({ ...access, ca });
    assert.match(await refusal({ ...access, ca: readFileSync(at('other.pem'), 'utf8') }), /^QUEUE_TLS: /);
  });

  for (const kind of KINDS) {
    it(`is refused when its jobs are of another version, on ${kind}`, async () => {
      await using server = await started(kind);
      const access = await queueAccess(server.address);
      await initQueue(access, signal());
      await using backend = await openBackend(access, 1, () => {});
      const control = await backend.queue(CONTROL);
      await (await control.getJob(CONTROL_ID))!.updateData({ version: '0 (bullmq 5.0)' });
      assert.match(
        await refusal(access),
        /^QUEUE_VERSION: The protocol of .* is "0 \(bullmq 5\.0\)", and that of this program "1 \(bullmq 6\.7\)"\.$/,
      );
      await initQueue(access, signal());
      await open(access);
    });
  }

  it('is waited for as long as it does not respond', async () => {
    await using server = await started('redis');
    server.freeze();
    const reasons: string[] = [];
    const stop = new AbortController();
    const opening = openQueue(await queueAccess(server.address), stop.signal, { onWait: (why) => reasons.push(why) });
    opening.catch(() => {});
    while (reasons.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(reasons[0]!, /^Redis at .* cannot be reached: it does not respond\./);
    server.thaw();
    await (await opening)[Symbol.asyncDispose]();
    server.freeze();
    const stopped = openQueue(await queueAccess(server.address), stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(stopped, /^Error: stopped$/);
  });

  it('of PostgreSQL without a free connection is asked again', async () => {
    const few = { max_connections: 12, superuser_reserved_connections: 0, max_wal_senders: 0, autovacuum: 'off' };
    await using server = await started(
      'postgres',
      Object.entries(few).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    );
    const access = await queueAccess(server.address);
    const { Client } = await loadPg();
    const others = Array.from({ length: 12 }, () => new Client(pgOptions(access)));
    const connected = await Promise.allSettled(others.map((client) => client.connect()));
    const reasons: string[] = [];
    const ask = async (): Promise<string> => {
      const client = new Client(pgOptions(access));
      await client.connect();
      await client.end();
      return 'answered';
    };
    const answer = untilAnswered(ask, access, signal(), (why) => reasons.push(why));
    while (reasons.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(
      reasons[0]!,
      /^PostgreSQL at .* cannot be reached: sorry, too many clients already\. It is tried again/,
    );
    const held = others.filter((_, i) => connected[i]!.status === 'fulfilled');
    await Promise.all(held.map((client) => client.end()));
    assert.equal(await answer, 'answered');
    assert.equal(reasons.length, 1);
    const mistake = async (): Promise<never> => Promise.reject(new TypeError('a mistake'));
    await assert.rejects(untilAnswered(mistake, access, signal()), /^TypeError: a mistake$/);
  });

  it('of PostgreSQL refuses a worker whose clock is five seconds off; that of Redis does not need it', async () => {
    const scenes = await Promise.all(KINDS.map((kind) => QueueScene.open(kind)));
    await using redis = scenes[0]!;
    await using postgres = scenes[1]!;
    for (const scene of scenes) scene.worker('ahead', { clock: 5000 });
    await postgres.until(
      'it is refused',
      () => postgres.said(/^ahead FAILED QUEUE_CLOCK: .* 5\.\d s ahead of /).length === 1,
    );
    const job = await redis.job('tape', 6);
    await job.finished;
    assert.equal(redis.said(/^ahead made/).length, 6);
    await job.started[Symbol.asyncDispose]();
  });

  it('with more than forty workers on PostgreSQL has connections for all of them', async () => {
    await using scene = await QueueScene.open('postgres');
    const access = await queueAccess(scene.server.address);
    const queues = await Promise.all(Array.from({ length: 44 }, () => openQueue(access, signal())));
    const workers = queues.map((queue, i) => {
      const own = fakeWorker(scene.folder, `w${i}`);
      return queue.work(own, [{ theirs: scene.folder, ours: scene.folder }], fakeWork(own, { ms: 100 }));
    });
    const job = await scene.job('tape', 88);
    await job.finished;
    assert.equal((await scene.madeOf(job)).length, 88);
    await job.started[Symbol.asyncDispose]();
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(queues.map((queue) => queue[Symbol.asyncDispose]()));
  });
});
