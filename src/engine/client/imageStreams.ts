import { randomUUID } from 'node:crypto';
import type { AssembleJob, AssembleResult, TimedImage } from '../../settings/assembleJob';
import type { FrameImage, FramesJob } from '../../settings/framesJob';
import type { Engine } from './engine';

/** Extracts frames of a video as images, each when the consumer requests it. Ending the loop early stops the job. */
export async function* extractImages(engine: Engine, job: FramesJob, signal?: AbortSignal): AsyncGenerator<FrameImage> {
  const id = randomUUID();
  try {
    await engine.ask('openFrames', { id, job }, signal);
    for (;;) {
      const image = await engine.ask('nextFrame', { id }, signal);
      if (image === null) return;
      yield image;
    }
  } finally {
    if (engine.pid !== null) await engine.ask('closeFrames', { id }).catch(() => {}); // the loop's own error is reported
  }
}

/** Encodes images to a video, pulling each when the encoder is ready. A failure leaves no file. */
export async function assembleImages(
  engine: Engine,
  job: AssembleJob,
  images: AsyncIterable<TimedImage>,
  signal?: AbortSignal,
): Promise<AssembleResult> {
  const id = randomUUID();
  let isOpen = true;
  try {
    await engine.ask('openAssembly', { id, job }, signal);
    for await (const { source, time } of images) await engine.ask('addImage', { id, source, time }, signal);
    const result = (await engine.ask('closeAssembly', { id, keep: true }, signal))!;
    isOpen = false;
    return result;
  } finally {
    if (isOpen && engine.pid !== null) await engine.ask('closeAssembly', { id, keep: false }).catch(() => {}); // see above
  }
}
