import type { LiveSource } from '../../../settings/liveJob';
import { parseListing } from '../../media/describe/listing';
import { collect } from '../../media/ffmpegOutput';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { cameraExit } from './cameraProcess';
import { openCamera } from './openCamera';

/** Milliseconds for the first packet of the sound. */
const LIMIT = 5000;

/** Whether a camera that sends no frame sends sound and has no stream of video. Throws only the signal's reason. */
export async function sendsSoundOnly(source: LiveSource, binary: FfmpegBinary, signal: AbortSignal): Promise<boolean> {
  // With a video of unknown size, which may come later, nothing is listed.
  const streams = ['-map', '0:a:0', '-map', '0:v:0?', '-c', 'copy', '-frames:a', '1', '-f', 'framecrc', 'pipe:3'];
  try {
    await using camera = await openCamera(binary, source, null, (input) => [...input, ...streams], signal);
    const list = collect(camera.pipes[0]!);
    await cameraExit(camera, LIMIT, signal);
    const kinds = parseListing((await list).toString()).map(({ kind }) => kind);
    return kinds.length === 1 && kinds[0] === 'audio';
  } catch {
    signal.throwIfAborted();
    return false; // the first failure is the one to report
  }
}
