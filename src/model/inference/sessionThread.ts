import { parentPort, type TransferListItem } from 'node:worker_threads';
import { errorRecord, RemasterError } from '../../errors';
import { type FaceDetector, loadFaceDetector } from './faceDetector';
import { type GraphRequest, loadModel, type LoadedModel } from './loadedModel';
import type { NoiseInputsFor } from './noiseInputs';
import { probeProviders } from './probeProviders';
import { isMusl, loadRuntime } from './runtime';
import type { Answer, Call, Calls, RuntimeReport } from './threadMessages';

/**
 * The thread that holds every session: onnxruntime's `run` blocks the thread it is called from. It must never be
 * terminated while it runs, for that aborts the process; whoever ends it lets it finish first.
 */
const port = parentPort!;

/** A compiled graph, used by one or several open models. */
interface Shared {
  readonly key: string;
  readonly model: LoadedModel;
  users: number;
}

const shared = new Map<string, Shared>();
const open = new Map<number, { readonly graph: Shared; readonly noise: NoiseInputsFor }>();
let lastHandle = 0;
/** Loaded for the first picture, and kept as long as the thread: it is small. */
let detector: FaceDetector | null = null;

/** Calls are answered one after the other. */
let queue = Promise.resolve();
port.on('message', (call: Call | null) => {
  // null: nobody needs the thread any more. Without a port it ends by itself, after the calls before.
  queue = queue.then(() => (call === null ? port.close() : answer(call)));
});

async function answer(call: Call): Promise<void> {
  try {
    const result = await perform(call);
    const moved = result instanceof Uint8Array && result.buffer instanceof ArrayBuffer ? [result.buffer] : [];
    post({ id: call.id, result }, moved);
  } catch (error) {
    post({ id: call.id, error: errorRecord(error) }, []);
  }
}

function post(message: Answer, moved: readonly TransferListItem[]): void {
  port.postMessage(message, moved);
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

async function share(folder: string, version: string, request: GraphRequest): Promise<Shared> {
  const { provider, device, threads, steps, order, colorFix, strength, depth } = request;
  const key = JSON.stringify([folder, version, provider, device, threads, steps, order, colorFix, strength, depth]);
  let graph = shared.get(key);
  if (!graph) shared.set(key, (graph = { key, model: await loadModel(loadRuntime(), folder, request), users: 0 }));
  graph.users++;
  return graph;
}

async function run({ handle, batch }: Calls['run']['args']): Promise<Uint8Array> {
  const { graph, noise } = opened(handle);
  return graph.model.run(batch, noise);
}

function opened(handle: number): { readonly graph: Shared; readonly noise: NoiseInputsFor } {
  const found = open.get(handle);
  if (!found) throw new RemasterError('INTERNAL', 'a batch for a model that was closed');
  return found;
}

async function findFaces({ picture }: Calls['faces']['args']): Promise<Calls['faces']['result']> {
  detector ??= await loadFaceDetector(loadRuntime());
  return detector.find(picture);
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
