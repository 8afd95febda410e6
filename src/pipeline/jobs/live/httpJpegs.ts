import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '../../../settings/cameraAddress';
import type { LiveSource } from '../../../settings/liveJob';
import { jpegSplitter } from '../../media/splitJpegs';
import { connectError, noFramesError } from './cameraErrors';
import { CONNECT_TIMEOUT } from './cameraProcess';
import { httpGetter } from './httpGet';

/** Pictures per second asked of an address that gives one at a time, if no frame rate is wanted. */
const POLL_RATE = 5;
/** Bytes of a response that tell whether it holds JPEGs. */
const HEAD_BYTES = 4096;

/** A camera that sends JPEGs over HTTP. */
export interface HttpJpegs {
  /** How ffmpeg reads what `feed` writes. */
  readonly options: readonly string[];
  /**
   * Writes the JPEGs to ffmpeg's stdin until the camera closes the connection or sends no JPEG; resolves with the
   * reason, null if it is none. ffmpeg gets the newest JPEG when it is too slow.
   */
  feed(to: Writable): Promise<string | null>;
  /** Closes the connection. */
  close(): void;
}

/**
 * Opens a camera that sends JPEGs over HTTP, in any form: in one response, whatever its boundaries and types say, or one
 * per request, which are repeated `rate` times a second. Null for another camera: then ffmpeg opens it. ffmpeg's own
 * reader needs well-formed boundaries, which few cameras have. Errors: as of a connection that brings no frame.
 */
export async function openHttpJpegs(
  source: LiveSource,
  rate: number | null,
  signal: AbortSignal,
): Promise<HttpJpegs | null> {
  const { input } = source;
  if (input.kind !== 'address' || !isReadHere(input.address)) return null;
  const get = httpGetter(input.address, input.username ? [input.username, input.password ?? ''] : null);
  const stop = new AbortController();
  const open = AbortSignal.any([signal, stop.signal]);
  const late = setTimeout(() => stop.abort(noFramesError(source, CONNECT_TIMEOUT)), CONNECT_TIMEOUT * 1000);
  try {
    const response = await get(open);
    if (response.statusCode !== 200) throw new Error(`the server responded with status ${response.statusCode}`);
    const body = await peek(response);
    if (!areJpegs(response.headers['content-type'] ?? '', body.head)) {
      stop.abort();
      return null;
    }
    return {
      options: ['-f', 'mpjpeg', '-i', 'pipe:0'],
      feed: (to) => feed(to, body.all, () => get(open), 1000 / (rate ?? POLL_RATE), open),
      close: () => stop.abort(),
    };
  } catch (error) {
    signal.throwIfAborted();
    stop.signal.throwIfAborted();
    stop.abort(); // the response is not read
    if (/^HPE_/.test((error as NodeJS.ErrnoException).code ?? '')) return null; // not the HTTP that Node knows
    throw await connectError(source, (error as Error).message, signal);
  } finally {
    clearTimeout(late);
  }
}

/** Only ffmpeg reads playlists, and knows proxies. */
function isReadHere(text: string): boolean {
  const { scheme, address } = parseAddress(text);
  return /^https?$/.test(scheme) && !/\.m3u8$/i.test(address.replace(/[?#].*$/, '')) && !process.env['http_proxy'];
}

/** The first bytes of a response, and all of it. */
async function peek(response: IncomingMessage): Promise<{ head: Buffer; all: AsyncIterable<Buffer> }> {
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  if (!/^(multipart|image)\//i.test(response.headers['content-type'] ?? ''))
    while (head.length < HEAD_BYTES && !head.includes(SOI)) {
      const { value, done } = await chunks.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for (;;) {
      const { value, done } = await chunks.next();
      if (done) return;
      yield value;
    }
  }
  return { head, all: all() };
}

/** By the type, or else by a JPEG behind nothing but boundaries and header lines. */
function areJpegs(type: string, head: Buffer): boolean {
  if (/^(multipart|image)\//i.test(type)) return true;
  const start = head.indexOf(SOI);
  return start >= 0 && /^[\s\x20-\x7e]*$/.test(head.toString('latin1', 0, start));
}

const SOI = Buffer.from([0xff, 0xd8, 0xff]);

async function feed(
  to: Writable,
  first: AsyncIterable<Buffer>,
  next: () => Promise<IncomingMessage>,
  stepMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const put = newestOnly(to);
  let count = 0;
  const jpegs = jpegSplitter((jpeg) => {
    count++;
    put(jpeg);
  });
  let due = performance.now();
  for (let body = first; ;) {
    count = 0;
    for await (const chunk of body) jpegs.push(chunk);
    jpegs.end();
    if (count === 0) return 'the response holds no JPEG';
    if (count > 1) return null;
    due = Math.max(due + stepMs, performance.now());
    await sleep(due - performance.now(), undefined, { signal });
    const response = await next();
    if (response.statusCode !== 200) return `the server responded with status ${response.statusCode}`;
    body = response;
  }
}

/** Writes JPEGs as parts that ffmpeg reads without waiting for the next; while it is busy, only the newest waits. */
function newestOnly(to: Writable): (jpeg: Buffer) => void {
  let waiting: Buffer | null = null;
  const write = (jpeg: Buffer): void => {
    to.write(`--jpeg\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    to.write(jpeg);
    to.write('\r\n');
  };
  to.on('drain', () => {
    if (waiting) write(waiting);
    waiting = null;
  });
  return (jpeg) => {
    if (to.writableNeedDrain) waiting = jpeg;
    else write(jpeg);
  };
}
