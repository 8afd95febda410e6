import { RemasterError } from '../errors';

/** The address of a camera or a server, taken apart. */
export interface Address {
  readonly scheme: Scheme;
  /** A name or a number, without brackets; empty when it names none (`udp://:5000` listens). */
  readonly host: string;
  /** Without user and password. */
  readonly address: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Host and path, for people: no user, no password, no query, for tokens stand there. */
  readonly label: string;
}

export const SCHEMES = ['rtsp', 'rtsps', 'http', 'https', 'tcp', 'udp', 'rtmp', 'rtmps', 'srt'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Takes an address apart, or says in a sentence what is wrong with it. It never repeats what could be a password. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (trimmed === '') throw bad('is empty', 'Write it as rtsp://192.168.1.20/stream1.');
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (trimmed.length > 2048 || /[\u0000-\u0020\u007f]/.test(trimmed))
    throw bad('holds blanks or control characters', 'Write a blank as %20.');
  const found = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#@]+\]|[^:/?#@[\]]*)(?::(\d{1,5}))?([/?#].*)?$/i.exec(
    trimmed,
  );
  if (!found) throw bad('is not one that can be understood', 'Write it as rtsp://192.168.1.20/stream1.');
  const [, rawScheme = '', user, host = '', port, rest = ''] = found;
  const scheme = SCHEMES.find((one) => one === rawScheme.toLowerCase());
  if (!scheme)
    throw bad(`begins with ${rawScheme}:`, `It can begin with ${SCHEMES.map((one) => `${one}:`).join(' ')}.`);
  if (host === '' && scheme !== 'udp') throw bad('names no host', `Write it as ${scheme}://192.168.1.20/…`);
  const place = `${host}${port === undefined ? '' : `:${port}`}`;
  const [username, password] = splitUser(user);
  return {
    scheme,
    host: host.replace(/^\[|\]$/g, ''),
    address: `${scheme}://${place}${rest}`,
    username,
    password,
    label: `${place || scheme}${rest.replace(/[?#].*$/, '').replace(/\/$/, '')}`,
  };
}

/** The address with user and password in it, as ffmpeg takes them. */
export function withCredentials(address: string, username: string | null, password: string | null): string {
  if (username === null || username === '') return address;
  const [scheme, rest] = [address.slice(0, address.indexOf('://')), address.slice(address.indexOf('://') + 3)];
  return `${scheme}://${escaped(username)}${password === null ? '' : `:${escaped(password)}`}@${rest}`;
}

/** Takes user, password and whatever looks like them out of a text that ffmpeg wrote. */
export function redact(text: string, secrets: readonly (string | null)[]): string {
  const words = secrets.filter((secret): secret is string => secret !== null && secret.length > 0);
  const plain = words.flatMap((word) => [word, escaped(word), Buffer.from(word).toString('base64').replace(/=+$/, '')]);
  const clean = text.replace(/:\/\/[^\s/@'"]*@/g, '://***@').replace(/([a-z]+:\/\/[^\s?'"]*)\?[^\s'"]*/gi, '$1?***');
  return plain.reduce((rest, word) => (word.length < 3 ? rest : rest.replaceAll(word, '***')), clean);
}

function splitUser(user: string | undefined): [string | null, string | null] {
  if (!user) return [null, null];
  const colon = user.indexOf(':');
  return colon < 0 ? [unescaped(user), null] : [unescaped(user.slice(0, colon)), unescaped(user.slice(colon + 1))];
}

const escaped = (word: string): string =>
  encodeURIComponent(word).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

function unescaped(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word; // a % that escapes nothing is a %
  }
}

const bad = (what: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The address ${what}.`, { remedy });
