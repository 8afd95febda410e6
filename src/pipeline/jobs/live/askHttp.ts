import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { authorization, chooseChallenge } from './authorization';

/** User name and password. */
export type Login = readonly [username: string, password: string];

/** What a server answered: a status of HTTP or RTSP, and where it redirects to. */
export interface Answer {
  readonly status: number;
  readonly location: string | null;
}

/**
 * Asks a web server for a resource, and again with the login if it wants one. Reads the heads of its responses only.
 * Rejects with the error of the system, or of Node when the response is not HTTP.
 */
export async function askHttp(connect: () => Promise<Socket>, url: URL, login: Login | null): Promise<Answer> {
  const path = url.pathname + url.search;
  const first = await headOf(await connect(), url, path, {});
  const challenge = first.statusCode === 401 ? chooseChallenge(first.headersDistinct['www-authenticate'] ?? []) : null;
  const proof = login && challenge && authorization(challenge, 'GET', path, ...login);
  const last = proof ? await headOf(await connect(), url, path, { Authorization: proof }) : first;
  return { status: last.statusCode ?? 0, location: last.headers.location ?? null };
}

async function headOf(
  socket: Socket,
  { host }: URL,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const asking: ClientRequest = request({
    createConnection: () => socket,
    insecureHTTPParser: true, // as lenient as ffmpeg: it only decides which sentence the user reads
    path,
    headers: { 'Host': host, 'User-Agent': 'remaster', 'Accept': '*/*', 'Connection': 'close', ...headers }, // prettier-ignore
  });
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      asking.on('response', resolve).on('error', reject).end();
    });
  } finally {
    asking.destroy(); // with the rest of the response: a camera's has no end
  }
}
