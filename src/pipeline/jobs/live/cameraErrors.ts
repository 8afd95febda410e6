import { RemasterError } from '../../../errors';
import { parseAddress, redact } from '../../../settings/cameraAddress';
import type { LiveJob } from '../../../settings/liveJob';

const RECONNECTS = 'remaster reconnects automatically.';

export const noFramesError = ({ label }: LiveJob['source'], seconds: number): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} has sent no frame for ${seconds} s.`, { remedy: RECONNECTS });

export const disconnectedError = ({ label }: LiveJob['source']): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} closed the connection.`, { remedy: RECONNECTS });

/** Why a camera sent no frame, derived from ffmpeg's messages. */
export function connectError({ label, input }: LiveJob['source'], stderr: string): RemasterError {
  const lastLine = redact(stderr.trim().split('\n').at(-1) ?? '', secretsOf(input));
  const error = (code: RemasterError['code'], what: string, remedy: string): RemasterError =>
    new RemasterError(code, `${label} ${what}.`, { remedy, detail: lastLine });
  if (/\b401\b|Unauthorized|\b403\b|Forbidden|authorization failed/i.test(stderr))
    return error('AUTH_FAILED', 'rejected the user name or password', 'Correct them in the “video in” node.');
  if (/Connection refused/i.test(stderr))
    return error('SOURCE_NOT_FOUND', 'refused the connection', 'Check the address and the port.');
  if (/\b404\b|Not Found|No such file or directory|No such device/i.test(stderr))
    return error('SOURCE_NOT_FOUND', 'has no such stream', 'Check the path in the address.');
  if (/No route to host|timed out|Name or service not known|Failed to resolve|Network is unreachable/i.test(stderr))
    return error('SOURCE_NOT_FOUND', 'cannot be reached', 'Check the address and the network.');
  if (/not on whitelist/i.test(stderr))
    return error('SOURCE_UNREADABLE', 'redirects to a protocol that is not allowed', 'Use the address of the stream.');
  return error(
    'SOURCE_UNREADABLE',
    `sends no video${lastLine === '' ? '' : `: ${lastLine}`}`,
    'Try the address in a video player.',
  );
}

function secretsOf(input: LiveJob['source']['input']): (string | null)[] {
  return input.kind === 'address' ? [input.password, input.username, ...tokens(input.address)] : [];
}

const tokens = (address: string): string[] => {
  const { address: whole } = parseAddress(address);
  return whole.includes('?') ? [whole.slice(whole.indexOf('?') + 1)] : [];
};
