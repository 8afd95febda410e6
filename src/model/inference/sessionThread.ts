import { parentPort, type TransferListItem } from 'node:worker_threads';
import { freeBuffer } from '../../async/freeBuffer';
import { SerialQueue } from '../../async/serialQueue';
import type { Answer, Call as CallOf } from '../../async/threadCalls';
import { errorRecord, RemasterError } from '../../errors';
import { type FaceDetector, loadFaceDetector } from './faceDetector';
import { type GraphRequest, loadModel, type LoadedModel } from './loadedModel';
import type { NoiseInputsFor } from './noiseInputs';
import { probeProviders } from './probeProviders';
import { isMusl, loadRuntime } from './runtime';
import type { Calls, RuntimeReport } from './threadMessages';

/**
 * The thread of all sessions: onnxruntime's `run` blocks the calling thread. Terminating it during a run would abort the
 * process, so it ends only after its pending calls.
 */
const port = parentPort!;

type Call = CallOf<Calls>;

/** A loaded graph, shared by one or more open models. */
interface LoadedGraph {
  readonly key: string;
  readonly model: LoadedModel;
  users: number;
}

const shared = new Map<string, LoadedGraph>();
const open = new Map<number, { readonly graph: LoadedGraph; readonly noise: NoiseInputsFor }>();
let lastHandle = 0;
/** Loaded for the first image and kept until the thread ends: it is small. */
let detector: FaceDetector | null = null;

/** Runs one call at a time. */
const queue = new SerialQueue();
port.on('message', (call: Call | null) => {
  // null: ends the thread after all earlier calls. Without an open port it exits.
  void queue.run(() => (call === null ? port.close() : answer(call)));
});

async function answer(call: Call): Promise<void> {
  try {
    const result = await perform(call);
    const transfer = result instanceof Uint8Array && result.buffer instanceof ArrayBuffer ? [result.buffer] : [];
    post({ id: call.id, result }, transfer);
  } catch (error) {
    post({ id: call.id, error: errorRecord(error) }, []);
  }
}

function post(message: Answer, transfer: readonly TransferListItem[]): void {
  port.postMessage(message, transfer);
}

function perform(call: Call): Promise<Calls[keyof Calls]['result']> {
  if (call.what === 'open') return openModel(call.args);
  if (call.what === 'run') return run(call.args);
  if (call.what === 'prompt') return opened(call.args.handle).graph.model.prompt!(call.args.shot);
  if (call.what === 'faces') return findFaces(call.args);
  if (call.what === 'close') return close(call.args.handle);
  return report();
}

async function openModel({ folder, version, request }: Calls['open']['args']): Promise<Calls['open']['result']> {
  const { noise, seed, ...graphRequest } = request;
  const graph = await share(folder, version, graphRequest);
  const handle = ++lastHandle;
  open.set(handle, { graph, noise: graph.model.noise({ noise, seed }) });
  return { handle, info: graph.model.info, hasPrompt: graph.model.prompt !== null };
}

async function share(folder: string, version: string, request: GraphRequest): Promise<LoadedGraph> {
  const { provider, device, threads, steps, order, colorFix, strength, depth } = request;
  const key = JSON.stringify([folder, version, provider, device, threads, steps, order, colorFix, strength, depth]);
  let graph = shared.get(key);
  if (!graph) shared.set(key, (graph = { key, model: await loadModel(loadRuntime(), folder, request), users: 0 }));
  graph.users++;
  return graph;
}

async function run({ handle, batch }: Calls['run']['args']): Promise<Uint8Array> {
  const { graph, noise } = opened(handle);
  try {
    return await graph.model.run(batch, noise);
  } finally {
    freeBuffer(batch.data.buffer);
  }
}

function opened(handle: number): { readonly graph: LoadedGraph; readonly noise: NoiseInputsFor } {
  const found = open.get(handle);
  if (!found) throw new RemasterError('INTERNAL', 'a call for a model that is closed');
  return found;
}

async function findFaces({ image }: Calls['faces']['args']): Promise<Calls['faces']['result']> {
  detector ??= await loadFaceDetector(loadRuntime());
  return detector.find(image);
}

async function close(handle: number): Promise<null> {
  const found = open.get(handle);
  open.delete(handle);
  if (found && --found.graph.users === 0) {
    shared.delete(found.graph.key);
    await found.graph.model.release();
  }
  return null;
}

async function report(): Promise<RuntimeReport> {
  try {
    const runtime = loadRuntime();
    const version = runtime.env.versions.node ?? runtime.env.versions.common;
    return { version, musl: isMusl(), problem: null, providers: await probeProviders(runtime) };
  } catch (error) {
    return { version: null, musl: isMusl(), problem: errorRecord(error), providers: [] };
  }
}
