import { randomUUID } from 'node:crypto';
import type { FramePicture, FramesJob } from '../pipeline/frames/job';
import type { Engine } from './client';

/** Pictures out of a video, made one by one as they are asked for. Ending the loop early leaves nothing behind. */
export async function* takePictures(
  engine: Engine,
  job: FramesJob,
  signal?: AbortSignal,
): AsyncGenerator<FramePicture> {
  const id = randomUUID();
  await engine.ask('openFrames', { id, job }, signal);
  try {
    for (;;) {
      const picture = await engine.ask('nextFrame', { id }, signal);
      if (picture === null) return;
      yield picture;
    }
  } finally {
    if (engine.pid !== null) await engine.ask('closeFrames', { id }).catch(() => {}); // whatever ended the loop is the news
  }
}
