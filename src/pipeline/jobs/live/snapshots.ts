import { untilAborted } from '../../../async/untilAborted';
import type { LiveJpeg } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { jpegEncoder } from '../../media/jpegEncoder';
import type { LiveFrame } from './liveFrame';

/** JPEGs of the newest frame. Each frame is encoded at most once, and only when a caller requests it. */
export interface Snapshots extends AsyncDisposable {
  /** Replaces the newest frame. */
  put(frame: LiveFrame): void;
  /** A JPEG of the newest frame, or of the next one if its index is not above `newerThan`. */
  jpeg(newerThan: number, signal: AbortSignal): Promise<LiveJpeg>;
}

export function snapshots(binary: FfmpegBinary, closed: AbortSignal): Snapshots {
  const encoder = jpegEncoder(binary, closed);
  let newest: LiveFrame | null = null;
  let last: LiveJpeg | null = null;
  let encoding: Promise<LiveJpeg> | null = null;
  let notify = (): void => {};
  let nextFrame = new Promise<void>((resolve) => (notify = resolve));

  const encode = async (frame: LiveFrame): Promise<LiveJpeg> => {
    const data = await encoder.encode(frame);
    const latency = performance.now() - frame.at;
    last = { data, ...frame.stored, index: frame.index, time: Date.now() - latency, latency };
    return last;
  };

  return {
    put(frame) {
      newest = frame;
      const wake = notify;
      nextFrame = new Promise((resolve) => (notify = resolve));
      wake();
    },
    async jpeg(newerThan, signal) {
      for (;;) {
        signal.throwIfAborted();
        closed.throwIfAborted();
        if (encoding) await encoding;
        if (last && last.index > newerThan && last.index === newest?.index) return last;
        if (encoding) continue; // another caller has started to encode
        if (!newest || newest.index <= newerThan) await untilAborted(nextFrame, signal, closed);
        else {
          encoding = encode(newest).finally(() => (encoding = null));
          const result = await encoding;
          if (result.index > newerThan) return result;
        }
      }
    },
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}
