import { randomUUID } from 'node:crypto';
import type { AssembleJob, AssembleResult } from '../../settings/assembleJob';
import type { FrameImage, FramesJob } from '../../settings/framesJob';
import type { ImageSource } from '../../settings/imageJob';
import type { Engine } from './engine';

/** Pictures out of a video, made one by one as they are asked for. Ending the loop early leaves nothing behind. */
export async function* extractImages(engine: Engine, job: FramesJob, signal?: AbortSignal): AsyncGenerator<FrameImage> {
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

/** A picture of a film, and when it is shown: seconds; null when it does not say. */
export interface TimedImage {
  readonly source: ImageSource;
  readonly time: number | null;
}

/** A video out of pictures, pulled one by one as the encoder takes them. Nothing is left of it unless it is whole. */
export async function assembleImages(
  engine: Engine,
  job: AssembleJob,
  pictures: AsyncIterable<TimedImage>,
  signal?: AbortSignal,
): Promise<AssembleResult> {
  const id = randomUUID();
  let isOpen = true;
  try {
    await engine.ask('openAssembly', { id, job }, signal);
    for await (const { source, time } of pictures) await engine.ask('addImage', { id, source, time }, signal);
    isOpen = false;
    return (await engine.ask('closeAssembly', { id, keep: true }))!;
  } finally {
    if (isOpen && engine.pid !== null) await engine.ask('closeAssembly', { id, keep: false }).catch(() => {}); // see above
  }
}
