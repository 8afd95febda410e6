import type { LiveInput, LiveSource } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Ffmpeg } from '../../media/runFfmpeg';
import { cameraInput } from './cameraInput';
import { startCamera } from './cameraProcess';
import { type HttpJpegs, openHttpJpegs } from './httpJpegs';
import { rtspAuthProxy } from './rtspAuthProxy';

/** An ffmpeg that reads a camera. */
export interface CameraProcess extends Ffmpeg {
  /** Its frame rate is that of the camera, not one of ffmpeg's. */
  readonly hasRate: boolean;
}

/**
 * Starts ffmpeg on a camera: `args` are its arguments, given those that open the camera. `rate`: JPEGs per second asked
 * of an address that gives one at a time. The caller disposes it.
 */
export async function openCamera(
  binary: FfmpegBinary,
  source: LiveSource,
  rate: number | null,
  args: (input: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<CameraProcess> {
  const jpegs = await openHttpJpegs(source, rate, signal);
  if (jpegs) return feed(binary, args(jpegs.options), jpegs);
  const relay = needsRelay(binary, source.input) ? await rtspAuthProxy(source.input) : null;
  const plain = { address: relay?.address ?? '', username: null, password: null };
  const { options, script } = await cameraInput(binary, relay ? { ...source.input, ...plain } : source.input);
  const camera = startCamera(binary, args(options));
  void camera.ended.catch(() => {}).then(() => relay?.[Symbol.asyncDispose]());
  camera.stdin.end(script ?? '');
  return { ...camera, hasRate: true };
}

/**
 * The ffmpeg of 2018 takes the address of a camera on its command line only, which every user of the machine can read.
 * Over UDP the camera would send past the relay.
 */
const needsRelay = (binary: FfmpegBinary, input: LiveInput): input is Extract<LiveInput, { kind: 'address' }> =>
  !binary.hasRtspTimeout &&
  input.kind === 'address' &&
  input.transport !== 'udp' &&
  /^rtsps?:/i.test(input.address) &&
  (!!input.username || input.address.includes('?'));

function feed(binary: FfmpegBinary, args: readonly string[], jpegs: HttpJpegs): CameraProcess {
  const camera = startCamera(binary, args);
  let problem: string | null = null;
  void camera.ended.catch(() => {}).finally(jpegs.close);
  void jpegs
    .feed(camera.stdin)
    .catch((error: Error) => error.message) // the end of a connection; the exit of ffmpeg tells the rest
    .then((reason) => {
      problem = reason;
      camera.stdin.end();
    });
  return {
    ...camera,
    hasRate: false,
    stderrTail: () => problem ?? camera.stderrTail(),
    // An ffmpeg that waits for its stdin does not notice a signal.
    quit(graceMs) {
      jpegs.close();
      return camera.quit(graceMs);
    },
  };
}
