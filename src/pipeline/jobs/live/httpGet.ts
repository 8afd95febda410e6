import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Login } from './askHttp';
import { authorization, chooseChallenge } from './authorization';

/** Redirects that are followed. */
const MAX_REDIRECTS = 5;

/**
 * Gets an address, again and again: follows redirects within HTTP, and logs in where the first server asks for it.
 * Resolves with the head of the response, whatever its status, and rejects with the error of the system or of Node.
 * The signal also ends the response.
 */
export function httpGetter(address: string, login: Login | null): (signal: AbortSignal) => Promise<IncomingMessage> {
  let challenge: string | null = null;
  const get = async (url: URL, isOwn: boolean, signal: AbortSignal): Promise<IncomingMessage> => {
    const path = url.pathname + url.search;
    const proof = (): string | null =>
      challenge !== null && login && isOwn ? authorization(challenge, 'GET', path, ...login) : null;
    const first = await headOf(url, proof(), signal);
    if (first.statusCode !== 401) return first;
    challenge = chooseChallenge(first.headersDistinct['www-authenticate'] ?? []);
    const answer = proof();
    if (answer === null) return first;
    first.destroy();
    return headOf(url, answer, signal);
  };
  return async (signal) => {
    let url = new URL(address);
    const { origin } = url;
    for (let hops = 0; ; hops++) {
      const response = await get(url, url.origin === origin, signal);
      const { statusCode = 0, headers } = response;
      const isRedirect = statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
      if (!isRedirect || hops === MAX_REDIRECTS) return response;
      const next = new URL(headers.location!, url);
      if (!/^https?:$/.test(next.protocol)) return response;
      response.destroy();
      url = next;
    }
  };
}

async function headOf(url: URL, proof: string | null, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    agent: false, // a connection of its own, as ffmpeg has
    insecureHTTPParser: true, // as lenient as ffmpeg
    rejectUnauthorized: false, // like ffmpeg: cameras use self-signed certificates
    headers: { 'User-Agent': 'remaster', 'Accept': '*/*', ...(proof !== null && { Authorization: proof }) }, // prettier-ignore
    signal,
  };
  const asking = url.protocol === 'https:' ? requestTls(url, options) : request(url, options);
  return new Promise((resolve, reject) => {
    // 'error' may also come later, when the signal ends the response, whose reader tells of it
    asking.on('response', resolve).on('error', reject).end();
  });
}
