import { RemasterError } from '../../../../errors';
import type { Finding } from '../../../../settings/verifyJob';
import { decodedHashes } from '../../../media/decodedHashes';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import { openSource } from '../../../media/sourceFile';
import { differs, same } from './findings';
import { ranges } from './ranges';
import type { Located } from './locate';

/**
 * Decodes the result and compares every frame. `isSameFile`: its bytes are those of the record. Then another version of
 * ffmpeg is the reason for frames that differ.
 */
export async function checkFrames(
  binary: FfmpegBinary,
  { result, record }: Located,
  isSameFile: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  const { sha256: wanted, pixelFormat } = record.decoded;
  const different: number[] = [];
  let count = 0;
  let failure: string | null = null;
  try {
    for await (const hash of decodedHashes(binary, await openSource(result), pixelFormat, signal)) {
      if (count < wanted.length && hash !== wanted[count]) different.push(count);
      count++;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RemasterError)) throw error;
    failure = error.message;
  }
  if (failure === null && count === wanted.length && different.length === 0)
    return same(
      'frames',
      count === 1 ? 'the decoded frame is as recorded' : `all ${count} decoded frames are as recorded`,
    );
  const parts = [
    ...(different.length > 0
      ? [`frame${different.length === 1 ? '' : 's'} ${ranges(different)} of ${wanted.length} differ when decoded`]
      : []),
    ...(count === wanted.length ? [] : [`${count} frames can be decoded, and ${wanted.length} are recorded`]),
    ...(failure === null ? [] : [failure]),
  ];
  const { ffmpeg } = record.makers.at(-1)!;
  if (!isSameFile || ffmpeg === binary.version) return differs('frames', 'FRAMES_CHANGED', parts.join('; '));
  const why = `the file is unchanged, and was decoded by ffmpeg ${ffmpeg}, here by ${binary.version}`;
  return differs('frames', 'VERSION_CHANGED', `${parts.join('; ')}: ${why}`);
}
