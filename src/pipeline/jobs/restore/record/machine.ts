import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../../../../files/packageVersion';
import type { Maker } from './record';

/** Facts that not every job knows: where its model runs, and the programs. */
export type Running = Pick<Maker, 'onnxruntime' | 'ffmpeg' | 'provider' | 'threads'>;

/** This machine and its programs. It has no name of a host or a user. */
export async function thisMaker({ threads, ...running }: Running): Promise<Maker> {
  const { platform, arch, version: node } = process;
  return {
    remaster: packageVersion(),
    node,
    ...running,
    threads: threads === 0 ? availableParallelism() : threads,
    ...{ platform, arch, cpu: cpus()[0]?.model.trim() ?? 'unknown', flags: await flags(), gpu: await gpu() },
  };
}

/** Programs and machines of which the model makes the same bytes. */
export const makesSameBytes = (a: Maker, b: Maker): boolean => machineClass(a) === machineClass(b);

/** A short hash, equal for those that make the same bytes. */
export function machineClass(maker: Maker): string {
  const facts = [classOf(maker), ...PROGRAMS.map((name) => maker[name])];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 12);
}

/** Programs of which the frames are made by other versions, in words. */
export const differentVersions = (a: Maker, b: Maker): readonly string[] =>
  PROGRAMS.filter((name) => a[name] !== b[name]).map(
    (name) => `${name} ${a[name] ?? 'unknown'}, here ${b[name] ?? 'unknown'}`,
  );

const PROGRAMS = ['remaster', 'onnxruntime', 'ffmpeg'] as const;

/** onnxruntime chooses its code by what the processor can do, not by its name. */
function classOf({ platform, arch, cpu, flags: able, gpu: card, provider }: Maker): string {
  return JSON.stringify([platform, arch, able.length > 0 ? able : cpu, provider, provider === 'cpu' ? null : card]);
}

/** What the code of a model may depend on. */
const ABLE = /^(sse4_[12]|avx.*|fma|f16c|amx_.*|asimd.*|sve.*|i8mm|bf16)$/;

/** Empty on other systems than Linux. */
async function flags(): Promise<readonly string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return line
    .split(' ')
    .filter((flag) => ABLE.test(flag))
    .toSorted();
}

const NVIDIA = '/proc/driver/nvidia/gpus';

async function gpu(): Promise<string | null> {
  const [first] = await readdir(NVIDIA).catch(() => []);
  if (first === undefined) return null;
  const text = await readFile(join(NVIDIA, first, 'information'), 'utf8').catch(() => '');
  return /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? null;
}
