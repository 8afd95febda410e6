import { stat } from 'node:fs/promises';
import { RemasterError } from '../../../../errors';
import { hashFile } from '../../../../files/hashFile';
import type { Finding, VerifyCost, VerifyJob, VerifyReport } from '../../../../settings/verifyJob';
import type { ProcessorTools } from '../../../frames/processor';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import { openSource, unreadable } from '../../../media/sourceFile';
import { makesSameBytes, thisMaker } from '../record/machine';
import type { RecordTools } from '../record/openRecording';
import type { JobRecord } from '../record/record';
import { recordedSource } from '../record/recordedSource';
import { checkBag, type HashOf } from './checkBag';
import { checkFrames } from './checkFrames';
import { checkRecord } from './checkRecord';
import { type ComparedFrame, compareFrame, makerOf, restoredFindings } from './checkRestored';
import { checkModel, checkSource, unlessRemaster } from './checkSources';
import { chooseFrames } from './chooseFrames';
import { differs, note, same } from './findings';
import { locate, type Located } from './locate';
import { recordedJob, unknownSettings } from './recordedJob';
import { framesToMake, remakeFrames } from './remakeFrames';

/** The services that a comparison uses. */
export interface VerifyTools extends ProcessorTools {
  readonly binary: FfmpegBinary;
  readonly record: RecordTools;
}

/** What `verifyResult` will take. Errors: SOURCE_NOT_FOUND, RECORD_NOT_FOUND, RECORD_INVALID. */
export async function verifyCost(job: VerifyJob, tools: VerifyTools): Promise<VerifyCost> {
  const { record } = await locate(job.file);
  const { run, result, source, mask } = record;
  const wanted = await wantedFrames(record, job, tools);
  const made = framesToMake(tilesOf(record), wanted).length;
  const perFrame = Math.max(0, run.seconds - run.hashSeconds) / Math.max(1, result.frames - run.resumedFrom);
  const isRemade = wanted.length > 0;
  return {
    bytes: result.bytes + (isRemade ? source.bytes + (mask?.bytes ?? 0) : 0),
    decoded: result.frames,
    remade: wanted.length,
    before: made - wanted.length,
    seconds: run.hashSeconds + (isRemade ? run.hashSeconds + made * perFrame : 0),
  };
}

/**
 * Compares a result, its source and its model with the record. Reads only. Errors: SOURCE_NOT_FOUND, RECORD_NOT_FOUND,
 * RECORD_INVALID; whatever differs is in the report.
 */
export async function verifyResult(job: VerifyJob, tools: VerifyTools, signal: AbortSignal): Promise<VerifyReport> {
  const found = await locate(job.file);
  const { result, recordFile, bag } = found;
  const hashOf = hashOnce(signal);
  const findings: Finding[] = [bag === null ? await checkRecord(found, hashOf) : await checkBag(bag, hashOf)];
  const file = await checkFile(found, hashOf, signal);
  findings.push(file);
  findings.push(await checkFrames(tools.binary, found, file.verdict === 'same', signal));
  const remade: ComparedFrame[] = [];
  if (job.frames > 0) findings.push(...(await checkOrigin(found, job, tools, remade, signal)));
  else findings.push(note('source', null, 'the source and the model are not compared: --frames 0'));
  const isVerified = findings.every(({ verdict }) => verdict !== 'differs');
  return {
    result,
    record: recordFile,
    isVerified,
    findings,
    remade: remade.map(({ frame, isEqual, psnr }) => ({ frame, isEqual, psnr })),
  };
}

async function checkFile({ result, record }: Located, hashOf: HashOf, signal: AbortSignal): Promise<Finding> {
  const { sha256, bytes: wanted, images } = record.result;
  const found = await stat(result).catch((cause: unknown) => {
    throw new RemasterError('SOURCE_NOT_FOUND', `${result} does not exist.`, {
      remedy: 'Put it beside its record.',
      cause,
    });
  });
  if (images !== undefined) return checkImages(result, record, signal);
  if (!found.isFile()) return differs('file', 'FILE_CHANGED', `${result} is not a file`);
  const { size: bytes } = found;
  const now = await hashOf(result);
  if (now === sha256) return same('file', `${result} is unchanged: ${bytes} bytes, sha256 ${sha256}`);
  const size = bytes === wanted ? `${bytes} bytes as recorded` : `${bytes} bytes instead of ${wanted}`;
  return differs('file', 'FILE_CHANGED', `${result} has changed: ${size}, sha256 ${now} instead of ${sha256}`);
}

async function checkImages(folder: string, { result: wanted }: JobRecord, signal: AbortSignal): Promise<Finding> {
  const found = await openSource(folder).then(
    (source) => recordedSource(source, signal),
    (error: unknown) => unlessRemaster(error),
  );
  if ('code' in found) return differs('file', 'FILE_CHANGED', `${folder} has changed: ${found.message}`);
  const { images, bytes, sha256 } = found;
  const words = `${images} images, ${bytes} bytes`;
  if (sha256 === wanted.sha256)
    return same('file', `the images of ${folder} are unchanged: ${words}, sha256 of their list ${sha256}`);
  const before =
    images === wanted.images && bytes === wanted.bytes ? '' : ` instead of ${wanted.images}, ${wanted.bytes}`;
  return differs('file', 'FILE_CHANGED', `the images of ${folder} have changed: ${words}${before}`);
}

/** The source and the model, and if these are the recorded ones, frames that are made of them again. */
async function checkOrigin(
  found: Located,
  job: VerifyJob,
  tools: VerifyTools,
  remade: ComparedFrame[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { record } = found;
  const source = await checkSource('source', record.source, job.source, found.beside, signal);
  const mask = record.mask && (await checkSource('mask', record.mask, job.mask, found.beside, signal));
  const model = await checkModel(record, job.model, tools.record);
  const findings = [source.finding, ...(mask ? [mask.finding] : []), model.finding];
  if (source.path === null || model.path === null || mask?.path === null)
    return [...findings, note('restored', null, 'no frame was restored again')];
  const unknown = unknownSettings(record);
  if (unknown.length > 0) {
    const why = `no frame can be restored again: this version has no setting ${unknown.join(', ')}`;
    return [...findings, differs('versions', 'VERSION_CHANGED', why)];
  }
  const settings = recordedJob(found, { input: source.path, mask: mask?.path ?? null, model: model.path });
  const wanted = await wantedFrames(record, job, tools);
  const here = { onnxruntime: tools.record.onnxruntime, ffmpeg: tools.binary.version };
  let provider = makerOf(record.makers, 0).provider;
  try {
    for await (const one of remakeFrames(settings, record.sound, wanted, tools, signal)) {
      remade.push(await compareFrame(record, one, here));
      ({ provider } = one);
    }
  } catch (error) {
    signal.throwIfAborted();
    return [...findings, failedRemake(error)];
  }
  const maker = await thisMaker({ ...here, provider, threads: 0 });
  return [...findings, ...restoredFindings(record, remade, wanted.length, maker)];
}

/** Damage that the hashes of the first look did not show: that of the weights of a model. */
function failedRemake(error: unknown): Finding {
  if (error instanceof RemasterError && /^MODEL_IN/.test(error.code))
    return differs('model', 'MODEL_CHANGED', error.message);
  throw error;
}

async function wantedFrames(record: JobRecord, { frames }: VerifyJob, tools: VerifyTools): Promise<readonly number[]> {
  if (frames === 0) return [];
  const { provider } = record.makers[0]!;
  const here = await thisMaker({
    onnxruntime: tools.record.onnxruntime,
    ffmpeg: tools.binary.version,
    provider,
    threads: 0,
  });
  return chooseFrames(
    record,
    frames,
    record.makers.every((maker) => makesSameBytes(maker, here)),
  );
}

/** The settings that decide which frames are needed for others; those of another version count as off. */
function tilesOf({ job }: JobRecord): { tileCache: number | null; segment: number } {
  const [tolerance, segment] = [job['tileCache'], job['segment']];
  return {
    tileCache: typeof tolerance === 'number' ? tolerance : null,
    segment: typeof segment === 'number' && segment >= 1 ? segment : 1,
  };
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const { sha256 } = await hashFile(path, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unreadable(path, (cause as Error).message, cause, 'Check its permissions and its disk.');
  });
  return sha256;
}

/** A file is read once, however often its hash is needed. */
function hashOnce(signal: AbortSignal): HashOf {
  const known = new Map<string, Promise<string>>();
  return (path) => {
    let hash = known.get(path);
    if (!hash) known.set(path, (hash = sha256Of(path, signal)));
    return hash;
  };
}
