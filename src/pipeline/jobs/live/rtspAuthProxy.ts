import { createHash, randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseAddress } from '../../../settings/cameraAddress';
import type { LiveTarget } from '../../../settings/liveJob';

/** A door on this machine to an RTSP server that wants a password. */
export interface RtspAuthProxy extends AsyncDisposable {
  /** Holds no secret. */
  readonly address: string;
  /** Why the server was not reached, or was lost; null while all is well. */
  readonly problem: string | null;
}

type Server = Pick<Extract<LiveTarget, { kind: 'push' }>, 'address' | 'username' | 'password'>;

/** Of a server that names none. */
const PORTS = { rtsp: 554, rtsps: 322 } as const;

/**
 * ffmpeg takes the address that it is to write to from its command line, which every user of the machine can read. So it writes to
 * this relay, without a password; the relay passes everything on and logs in where the server asks for that, Basic or Digest. One
 * connection is let in, and then the door is shut.
 */
export async function rtspAuthProxy({ address, username, password }: Server): Promise<RtspAuthProxy> {
  const { scheme, host } = parseAddress(address);
  const place = { host, port: Number(new URL(address).port) || PORTS[scheme as keyof typeof PORTS] };
  const sockets = new Set<Socket>();
  let problem: string | null = null;
  const door = createServer((near) => {
    door.close();
    // As ffmpeg does it: cameras and their servers have certificates that nobody signed.
    const far = scheme === 'rtsps' ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
    far.on('error', ({ message }) => (problem = message));
    near.on('error', () => {}); // 'close' comes, and the other side is told by it
    for (const socket of [near, far]) sockets.add(socket);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    passOn(near, far, local, address, (challenge, method, uri) =>
      authorization(challenge, method, uri, username ?? '', password ?? ''),
    );
  });
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(0, '127.0.0.1', resolve);
  });
  const local = `rtsp://127.0.0.1:${(door.address() as AddressInfo).port}/live`;
  return {
    address: local,
    get problem() {
      return problem;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (door.listening) await new Promise<void>((resolve) => door.close(() => resolve()));
    },
  };
}

interface Request {
  readonly method: string;
  readonly uri: string;
  /** Its head after the first line, and its body. */
  readonly rest: string;
  readonly body: Buffer;
}

type LogIn = (challenge: string, method: string, uri: string) => string | null;

/** Passes requests on to `far` under the server's own address, and its answers back to `near`. */
function passOn(near: Socket, far: Socket, local: string, real: string, logIn: LogIn): void {
  /** Requests without an answer, by number; each is sent again once. */
  const asked = new Map<string, Request>();
  let challenge: string | null = null;
  const write = (to: Socket, from: Socket, ...parts: readonly (string | Buffer)[]): void => {
    if (to.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))))
      return;
    from.pause(); // what the server does not take must not pile up here
    to.once('drain', () => from.resume());
  };
  const send = ({ method, uri, rest, body }: Request): void => {
    const proof = challenge === null ? null : logIn(challenge, method, uri);
    const line = proof === null ? '' : `Authorization: ${proof}\r\n`;
    write(far, near, `${method} ${uri} RTSP/1.0\r\n${line}${rest}`, body);
  };
  near.on(
    'data',
    cut({
      media: (packet) => write(far, near, packet),
      bad: () => near.destroy(),
      message(head, body) {
        const [, method, uri, rest = ''] = /^([A-Z_]+) (\S+) RTSP\/1\.0\r\n([^]*)$/.exec(head) ?? [];
        if (method === undefined) return write(far, near, head, body);
        const request = { method, uri: uri!.replace(local, () => real), rest, body };
        asked.set(numberOf(head), request);
        return send(request);
      },
    }),
  );
  far.on(
    'data',
    cut({
      media: (packet) => write(near, far, packet),
      bad: () => far.destroy(new Error('The server does not speak RTSP')),
      message(head, body) {
        const number = numberOf(head);
        const request = asked.get(number);
        const found = /^RTSP\/1\.0 401 /.test(head) ? challengeIn(head) : null;
        asked.delete(number); // a second refusal is passed on
        if (!request || found === null)
          return write(
            near,
            far,
            head.replaceAll(real, () => local),
            body,
          );
        challenge = found;
        return send(request);
      },
    }),
  );
}

const numberOf = (head: string): string => /^CSeq:\s*(\d+)/im.exec(head)?.[1] ?? '';

/** Digest where there is a choice: it does not send the password itself. */
function challengeIn(head: string): string | null {
  const all = [...head.matchAll(/^WWW-Authenticate:\s*(.+?)\s*$/gim)].map(([, text]) => text!);
  return all.find((text) => /^digest/i.test(text)) ?? all.find((text) => /^basic/i.test(text)) ?? null;
}

let count = 0;

/** What answers a challenge (RFC 7616, without its rarer kinds); null for a kind that is not known here. */
export function authorization(
  challenge: string,
  method: string,
  uri: string,
  username: string,
  password: string,
): string | null {
  if (/^basic/i.test(challenge)) return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const field = (name: string): string | null => {
    const [, quoted, bare] = new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s,]+))`, 'i').exec(challenge) ?? [];
    return quoted ?? bare ?? null;
  };
  const algorithm = field('algorithm');
  const kind = ({ 'MD5': 'md5', 'SHA-256': 'sha256' } as const)[(algorithm ?? 'MD5').toUpperCase()]; // prettier-ignore
  const [realm, nonce] = [field('realm') ?? '', field('nonce')];
  if (!/^digest/i.test(challenge) || nonce === null || kind === undefined) return null;
  const hash = (...parts: readonly string[]): string => createHash(kind).update(parts.join(':')).digest('hex');
  const isCounted = (field('qop') ?? '').split(/[,\s]+/).includes('auth');
  const [nc, cnonce] = [(++count % 0xffff_ffff).toString(16).padStart(8, '0'), randomBytes(8).toString('hex')];
  const middle = isCounted ? [nonce, nc, cnonce, 'auth'] : [nonce];
  const response = hash(hash(username, realm, password), ...middle, hash(method, uri));
  const opaque = field('opaque');
  return [
    `Digest username="${username.replaceAll(/["\\]/g, '\\$&')}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === null ? [] : [`opaque="${opaque}"`]),
    ...(isCounted ? [`qop=auth, nc=${nc}, cnonce="${cnonce}"`] : []),
  ].join(', ');
}

interface Cuttings {
  /** Head with its empty line, and body. */
  message(head: string, body: Buffer): void;
  /** RTP and RTCP between the messages, with their four bytes of frame. */
  media(packet: Buffer): void;
  /** What comes is no RTSP. */
  bad(): void;
}

/** Bytes of a head, or of a body: whoever sends more speaks no RTSP. */
const LONGEST = 65_536;

/** Cuts what comes into messages and packets. */
function cut({ message, media, bad }: Cuttings): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      let size: number;
      if (rest[0] === 0x24) {
        size = 4 + rest.readUInt16BE(2);
        if (rest.length < size) return;
        media(rest.subarray(0, size));
      } else {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return rest.length > LONGEST ? bad() : undefined;
        const head = rest.toString('latin1', 0, end + 4);
        const length = Number(/^Content-Length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
        if (length > LONGEST) return bad();
        size = end + 4 + length;
        if (rest.length < size) return;
        message(head, rest.subarray(end + 4, size));
      }
      rest = rest.subarray(size);
    }
  };
}
