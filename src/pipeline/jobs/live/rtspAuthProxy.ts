import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseAddress } from '../../../settings/cameraAddress';
import type { LiveTarget } from '../../../settings/liveJob';
import { authorization, chooseChallenge } from './authorization';
import { PORTS } from './reachServer';
import { headersOf, splitRtsp } from './rtspMessages';

/** A local proxy for an RTSP server that requires a password. */
export interface RtspAuthProxy extends AsyncDisposable {
  /** Contains no secret. */
  readonly address: string;
  /** Why the server was not reached or the connection failed; null without an error. */
  readonly problem: string | null;
}

type Server = Pick<Extract<LiveTarget, { kind: 'push' }>, 'address' | 'username' | 'password'>;

/**
 * ffmpeg takes its output address from the command line, which every user of the machine can read. So ffmpeg writes to
 * this proxy without a password; the proxy forwards everything and authenticates when the server requires it (Basic or
 * Digest). It accepts one connection and then stops listening. Its address has a random path, so
 * that a program that tries ports gets no connection that is logged in.
 */
export async function rtspAuthProxy({ address, username, password }: Server): Promise<RtspAuthProxy> {
  const { scheme, host } = parseAddress(address);
  const remote = { host, port: Number(new URL(address).port) || PORTS[scheme] };
  const sockets = new Set<Socket>();
  let problem: string | null = null;
  const listener = createServer((client) => {
    listener.close();
    // Like ffmpeg: cameras and their servers use self-signed certificates.
    const server = scheme === 'rtsps' ? connectTls({ ...remote, rejectUnauthorized: false }) : connect(remote);
    server.on('error', ({ message }) => (problem = message));
    client.on('error', () => {}); // 'close' follows and closes the other side
    for (const socket of [client, server]) sockets.add(socket);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    forward(client, server, local, address, (challenge, method, uri) =>
      authorization(challenge, method, uri, username ?? '', password ?? ''),
    );
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const local = `rtsp://127.0.0.1:${(listener.address() as AddressInfo).port}/${randomUUID()}`;
  return {
    address: local,
    get problem() {
      return problem;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (listener.listening) await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

interface Request {
  readonly method: string;
  readonly uri: string;
  /** The head after the first line. */
  readonly rest: string;
  readonly body: Buffer;
}

type Authorize = (challenge: string, method: string, uri: string) => string | null;

/** Forwards requests to `server` with its own address, and responses to `client`. */
function forward(client: Socket, server: Socket, local: string, real: string, authorize: Authorize): void {
  /** Requests without a response, by CSeq; each is repeated once with authorization. */
  const pending = new Map<string, Request>();
  let challenge: string | null = null;
  let isKnown = false; // whether a request has had the secret path; later ones have addresses of the server
  const write = (to: Socket, from: Socket, ...parts: readonly (string | Buffer)[]): void => {
    if (to.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))))
      return;
    from.pause(); // back-pressure: unsent data must not pile up here
    to.once('drain', () => from.resume());
  };
  const send = ({ method, uri, rest, body }: Request): void => {
    const proof = challenge === null ? null : authorize(challenge, method, uri);
    const line = proof === null ? '' : `Authorization: ${proof}\r\n`;
    write(server, client, `${method} ${uri} RTSP/1.0\r\n${line}${rest}`, body);
  };
  client.on(
    'data',
    splitRtsp({
      media: (packet) => isKnown && write(server, client, packet),
      bad: () => client.destroy(),
      message(head, body) {
        const [, method, uri, rest = ''] = /^([A-Z_]+) (\S+) RTSP\/1\.0\r\n([^]*)$/.exec(head) ?? [];
        isKnown ||= uri?.startsWith(local) ?? false;
        if (!isKnown) return void client.destroy();
        if (method === undefined) return write(server, client, head, body);
        const request = { method, uri: uri!.replace(local, () => real), rest, body };
        pending.set(cseqOf(head), request);
        return send(request);
      },
    }),
  );
  server.on(
    'data',
    splitRtsp({
      media: (packet) => write(client, server, packet),
      bad: () => server.destroy(new Error('The response of the server is not RTSP')),
      message(head, body) {
        const number = cseqOf(head);
        const request = pending.get(number);
        const challenged = /^RTSP\/1\.0 401 /.test(head) ? chooseChallenge(headersOf(head, 'WWW-Authenticate')) : null;
        pending.delete(number); // a second rejection is forwarded
        if (!request || challenged === null)
          return write(
            client,
            server,
            head.replaceAll(real, () => local),
            body,
          );
        challenge = challenged;
        return send(request);
      },
    }),
  );
}

const cseqOf = (head: string): string => /^CSeq:\s*(\d+)/im.exec(head)?.[1] ?? '';
