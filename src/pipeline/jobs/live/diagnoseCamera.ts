import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { constants, open, stat } from 'node:fs/promises';
import { parseAddress } from '../../../settings/cameraAddress';
import type { LiveInput } from '../../../settings/liveJob';
import { type Answer, askHttp, type Login } from './askHttp';
import { askRtsp } from './askRtsp';
import { reachServer } from './reachServer';

/** Why a camera sends no video. */
export type Diagnosis =
  'login' | 'refused' | 'noStream' | 'unreachable' | 'redirect' | 'noDevice' | 'forbidden' | 'busy';

/** Milliseconds to resolve a name. */
const LOOKUP_LIMIT = 3000;
/** Redirects of a web server that are followed. */
const MAX_REDIRECTS = 5;

/**
 * Finds out why ffmpeg got no video: asks the camera itself, because ffmpeg's messages differ between its versions. Null:
 * the camera answers as it should, or not at all. Throws only the signal's reason.
 */
export async function diagnoseCamera(input: LiveInput, signal: AbortSignal): Promise<Diagnosis | null> {
  signal.throwIfAborted();
  const found = await ask(input, signal).catch(
    // Of other errors, such as a response that is no HTTP, ffmpeg's last line tells.
    (error: NodeJS.ErrnoException) => BY_CODE[error.code ?? ''] ?? null,
  );
  signal.throwIfAborted();
  return found;
}

async function ask(input: LiveInput, signal: AbortSignal): Promise<Diagnosis | null> {
  switch (input.kind) {
    case 'pattern':
      return null;
    case 'device':
      return askDevice(input.device);
    case 'address':
      return askAddress(input, signal);
  }
}

/** By the code of a system error. */
const BY_CODE: Readonly<Record<string, Diagnosis>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ENOENT: 'noDevice',
  ENODEV: 'noDevice',
  ENXIO: 'noDevice',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EBUSY: 'busy',
};

/** Only Linux has cameras as files. */
async function askDevice(device: string): Promise<null> {
  if (process.platform !== 'linux' || !(await stat(device)).isCharacterDevice()) return null;
  await (await open(device, constants.O_RDWR | constants.O_NONBLOCK)).close();
  return null;
}

type AddressInput = Extract<LiveInput, { kind: 'address' }>;

async function askAddress(
  { address: text, username, password }: AddressInput,
  signal: AbortSignal,
): Promise<Diagnosis | null> {
  const { scheme, host, address } = parseAddress(text);
  const login: Login | null = username ? [username, password ?? ''] : null;
  switch (scheme) {
    case 'http':
    case 'https':
      return askWeb(address, login, signal);
    case 'rtsp':
    case 'rtsps':
      return verdict(await askRtsp(await reachServer(address, signal), address, login), scheme);
    case 'rtmp':
    case 'rtmps':
    case 'tcp':
      if (!/[?&]listen\b/.test(address)) (await reachServer(address, signal)).destroy();
      return null;
    case 'udp':
    case 'srt':
      if (host !== '')
        await Promise.race([lookup(host), once(AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_LIMIT)]), 'abort')]);
      return null;
  }
}

async function askWeb(start: string, login: Login | null, signal: AbortSignal): Promise<Diagnosis | null> {
  let url = new URL(start);
  let allowed = login;
  for (let hops = 0; ; hops++) {
    const { href } = url;
    const answer = await askHttp(() => reachServer(href, signal), url, allowed);
    const diagnosis = verdict(answer, 'http');
    if (diagnosis !== null || !isRedirect(answer) || hops === MAX_REDIRECTS) return diagnosis;
    if (isAbsolute(answer.location)) allowed = null; // as in ffmpeg: it may be another server
    url = new URL(answer.location, url);
  }
}

/** Schemes to which a server may redirect ffmpeg. */
const REDIRECTS = { http: /^https?:/i, rtsp: /^rtsp:/i, rtsps: /^rtsps?:/i } as const;

function verdict(answer: Answer | null, scheme: keyof typeof REDIRECTS): Diagnosis | null {
  if (answer?.status === 401 || answer?.status === 403) return 'login';
  if (answer?.status === 404) return 'noStream';
  const leadsAway = answer && isRedirect(answer) && SCHEME.test(answer.location);
  return leadsAway && !REDIRECTS[scheme].test(answer.location) ? 'redirect' : null;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const isAbsolute = (location: string): boolean => SCHEME.test(location) || location.startsWith('//');
const isRedirect = (answer: Answer): answer is Answer & { readonly location: string } =>
  answer.status >= 300 && answer.status < 400 && answer.location !== null;
