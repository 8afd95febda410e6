import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const KINDS = ['redis', 'postgres'] as const;
export type Kind = (typeof KINDS)[number];

/** A server of a queue on a loopback port of its own, with a folder of its own. */
export interface QueueServer {
  readonly address: string;
  readonly port: number;
  readonly kind: Kind;
  start(options?: readonly string[]): Promise<void>;
  /** Ends it in order, or at once. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Stops it and deletes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Null where the program is not installed. */
export const serverProgram = (kind: Kind): string | null =>
  kind === 'redis'
    ? found(['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'], 'redis-server')
    : found(postgresFolders(), 'postgres');

const postgresFolders = (): readonly string[] => {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  return [...versions.map((version) => `/usr/lib/postgresql/${version}/bin`), '/usr/local/bin', '/opt/homebrew/bin'];
};

const found = (folders: readonly string[], name: string): string | null =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;

/** A new server, not started. `options`: of redis-server, or of postgres; PORT is its port. */
export async function queueServer(kind: Kind, options: readonly string[] = []): Promise<QueueServer> {
  const program = serverProgram(kind)!;
  const folder = mkdtempSync(join(tmpdir(), 'remaster-queue-'));
  const port = await freePort();
  const user = kind === 'postgres' ? postgresUser(folder) : {};
  if (kind === 'postgres') initDatabase(program, folder, user);
  let child: ChildProcess | null = null;
  let frozen: readonly number[] = [];
  const processes = (): readonly number[] => (child?.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]);
  const server: QueueServer = {
    address: kind === 'redis' ? `redis://127.0.0.1:${port}` : `postgres://postgres@127.0.0.1:${port}/postgres`,
    ...{ port, kind },
    async start(more = []) {
      for (let attempt = 0; ; attempt++) {
        const args = kind === 'redis' ? redisArgs(port, folder) : postgresArgs(port, folder);
        const own = options.map((option) => (option === 'PORT' ? String(port) : option));
        child = spawn(program, [...args, ...own, ...more], { stdio: 'ignore', ...user });
        if (await isListening(child, port)) return;
        if (attempt === 20) throw new Error(`${program} does not start`);
        await sleep(250); // processes of one that was killed may still end
      }
    },
    async stop(signal = 'SIGTERM') {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(kind === 'postgres' && signal === 'SIGTERM' ? 'SIGINT' : signal);
      await ended;
    },
    freeze() {
      frozen = processes();
      for (const pid of frozen) kill(pid, 'SIGSTOP');
    },
    thaw() {
      for (const pid of frozen) kill(pid, 'SIGCONT');
      frozen = [];
    },
    async [Symbol.asyncDispose]() {
      server.thaw();
      await server.stop('SIGKILL');
      for (let i = 0; i < 20 && existsSync(folder); i++) {
        try {
          rmSync(folder, { recursive: true, force: true });
        } catch {
          await sleep(100); // its processes may still write
        }
      }
    },
  };
  return server;
}

const redisArgs = (port: number, folder: string): readonly string[] => [
  ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
  ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
];

const postgresArgs = (port: number, folder: string): readonly string[] => [
  ...['-D', join(folder, 'data'), '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
  ...['-c', 'unix_socket_directories=', '-c', 'fsync=off'], // the system does not fail here
];

/** PostgreSQL refuses to run as root. */
function postgresUser(folder: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  chownSync(folder, user.uid, user.gid);
  return user;
}

function initDatabase(program: string, folder: string, user: object): void {
  const args = ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'];
  const { status, stderr } = spawnSync(join(program, '..', 'initdb'), args, { ...user, cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

async function isListening(child: ChildProcess, port: number): Promise<boolean> {
  for (let i = 0; i < 100 && child.exitCode === null; i++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return true;
    await sleep(50);
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const childrenOf = (pid: number): readonly number[] =>
  spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map(Number);

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}
