import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type Ffmpeg, runFfmpeg } from '../../media/runFfmpeg';

/** Seconds a camera may take to send its first frame. */
export const CONNECT_TIMEOUT = 10;
/** Milliseconds ffmpeg has to log off from a camera before it is killed. */
export const QUIT_GRACE = 700;

/** Starts ffmpeg on a camera. The caller ends its stdin and disposes it. */
export const startCamera = (binary: FfmpegBinary, args: readonly string[]): Ffmpeg =>
  runFfmpeg(binary, args, new AbortController().signal, 2);

/** Milliseconds after which a camera that may take longer is asked about again. */
const ASKED_AGAIN = 500;

/**
 * Waits until ffmpeg has exited. Returns false if it was stopped after `limitMs`, or later, once `mayTakeLonger` says no;
 * throws the signal's reason if that stopped it.
 */
export async function cameraExit(
  camera: Ffmpeg,
  limitMs: number,
  signal: AbortSignal,
  mayTakeLonger = (): boolean => false,
): Promise<boolean> {
  signal.throwIfAborted();
  let inTime = true;
  const stop = (): void => void camera.quit(QUIT_GRACE);
  const timeOut = (): void => {
    if (mayTakeLonger()) return void (timer = setTimeout(timeOut, ASKED_AGAIN));
    inTime = false;
    stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  let timer = limitMs === Infinity ? undefined : setTimeout(timeOut, limitMs);
  camera.stdout.resume();
  for (const pipe of camera.pipes) pipe.resume();
  await camera.ended.catch(() => {}); // an exit code says nothing about a camera
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return inTime;
}
