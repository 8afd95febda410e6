import { randomUUID } from 'node:crypto';
import type { FilmJob, FilmResult } from '../../settings/assembleJob';
import type { FramePicture, FramesJob } from '../../settings/framesJob';
import type { ImageSource } from '../../settings/imageJob';
import type { Engine } from './engine';

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

/** A picture of a film, and when it is shown: seconds; null when it does not say. */
export interface FilmPicture {
  readonly source: ImageSource;
  readonly time: number | null;
}

/** A video out of pictures, pulled one by one as the encoder takes them. Nothing is left of it unless it is whole. */
export async function writePictures(
  engine: Engine,
  job: FilmJob,
  pictures: AsyncIterable<FilmPicture>,
  signal?: AbortSignal,
): Promise<FilmResult> {
  const id = randomUUID();
  let isOpen = true;
  try {
    await engine.ask('openFilm', { id, job }, signal);
    for await (const { source, time } of pictures) await engine.ask('addPicture', { id, source, time }, signal);
    isOpen = false;
    return (await engine.ask('closeFilm', { id, keep: true }))!;
  } finally {
    if (isOpen && engine.pid !== null) await engine.ask('closeFilm', { id, keep: false }).catch(() => {}); // see above
  }
}
