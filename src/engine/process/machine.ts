import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { listModels } from '../../model/bundle/modelLibrary';
import { readManifest } from '../../model/bundle/parseManifest';
import { runtimeVersion } from '../../model/inference/runtime';
import { machineClass, thisMaker } from '../../pipeline/jobs/restore/record/machine';
import type { Maker } from '../../pipeline/jobs/restore/record/record';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../../settings/restoreJob';
import type { EngineRequests } from '../protocol';
import type { ModelCache } from './modelCache';

/** A small model that every package has: it shows where models run. */
const SMALL = 'x4-live';
/** The part of the memory that segments may use. */
const SHARE = 0.8;

/** What decides the bytes that this machine makes, and what it can make. */
export async function machine(
  choice: EngineRequests['machine']['args'],
  modelCache: ModelCache,
): Promise<EngineRequests['machine']['result']> {
  const { order, strength, noise, seed } = JOB_DEFAULTS;
  const request = {
    ...choice,
    model: SMALL,
    steps: null,
    order,
    colorFix: null,
    strength,
    noise,
    seed,
    depth: 8,
  } as const;
  await using small = await modelCache.open(request);
  const { provider } = small.info;
  const ffmpeg = (await findFfmpeg()).version;
  const own = await thisMaker({ onnxruntime: runtimeVersion(), ffmpeg, provider, threads: choice.threads });
  return {
    machine: machineClass(own),
    facts: factsOf(own),
    ...{ provider, models: await models(), memory: Math.floor(SHARE * memory()) },
  };
}

function factsOf({ platform, arch, provider, cpu, gpu, remaster, onnxruntime, ffmpeg }: Maker): string {
  const chip = provider === 'cpu' ? cpu : (gpu ?? 'GPU');
  const programs = `remaster ${remaster}, onnxruntime ${onnxruntime ?? 'unknown'}, ffmpeg ${ffmpeg}`;
  return `${platform} ${arch}, ${provider}, ${chip}, ${programs}`;
}

/** Of the container, if it has a limit. */
const memory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity);

async function models(): Promise<Record<string, string>> {
  const usable = (await listModels()).filter(({ problem }) => problem === null);
  const hashes = usable.map(async ({ name, path }): Promise<[string, string]> => {
    const { bytes } = await readManifest(path);
    return [name, createHash('sha256').update(bytes).digest('hex')];
  });
  return Object.fromEntries(await Promise.all(hashes));
}
