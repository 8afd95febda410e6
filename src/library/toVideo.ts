import {
  catchError,
  concat,
  defer,
  finalize,
  from,
  ignoreElements,
  type OperatorFunction,
  pipe,
  throwIfEmpty,
} from 'rxjs';
import { RemasterError } from '../errors';
import { fromFirst } from '../pipeline/operators/fromFirst';
import { mapInOrder } from '../pipeline/operators/mapInOrder';
import type { VideoFrame } from './videoFrame';
import { openWriter, type WriteOptions, type Writer, type WrittenVideo } from './videoWriter';

/**
 * Writes the frames to a video file, with the sound, the subtitles and the metadata of the file they come from, and then
 * gives what it has written. The file gets its name when it is complete; an error or unsubscribing leaves none, but what
 * could be read of a damaged source stays under another name. Errors: BAD_SETTING, SOURCE_DAMAGED, SOURCE_TRUNCATED,
 * SOURCE_CHANGED, SOURCE_EMPTY, those of the output.
 */
export const toVideo = (output: string, options: WriteOptions = {}): OperatorFunction<VideoFrame, WrittenVideo> =>
  pipe(
    throwIfEmpty(noFrames),
    fromFirst((first) => (frames$) => {
      const stop = new AbortController();
      first.stream.file?.takeOverReport();
      const writer = openWriter(first, output, options, stop.signal);
      writer.catch(() => {}); // reported with the first frame
      const written$ = frames$.pipe(
        mapInOrder(first.stream.window, async (frame) => (await writer).write(frame)),
        ignoreElements(),
      );
      return concat(
        written$,
        defer(async () => (await writer).finish()),
      ).pipe(
        catchError((reason: unknown) => from(failed(writer, reason))),
        finalize(() => {
          stop.abort(new Error('unsubscribed'));
          void writer.then((opened) => opened.discard(null)).catch(() => {}); // finished, or reported above
        }),
      );
    }),
  );

/** Leaves nothing, and throws what to report. */
async function failed(writer: Promise<Writer>, reason: unknown): Promise<never> {
  const opened = await writer.catch(() => null); // it failed to open, for `reason`
  throw opened === null ? reason : await opened.discard(reason);
}

const noFrames = (): RemasterError =>
  new RemasterError('SOURCE_EMPTY', 'There are no frames to write.', { remedy: 'Choose another range.' });
