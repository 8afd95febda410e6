import { openUntilAborted } from '../../async/openUntilAborted';
import { type Comparison } from '../../pipeline/frames/comparison';
import { timeTile } from '../../pipeline/frames/timeTile';
import { suspicion } from '../../pipeline/frames/suspicion';
import { discardWork } from '../../pipeline/jobs/outputFolder';
import { verifyCost, verifyResult } from '../../pipeline/jobs/restore/verify/verifyResult';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { addedDetail } from '../../pipeline/media/image/addedDetail';
import { encodeJpeg } from '../../pipeline/media/jpegEncoder';
import { probe } from '../../pipeline/media/probe';
import { thumbnail } from '../../pipeline/media/thumbnail';
import type { VerifyJob } from '../../settings/verifyJob';
import { AUTO } from '../../settings/chooseModel';
import { JOB_DEFAULTS } from '../../settings/restoreJob';
import type { EngineRequests, SourceSummary, ThumbnailRequest } from '../protocol';
import { chooseFor } from './chooseFor';
import type { Comparisons } from './comparisons';
import { doctor } from './doctor';
import { estimateFor } from './estimateFor';
import type { FrameStreams } from './frameStreams';
import type { ImageRequests } from './imageRequests';
import { machine } from './machine';
import type { ModelCache } from './modelCache';
import type { SegmentMakers } from './segmentMakers';
import { testedModels } from './testedModels';
import { verifyTools } from './recordTools';
import type { VideoAssemblies } from './videoAssemblies';

/** The services behind each request. */
export interface Services {
  readonly modelCache: ModelCache;
  readonly images: ImageRequests;
  readonly frameStreams: FrameStreams;
  readonly assemblies: VideoAssemblies;
  /** The preview of a running job; null when it is unknown. */
  readonly previewOf: (job: string) => Promise<Comparison | null>;
  readonly comparisons: Comparisons;
  readonly segmentMakers: SegmentMakers;
  readonly onTemporaryPath: (path: string, gone: boolean) => void;
}

/** Handles one request that is not a job. */
export async function handleRequest(
  what: keyof EngineRequests,
  args: unknown,
  services: Services,
  signal: AbortSignal,
): Promise<EngineRequests[keyof EngineRequests]['result']> {
  const { modelCache, images, frameStreams, assemblies, previewOf, comparisons, segmentMakers } = services;
  switch (what) {
    case 'probe':
      return summary(args as EngineRequests['probe']['args'], signal);
    case 'doctor':
      return doctor((args as EngineRequests['doctor']['args']).folder);
    case 'models': {
      const { folders, isTested } = args as EngineRequests['models']['args'];
      return testedModels(folders, isTested === true);
    }
    case 'discard':
      await discardWork((args as EngineRequests['discard']['args']).output, signal);
      return null;
    case 'thumbnail':
      await thumbnail(await findFfmpeg(), args as ThumbnailRequest, signal);
      return null;
    case 'image':
      return images(args as EngineRequests['image']['args'], signal);
    case 'openFrames': {
      const { id, job } = args as EngineRequests['openFrames']['args'];
      return frameStreams.open(id, job);
    }
    case 'nextFrame':
      return frameStreams.next((args as EngineRequests['nextFrame']['args']).id);
    case 'closeFrames':
      return frameStreams.close((args as EngineRequests['closeFrames']['args']).id);
    case 'openAssembly': {
      const { id, job } = args as EngineRequests['openAssembly']['args'];
      return assemblies.open(id, job);
    }
    case 'addImage':
      return assemblies.add(args as EngineRequests['addImage']['args']);
    case 'closeAssembly': {
      const { id, keep } = args as EngineRequests['closeAssembly']['args'];
      return assemblies.close(id, keep, signal);
    }
    case 'preview': {
      const frame = await (await previewOf((args as EngineRequests['preview']['args']).job))?.next();
      return frame ? encodeJpeg(await findFfmpeg(), frame) : null;
    }
    case 'pair':
      return comparisons.next((args as EngineRequests['pair']['args']).job);
    case 'added': {
      const { before, after } = args as EngineRequests['added']['args'];
      return addedDetail(before, after);
    }
    case 'choose':
      return chooseFor(args as EngineRequests['choose']['args'], signal);
    case 'estimate':
      return estimateFor(args as EngineRequests['estimate']['args'], modelCache, services.onTemporaryPath, signal);
    case 'verifyCost':
      return verifyCost(args as VerifyJob, await verifyTools(modelCache));
    case 'verify':
      return verifyResult(args as VerifyJob, await verifyTools(modelCache), signal);
    case 'machine':
      return machine(args as EngineRequests['machine']['args'], modelCache);
    case 'checkMachine': {
      const { shared, who, provider } = args as EngineRequests['checkMachine']['args'];
      return segmentMakers.check(shared, who, provider, signal);
    }
    case 'makeSegment': {
      const { shared, who, provider, range } = args as EngineRequests['makeSegment']['args'];
      return segmentMakers.make(shared, range, who, provider, signal);
    }
    case 'segmentFrames':
      return segmentMakers.frames((args as EngineRequests['segmentFrames']['args']).folder);
    case 'test':
      return testModel(args as EngineRequests['test']['args'], modelCache, signal);
  }
}

async function summary(
  { input, sequenceRate }: EngineRequests['probe']['args'],
  stopped: AbortSignal,
): Promise<SourceSummary> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(60_000)]);
  const info = await probe(await findFfmpeg(), input, signal, sequenceRate);
  const { width, height, framesPerSecond: fps, duration, isInterlaced: interlaced, codec } = info;
  const frames = fps !== null && duration !== null ? Math.round(fps * duration) : null;
  const audio = info.media.streams.some(({ kind }) => kind === 'audio');
  return { width, height, fps, frames, duration, interlaced, audio, codec, bitDepth: info.pixels.bitDepth };
}

async function testModel(
  args: EngineRequests['test']['args'],
  modelCache: ModelCache,
  stopped: AbortSignal,
): Promise<EngineRequests['test']['result']> {
  const { order, strength, noise, seed } = JOB_DEFAULTS;
  const model = args.model === AUTO ? USUAL : args.model;
  const request = { ...args, model, order, colorFix: null, strength, noise, seed, depth: 8 } as const;
  await using open = await openUntilAborted(modelCache.open(request), stopped);
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(120_000)]);
  const { ms, width, height } = await timeTile(open, 8, signal);
  const { provider, rejected } = open.info;
  const suspect = suspicion(open.info)?.toJSON() ?? null;
  return { model, provider, rejected, ms, tile: [width, height], suspect };
}

/** Tested where the model is chosen for each source, and there is none. */
const USUAL = 'x2';
