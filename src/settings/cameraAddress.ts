import { RemasterError } from '../errors';

/** The parsed address of a camera or a server. */
export interface Address {
  readonly scheme: Scheme;
  /** Host name or IP address, without brackets; empty when there is none (`udp://:5000` listens). */
  readonly host: string;
  /** The address without user name and password. */
  readonly address: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Host and path, to display: without user name, password and query, which may hold a token. */
  readonly label: string;
}

const SCHEMES = ['rtsp', 'rtsps', 'http', 'https', 'tcp', 'udp', 'rtmp', 'rtmps', 'srt'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Parses an address. Throws BAD_SETTING with a message that never contains a possible password. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (trimmed === '') throw invalidAddress('is empty', 'Enter it as rtsp://192.168.1.20/stream1.');
  // oxlint-disable-next-line no-control-regex -- it searches for control characters
  if (trimmed.length > 2048 || /[\u0000-\u0020\u007f]/.test(trimmed))
    throw invalidAddress('contains spaces or control characters', 'Write a space as %20.');
  const found = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#@]+\]|[^:/?#@[\]]*)(?::(\d{1,5}))?([/?#].*)?$/i.exec(
    trimmed,
  );
  if (!found) throw invalidAddress('cannot be parsed', 'Enter it as rtsp://192.168.1.20/stream1.');
  const [, rawScheme = '', user, host = '', port, rest = ''] = found;
  const scheme = SCHEMES.find((one) => one === rawScheme.toLowerCase());
  if (!scheme)
    throw invalidAddress(
      `has the unsupported scheme ${rawScheme}:`,
      `Use one of ${SCHEMES.map((one) => `${one}:`).join(' ')}.`,
    );
  if (host === '' && scheme !== 'udp') throw invalidAddress('has no host', `Enter it as ${scheme}://192.168.1.20/…`);
  const hostAndPort = `${host}${port === undefined ? '' : `:${port}`}`;
  const [username, password] = splitUser(user);
  return {
    scheme,
    host: host.replace(/^\[|\]$/g, ''),
    address: `${scheme}://${hostAndPort}${rest}`,
    username,
    password,
    label: `${hostAndPort || scheme}${rest.replace(/[?#].*$/, '').replace(/\/$/, '')}`,
  };
}

/** Returns the address with user name and password inserted, as ffmpeg expects it. */
export function withCredentials(address: string, username: string | null, password: string | null): string {
  if (username === null || username === '') return address;
  const [scheme, rest] = [address.slice(0, address.indexOf('://')), address.slice(address.indexOf('://') + 3)];
  return `${scheme}://${escaped(username)}${password === null ? '' : `:${escaped(password)}`}@${rest}`;
}

/** Replaces user names, passwords and anything that looks like them in ffmpeg's output with `***`. */
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
    return word; // a literal %
  }
}

const invalidAddress = (what: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The address ${what}.`, { remedy });
