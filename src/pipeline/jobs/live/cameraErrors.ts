import { type ErrorCode, RemasterError } from '../../../errors';
import { parseAddress, redact } from '../../../settings/cameraAddress';
import type { LiveJob } from '../../../settings/liveJob';
import { type Diagnosis, diagnoseCamera } from './diagnoseCamera';

const RECONNECTS = 'remaster reconnects automatically.';

export const noFramesError = ({ label }: LiveJob['source'], seconds: number): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} has sent no frame for ${seconds} s.`, { remedy: RECONNECTS });

export const disconnectedError = ({ label }: LiveJob['source']): RemasterError =>
  new RemasterError('NO_SIGNAL', `${label} closed the connection.`, { remedy: RECONNECTS });

export const soundOnlyError = ({ label }: LiveJob['source']): RemasterError =>
  new RemasterError('SOURCE_UNREADABLE', `${label} sends sound, but no video.`, {
    remedy: 'Use the address of its video, or switch the video on in the settings of the camera.',
  });

/** Why a camera sent no frame. `stderr`: ffmpeg's messages, which are quoted only. */
export async function connectError(
  { label, input }: LiveJob['source'],
  stderr: string,
  signal: AbortSignal,
): Promise<RemasterError> {
  const lastLine = redact(stderr.trim().split('\n').at(-1) ?? '', secretsOf(input));
  const diagnosis = await diagnoseCamera(input, signal);
  const [code, what, remedy] = diagnosis
    ? ANSWERS[diagnosis]
    : [
        'SOURCE_UNREADABLE' as const,
        `sends no video${lastLine === '' ? '' : `: ${lastLine}`}`,
        'Try the address in a video player.',
      ];
  return new RemasterError(code, `${label} ${what}.`, { remedy, detail: lastLine });
}

const ANSWERS: Readonly<Record<Diagnosis, readonly [code: ErrorCode, what: string, remedy: string]>> = {
  login: ['AUTH_FAILED', 'rejected the user name or password', 'Correct them in the “video in” node.'],
  refused: ['SOURCE_NOT_FOUND', 'refused the connection', 'Check the address and the port.'],
  noStream: ['SOURCE_NOT_FOUND', 'has no such stream', 'Check the path in the address.'],
  unreachable: ['SOURCE_NOT_FOUND', 'cannot be reached', 'Check the address and the network.'],
  redirect: ['SOURCE_UNREADABLE', 'redirects to a protocol that is not allowed', 'Use the address of the stream.'],
  noDevice: ['SOURCE_NOT_FOUND', 'is not connected', 'List the devices with v4l2-ctl --list-devices.'],
  forbidden: [
    'SOURCE_UNREADABLE',
    'may not be opened',
    'Give the user that runs remaster access to the device: on Debian, add it to the group video.',
  ],
  busy: ['SOURCE_UNREADABLE', 'is in use', 'Close the other program that uses it.'],
};

function secretsOf(input: LiveJob['source']['input']): (string | null)[] {
  return input.kind === 'address' ? [input.password, input.username, ...tokens(input.address)] : [];
}

const tokens = (address: string): string[] => {
  const { address: whole } = parseAddress(address);
  return whole.includes('?') ? [whole.slice(whole.indexOf('?') + 1)] : [];
};
