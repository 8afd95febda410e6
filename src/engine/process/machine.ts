import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { packageVersion } from '../../files/packageVersion';
import { listModels } from '../../model/bundle/modelLibrary';
import { readManifest } from '../../model/bundle/parseManifest';
import { describeRuntime } from '../../model/inference/openModel';
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
  const [{ version }, ffmpeg] = [await describeRuntime(), await findFfmpeg()];
  const chip = provider === 'cpu' ? await processor() : await graphicsCard();
  const programs = `remaster ${packageVersion()}, onnxruntime ${version}, ffmpeg ${ffmpeg.version}`;
  const facts = `${process.platform} ${process.arch}, ${provider}, ${chip.name}, ${programs}`;
  const machineClass = createHash('sha256')
    .update(JSON.stringify([process.platform, process.arch, provider, chip.key, programs]))
    .digest('hex')
    .slice(0, 12);
  return { machine: machineClass, facts, provider, models: await models(), memory: Math.floor(SHARE * memory()) };
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

interface Chip {
  readonly name: string;
  /** Equal for those that make the same bytes. */
  readonly key: string;
}

/** Models choose their instructions by the flags of the processor, not by its name. */
async function processor(): Promise<Chip> {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  return { name, key: flags === undefined ? name : flags.trim().split(/\s+/).toSorted().join(' ') };
}

/** Its name, where the driver tells it in a file. */
async function graphicsCard(): Promise<Chip> {
  const folder = '/proc/driver/nvidia/gpus';
  const [first] = await readdir(folder).catch(() => []);
  const text = first === undefined ? '' : await readFile(`${folder}/${first}/information`, 'utf8').catch(() => '');
  const name = /^Model:\s*(.*)$/m.exec(text)?.[1] ?? 'GPU';
  const driver = await readFile('/proc/driver/nvidia/version', 'utf8').catch(() => '');
  return { name, key: `${name} ${/Module\s+(\S+)/.exec(driver)?.[1] ?? ''}` };
}
