import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { binary } from '../../../support/videos';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** An ffmpeg at the other end of a connection. */
export interface Peer {
  readonly words: () => string;
  stop(): Promise<void>;
}

/** A live test video: 64×36, 8 frames per second, a key frame every second. */
export const FILM = [
  ...['-re', '-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=8', '-c:v', 'libx264', '-preset', 'ultrafast'],
  ...['-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '8', '-threads', '1'],
];

/** Runs ffmpeg and restarts it when it exits: a listening ffmpeg serves a single client. */
export async function startPeer(...args: readonly string[]): Promise<Peer> {
  const { path } = await binary();
  let isWanted = true;
  let words = '';
  let child: ChildProcess;
  let ended: Promise<void> = Promise.resolve();
  const start = (): void => {
    child = spawn(path, ['-v', 'error', '-nostdin', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr!.on('data', (text: Buffer) => (words = (words + text.toString()).slice(-2000)));
    ended = new Promise((resolve) =>
      child.once('close', () => {
        resolve();
        if (isWanted) start();
      }),
    );
  };
  start();
  return {
    words: () => words,
    async stop() {
      isWanted = false;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly kind: 'basic' | 'digest';
}

/** Whether a request is authorized; if not, the response header that requires it. */
export function guard({ username, password, kind }: Login): (request: IncomingMessage) => string | null {
  if (kind === 'basic') {
    const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return ({ headers }) => (headers.authorization === wanted ? null : 'Basic realm="camera"');
  }
  const nonce = randomBytes(16).toString('hex');
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  return ({ headers, method }) => {
    const given = headers.authorization ?? '';
    const field = (name: string): string => new RegExp(`\\b${name}="?([^",]+)"?`).exec(given)?.[1] ?? '';
    const proof = [
      ...[md5(`${username}:camera:${password}`), nonce, field('nc'), field('cnonce'), 'auth'],
      md5(`${method}:${field('uri')}`),
    ].join(':');
    const isIn = given.startsWith('Digest ') && field('username') === username && field('response') === md5(proof);
    return isIn ? null : `Digest realm="camera", nonce="${nonce}", qop="auth", algorithm=MD5`;
  };
}

/** Serves the files of a folder to authorized clients. */
export async function serveFolder(folder: string, login: Login) {
  const asks = guard(login);
  const server = createHttpServer((request, response) => {
    const challenge = asks(request);
    if (challenge !== null) return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    const file = join(folder, new URL(request.url!, 'http://x').pathname);
    if (!existsSync(file)) return void response.writeHead(404).end();
    return void response.writeHead(200).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise<void>((resolve) => void (server.closeAllConnections(), server.close(() => resolve()))),
  };
}
