import { setTimeout as sleep } from 'node:timers/promises';
import type { CameraPipeline } from '../../pipeline/jobs/live/cameraPipeline';
import type { LiveJpeg } from '../../settings/liveJob';

/** Milliseconds before a failed request is repeated. */
const RETRY_MS = 1000;

/**
 * Answers requests for a JPEG of a frame whose index is above `newerThan`, one at a time: further requests are ignored
 * meanwhile. `pipeline`: null if it cannot be opened.
 */
export function jpegRequests(
  pipeline: Promise<Pick<CameraPipeline, 'jpeg'> | null>,
  send: (jpeg: LiveJpeg) => void,
  signal: AbortSignal,
  retryMs = RETRY_MS,
): (newerThan: number) => void {
  let isOpen = false;
  const answer = async (newerThan: number): Promise<LiveJpeg | null> => {
    const camera = await pipeline;
    for (;;) {
      const jpeg = await camera?.jpeg(newerThan, signal).catch(() => null); // the job reports the end of a pipeline
      if (jpeg || !camera || signal.aborted) return jpeg ?? null;
      await sleep(retryMs, undefined, { signal });
    }
  };
  return (newerThan) => {
    if (isOpen) return;
    isOpen = true;
    void answer(newerThan)
      .catch(() => null) // the job has ended
      .then((jpeg) => {
        isOpen = false;
        if (jpeg) send(jpeg);
      });
  };
}
