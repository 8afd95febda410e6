import { RemasterError } from '../../../errors';
import { parseAddress, redact } from '../../../settings/cameraAddress';
import type { LiveJob } from '../../../settings/liveJob';

export const noFramesError = ({ label }: LiveJob['source'], seconds: number): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} has sent no picture for ${seconds} s.`, { remedy: 'It is tried again.' });

export const disconnectedError = ({ label }: LiveJob['source']): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} has ended the connection.`, { remedy: 'It is tried again.' });

/** Why a camera sent nothing, from what ffmpeg said. */
export function connectError({ label, input }: LiveJob['source'], words: string): RemasterError {
  const said = redact(words.trim().split('\n').at(-1) ?? '', secretsOf(input));
  const make = (code: RemasterError['code'], what: string, remedy: string): RemasterError =>
    new RemasterError(code, `${label} ${what}.`, { remedy, detail: said });
  if (/\b401\b|Unauthorized|\b403\b|Forbidden|authorization failed/i.test(words))
    return make('AUTH_FAILED', 'refuses user or password', 'Correct them in the video in node.');
  if (/Connection refused/i.test(words))
    return make('SOURCE_NOT_FOUND', 'refuses the connection', 'Check address and port.');
  if (/\b404\b|Not Found|No such file or directory|No such device/i.test(words))
    return make('SOURCE_NOT_FOUND', 'does not know this stream', 'Check what stands behind the host.');
  if (/No route to host|timed out|Name or service not known|Failed to resolve|Network is unreachable/i.test(words))
    return make('SOURCE_NOT_FOUND', 'cannot be reached', 'Check address and network.');
  if (/not on whitelist/i.test(words))
    return make('SOURCE_UNREADABLE', 'leads to an address of a kind that is not allowed', 'Name the stream itself.');
  return make('SOURCE_UNREADABLE', `sends no picture${said === '' ? '' : `: ${said}`}`, 'Try the address in a player.');
}

function secretsOf(input: LiveJob['source']['input']): (string | null)[] {
  return input.kind === 'address' ? [input.password, input.username, ...tokens(input.address)] : [];
}

const tokens = (address: string): string[] => {
  const { address: whole } = parseAddress(address);
  return whole.includes('?') ? [whole.slice(whole.indexOf('?') + 1)] : [];
};
