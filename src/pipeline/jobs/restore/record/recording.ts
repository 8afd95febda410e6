import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RemasterError } from '../../../../errors';
import { hashFile } from '../../../../files/hashFile';
import type { Job } from '../../../../settings/restoreJob';
import { decodedHashes } from '../../../media/decodedHashes';
import { openSource, type SourceFile } from '../../../media/sourceFile';
import { damageError, hasChanged, orChanged } from '../truncation';
import { BAG_MARK, makeBag } from './bag';
import { manifestText } from './manifest';
import { makersOf } from './makersOf';
import { type RecordedJob, recordFacts, type WrittenFrames } from './recordFacts';
import { hashFiles, recordedSource, recordOf } from './recordedSource';
import { bagPath, manifestPath, recordPath, resultPath } from './recordNames';
import { writeRecord } from './writeRecord';

const [RECORD, MANIFEST, DECODED, BAG] = ['record.json', 'manifest.txt', 'decoded.txt', 'bag'];

/** Paths of the files published with a recorded output; none without a record. */
export const companionPaths = ({ record, bag }: Pick<Job, 'record' | 'bag'>, output: string): readonly string[] =>
  bag ? [bagPath(output)] : record ? [recordPath(output), manifestPath(output)] : [];

/**
 * Writes the record of `file`, a finished video or folder of images in the work folder, and publishes both. Returns the path
 * of the output.
 * Errors: SOURCE_CHANGED, ENCODE_FAILED, and those of the output.
 */
export async function publishRecorded(
  recorded: RecordedJob,
  file: string,
  written: WrittenFrames,
  signal: AbortSignal,
): Promise<string> {
  const { job, folder, info, mask } = recorded;
  const since = performance.now();
  const inFolder = (name: string): string => join(folder.folder, name);
  const result = await openSource(inFolder(file));
  const files = await hashFiles(result, signal);
  const hashes = {
    result: recordOf(result, files),
    source: await recordedSource(info.source, signal).catch(orChanged(info, signal)),
    mask: mask && (await recordedSource(mask, signal)),
  };
  if (await hasChanged(info)) throw damageError({ kind: 'changed' }, info, null);
  const segments = written.segments.map((segment) => inFolder(segment.file));
  const makers = await makersOf(segments);
  const frames = makers.reduce((sum, maker) => sum + maker.frames, 0);
  await saveDecoded(recorded, result, inFolder(DECODED), frames, signal);
  const hashSeconds = (performance.now() - since) / 1000;
  const facts = recordFacts(recorded, written, { ...hashes, makers, hashSeconds });
  await writeRecord(inFolder(RECORD), facts, { segments, decoded: linesOf(inFolder(DECODED)) });

  const name = basename(folder.output);
  const nameOf = (path: string): string => (result.sequence === null ? name : `${name}/${basename(path)}`);
  const record = { path: inFolder(RECORD), ...(await hashFile(inFolder(RECORD), signal)) };
  const all = [
    ...files.map((one) => ({ ...one, name: nameOf(one.path) })),
    { ...record, name: basename(recordPath(folder.output)) },
  ];
  if (job.bag) {
    await makeBag(inFolder(BAG), all, facts.run.finished, signal);
    await folder.publishFolder(BAG, bagPath(folder.output), BAG_MARK);
    return resultPath({ output: folder.output, bag: true });
  }
  await writeFile(inFolder(MANIFEST), manifestText(all.map((one) => ({ path: one.name, sha256: one.sha256 }))));
  return folder.publish(file, undefined, [
    { file: RECORD, path: recordPath(folder.output) },
    { file: MANIFEST, path: manifestPath(folder.output) },
  ]);
}

/** Opened when the first line is asked for: lines that come before would be lost. */
async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path) });
}

/** Decodes the finished result once, and keeps the hash of each frame: a line each. */
async function saveDecoded(
  { binary, encoding }: RecordedJob,
  result: SourceFile,
  list: string,
  frames: number,
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  const hashes = decodedHashes(binary, result, encoding.codec.pixelFormat, signal);
  async function* lines(): AsyncGenerator<string> {
    for await (const hash of hashes) {
      count++;
      yield `${hash}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(list));
  if (count === frames) return;
  throw new RemasterError('ENCODE_FAILED', `The output decodes to ${count} frames instead of ${frames}.`, {
    remedy: 'Try another codec, or make it without a record, and please report this bug.',
  });
}
