import type { InferenceSession } from 'onnxruntime-node';
import { RemasterError } from '../../errors';
import { probeProviders } from './probeProviders';
import { candidates, isOutOfMemory, nothingToTry, type Provider, rejectionReason, sessionOptions } from './providers';
import type { Runtime } from './runtime';

export interface SessionRequest {
  readonly graph: Uint8Array;
  /** Folder of the graph's external weights. */
  readonly weights: string;
  readonly provider: string;
  readonly device: number;
  /** 0 = one per core. */
  readonly threads: number;
  /** Runs a small tile and throws when the result is wrong. */
  readonly probe: (session: InferenceSession, provider: Provider) => Promise<void>;
}

export interface Session {
  readonly session: InferenceSession;
  readonly provider: Provider;
  /** Providers that were tried before and rejected. */
  readonly rejected: readonly Rejection[];
}

export interface Rejection {
  readonly provider: string;
  readonly reason: string;
}

/**
 * Opens the graph on the first provider that computes it. onnxruntime-node has no fallback: a missing provider throws,
 * and an available one may fail on the first run, so each is tested with a probe.
 */
export async function openSession(runtime: Runtime, request: SessionRequest): Promise<Session> {
  const rejected: Rejection[] = [];
  let last: unknown;
  for (const provider of candidates(request.provider)) {
    try {
      const session = await (request.provider === 'auto' ? tryFastProvider : tryProvider)(runtime, provider, request);
      return { session, provider, rejected };
    } catch (error) {
      rejected.push({ provider, reason: rejectionReason(provider, error) });
      last = error;
    }
  }
  throw await nothingWorks(runtime, request.provider, rejected, last);
}

/** For `auto`: also rejects a provider that is slower than the CPU. */
async function tryFastProvider(
  runtime: Runtime,
  provider: Provider,
  request: SessionRequest,
): Promise<InferenceSession> {
  const absent = nothingToTry(provider);
  if (absent !== null) throw new Error(absent);
  const session = await tryProvider(runtime, provider, request);
  if (provider === 'cpu') return session;
  const slow = await slowerThanCpu(runtime, session, provider, request);
  if (slow === null) return session;
  await session.release();
  throw new Error(slow);
}

async function tryProvider(runtime: Runtime, provider: Provider, request: SessionRequest): Promise<InferenceSession> {
  const { graph, weights, device, threads, probe } = request;
  const session = await runtime.InferenceSession.create(graph, sessionOptions(provider, device, threads, weights));
  try {
    await probe(session, provider);
    return session;
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** A second test tile that takes longer may run on a software renderer. */
const FAST_MS = 250;

/** Why `session` is slower than the CPU, or null. Its first run, which compiles shaders, is over. */
async function slowerThanCpu(
  runtime: Runtime,
  session: InferenceSession,
  provider: Provider,
  request: SessionRequest,
): Promise<string | null> {
  const ms = await duration(() => request.probe(session, provider));
  if (ms < FAST_MS) return null;
  const cpu = await tryProvider(runtime, 'cpu', request);
  const cpuMs = await duration(() => request.probe(cpu, 'cpu'));
  await cpu.release();
  return cpuMs < ms ? `it takes ${Math.round(ms)} ms for a test tile, the CPU ${Math.round(cpuMs)} ms` : null;
}

async function duration(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function nothingWorks(
  runtime: Runtime,
  setting: string,
  rejected: readonly Rejection[],
  cause: unknown,
): Promise<RemasterError> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (isOutOfMemory(cause)) {
    const remedy = 'Close other programs, or choose a smaller model.';
    return new RemasterError('GPU_OUT_OF_MEMORY', 'there is not enough memory to load the model', {
      remedy,
      detail,
      cause,
    });
  }
  const working = (await probeProviders(runtime)).filter(({ works }) => works).map(({ provider }) => provider);
  const { provider, reason } = rejected.at(-1)!;
  if (setting === 'auto' || working.some((one) => one === provider)) {
    const message = `onnxruntime cannot run this model on ${provider}: ${reason}`;
    const remedy = 'Export the bundle again, or update onnxruntime-node if the graph is newer than it.';
    return new RemasterError('MODEL_INCOMPATIBLE', message, { remedy, detail, cause });
  }
  const remedy = `Choose auto or one that works here: ${working.join(', ')}.`;
  return new RemasterError('RUNTIME_MISSING', `the provider ${provider} does not work here: ${reason}`, {
    remedy,
    detail,
    cause,
  });
}
