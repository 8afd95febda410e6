import { createHash, randomBytes } from 'node:crypto';

/** Of the values of WWW-Authenticate headers, the one to respond to. Prefers Digest, which does not send the password. */
export const chooseChallenge = (all: readonly string[]): string | null =>
  all.find((text) => /^digest/i.test(text)) ?? all.find((text) => /^basic/i.test(text)) ?? null;

let count = 0;

/** The Authorization header for a challenge (RFC 7616, MD5 and SHA-256); null for an unsupported scheme. */
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
  const hasQop = (field('qop') ?? '').split(/[,\s]+/).includes('auth');
  const [nc, cnonce] = [(++count % 0xffff_ffff).toString(16).padStart(8, '0'), randomBytes(8).toString('hex')];
  const nonceParts = hasQop ? [nonce, nc, cnonce, 'auth'] : [nonce];
  const response = hash(hash(username, realm, password), ...nonceParts, hash(method, uri));
  const opaque = field('opaque');
  return [
    `Digest username="${username.replaceAll(/["\\]/g, '\\$&')}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === null ? [] : [`opaque="${opaque}"`]),
    ...(hasQop ? [`qop=auth, nc=${nc}, cnonce="${cnonce}"`] : []),
  ].join(', ');
}
