import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { binary, passthroughOf } from '../../../support/videos';
import { guard, type Login } from './peer';

/** A test camera: sends numbered frames live to every client. */
export interface Camera {
  readonly url: string;
  /** `performance.now()` when frame n was written to the encoder. */
  readonly sentAt: readonly number[];
  /** Open connections. */
  readonly viewers: number;
  /** All connections since the start. */
  readonly calls: number;
  /** The Authorization header of each HTTP request; without one, an empty string. */
  readonly logins: readonly string[];
  /** Stops sending and keeps all connections open. */
  freeze(): void;
  thaw(): void;
  /** Closes all connections, with FIN or RST. */
  drop(how?: 'end' | 'reset'): void;
  /** Changes the frame size. */
  resize(width: number, height: number): void;
  close(): Promise<void>;
}

export interface CameraOptions {
  readonly width?: number;
  readonly height?: number;
  readonly rate?: number;
  /** MPEG-TS over TCP, or MJPEG over HTTP. */
  readonly kind?: 'ts' | 'mjpeg';
  /** Port of an earlier camera, to restart at its address. */
  readonly port?: number;
  /** HTTP authentication; Basic by default. */
  readonly login?: Omit<Login, 'kind'> & Partial<Login>;
}

/** Cells of the stripe at the top that encodes the frame number, one bit each. */
const BITS = 16;

export async function startCamera({
  width: firstWidth = 128,
  height: firstHeight = 72,
  rate = 10,
  kind = 'ts',
  port = 0,
  login,
}: CameraOptions = {}): Promise<Camera> {
  const ffmpeg = await binary();
  let [width, height] = [firstWidth, firstHeight];
  const sentAt: number[] = [];
  const viewers = new Set<Writable & { resetAndDestroy?: () => void }>();
  const logins: string[] = [];
  let calls = 0;
  let isFrozen = false;
  /** New clients, which wait for the start of a frame, as with an MJPEG camera. */
  const coming = new Set<Writable>();
  const enter = (viewer: Writable): void => {
    calls++;
    if (kind === 'ts') viewers.add(viewer);
    else coming.add(viewer);
    viewer.on('error', () => {}); // the client disconnected
    viewer.on('close', () => viewers.delete(viewer));
  };
  const server = kind === 'ts' ? createServer(enter) : httpServer(enter, login, logins);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  let encoder = encode();

  function encode(): ChildProcess {
    const child = spawn(ffmpeg.path, [
      ...[
        '-v',
        'quiet',
        '-threads',
        '1',
        '-probesize',
        '32',
        '-analyzeduration',
        '0',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'gray',
        '-s',
        `${width}x${height}`,
      ],
      ...['-r', String(rate), '-i', 'pipe:0', '-threads', '1', '-flush_packets', '1'],
      ...passthroughOf(ffmpeg), // no frame waits for the next
      ...(kind === 'ts'
        ? [
            '-c:v',
            'libx264',
            '-preset',
            'ultrafast',
            '-tune',
            'zerolatency',
            '-crf',
            '12',
            '-g',
            String(Math.ceil(rate)),
          ]
        : ['-c:v', 'mjpeg', '-q:v', '3']),
      ...['-pix_fmt', kind === 'ts' ? 'yuv420p' : 'yuvj420p', '-f', kind === 'ts' ? 'mpegts' : 'mpjpeg', 'pipe:1'],
    ]);
    child.stdin.on('error', () => {});
    child.stderr.resume();
    child.stdout.on('data', (bytes: Buffer) => {
      if (isFrozen) return;
      for (const viewer of viewers) if (viewer.writableLength < 1 << 20) viewer.write(bytes);
      const begin = bytes.indexOf('--ffmpeg');
      if (begin < 0) return;
      for (const viewer of coming) {
        viewer.write(bytes.subarray(begin));
        viewers.add(viewer);
        coming.delete(viewer);
      }
    });
    return child;
  }

  const started = performance.now();
  const timer = setInterval(() => {
    // as many as are due, because timers drift and a camera does not
    while (sentAt.length < ((performance.now() - started) * rate) / 1000) {
      encoder.stdin!.write(numbered(sentAt.length, width, height));
      sentAt.push(performance.now());
    }
  }, 5);

  const address = server.address() as AddressInfo;
  return {
    url: kind === 'ts' ? `tcp://127.0.0.1:${address.port}` : `http://127.0.0.1:${address.port}/video`,
    sentAt,
    logins,
    get viewers() {
      return viewers.size;
    },
    get calls() {
      return calls;
    },
    freeze: () => void (isFrozen = true),
    thaw: () => void (isFrozen = false),
    drop(how = 'end') {
      for (const viewer of viewers) {
        const socket =
          viewer instanceof Object && 'socket' in viewer ? (viewer as ServerResponse).socket! : (viewer as Socket);
        if (how === 'reset') socket.resetAndDestroy();
        else socket.destroySoon();
      }
    },
    resize(nextWidth, nextHeight) {
      [width, height] = [nextWidth, nextHeight];
      encoder.stdin!.end();
      encoder = encode();
    },
    async close() {
      clearInterval(timer);
      const ended = once(encoder, 'exit');
      encoder.kill('SIGKILL');
      await ended;
      for (const viewer of viewers) viewer.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function httpServer(enter: (viewer: Writable) => void, login: CameraOptions['login'], logins: string[]): Server {
  const asks = login && guard({ kind: 'basic', ...login });
  return createHttpServer((request, response) => {
    logins.push(request.headers.authorization ?? '');
    const challenge = asks?.(request) ?? null;
    if (challenge !== null) {
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace;boundary=ffmpeg' });
    enter(response);
  });
}

/** A frame with its number in a stripe of black and white cells at the top, and a moving box below. */
function numbered(index: number, width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height, 90);
  const cell = width / BITS;
  for (let bit = 0; bit < BITS; bit++) {
    const shade = (index >> bit) & 1 ? 235 : 20;
    for (let y = 0; y < height / 4; y++) data.fill(shade, y * width + bit * cell, y * width + (bit + 1) * cell);
  }
  const left = (index * 3) % (width - 16);
  for (let y = height / 2; y < height / 2 + 16; y++) data.fill(200, y * width + left, y * width + left + 16);
  return data;
}

/** The number in a frame of any size: grey or R′G′B′, `channels` bytes per pixel. */
export function numberOf(data: Uint8Array, width: number, height: number, channels = 1): number {
  const row = Math.floor(height / 8);
  let index = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = Math.floor(((bit + 0.5) * width) / BITS);
    if (data[(row * width + x) * channels]! > 128) index |= 1 << bit;
  }
  return index;
}
