import { createHash } from 'node:crypto';
import { deferred } from '../../async/deferred';
import { ifLate } from '../../async/ifLate';
import { untilAborted } from '../../async/untilAborted';
import { findBundle } from '../bundle/modelLibrary';
import { readManifest } from '../bundle/parseManifest';
import type { FaceFinder, Model, ModelRequest, Prompt, Shot, TileBatch } from '../model';
import { ownedBytes } from '../../async/threadCalls';
import { acquireThread } from './callThread';
import { DETECTOR_SHA256 } from './faceDetector';
import { loadLimit, loadTimeout } from './loadLimit';
import { openSessionThread, type SessionThread } from './openSessionThread';
import type { Calls, RuntimeReport } from './threadMessages';

export interface OpenOptions {
  /** Folders searched for bundles before the package's own. */
  readonly folders?: readonly string[];
  /** For live video: its batches run before those of other models. */
  readonly isUrgent?: boolean;
}

type Opened = Calls['open']['result'];

/** A model in the session thread, shared by `users` callers. */
interface Entry {
  readonly key: string;
  readonly thread: SessionThread;
  readonly opened: Promise<Opened>;
  users: number;
}

/** One thread for all models: two concurrent inferences would only compete for the same cores or GPU. */
let current: SessionThread | null = null;
const entries = new Map<string, Entry>();
/** Number of open face finders, which keep the thread alive too. */
let finders = 0;

/** Loads a model. Equal requests share one, which is released when the last caller has disposed of it. */
export async function openModel(
  request: ModelRequest,
  { folders = [], isUrgent = false }: OpenOptions = {},
): Promise<Model> {
  const folder = findBundle(request.model, folders);
  const { bytes } = await readManifest(folder);
  const version = createHash('sha256').update(bytes).digest('hex');
  const entry = borrow(folder, version, request);
  try {
    return modelOf(entry, await entry.opened, isUrgent);
  } catch (error) {
    await giveBack(entry).catch(() => {}); // rejects with the same error: there is nothing to close
    throw error;
  }
}

/** Opens the face detector of the package, which is loaded for the first image. */
export function openFaceFinder(): FaceFinder {
  finders++;
  let disposed = false;
  return {
    version: DETECTOR_SHA256,
    find(image, signal) {
      const thread = runningThread();
      const data = ownedBytes(image.data);
      return untilAborted(
        acquireThread(thread, false, signal, () => thread.call('faces', { image: { ...image, data } }, [data.buffer])),
        signal,
      );
    },
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      finders--;
      if (current) endIfUnused(current);
    },
  };
}

/** Checks onnxruntime and all providers, for `remaster doctor`. Does not reject when the runtime is missing. */
export async function describeRuntime(): Promise<RuntimeReport> {
  const thread = runningThread();
  try {
    return await thread.call('providers', null);
  } finally {
    endIfUnused(thread);
  }
}

function borrow(folder: string, version: string, request: ModelRequest): Entry {
  const { provider, device, threads, steps, order, colorFix, strength, noise, seed, depth } = request;
  const settings = [provider, device, threads, steps, order, colorFix, strength, noise, seed, depth];
  const key = JSON.stringify([folder, version, ...settings]);
  let entry = entries.get(key);
  if (!entry || entry.thread.ended) {
    const thread = runningThread();
    const seconds = request.loadLimit ?? loadLimit(folder);
    const opened = withinLimit(thread.call('open', { folder, version, request }), thread, request.model, seconds);
    entry = { key, thread, opened, users: 0 };
    entries.set(key, entry);
  }
  entry.users++;
  return entry;
}

/** Loading cannot be interrupted: after the limit other models get another thread, and a model that loads late is closed. */
function withinLimit(opening: Promise<Opened>, thread: SessionThread, model: string, seconds: number): Promise<Opened> {
  const { promise, resolve, reject } = deferred<Opened>();
  opening.then(resolve, reject);
  void ifLate(promise, seconds * 1000, () => {
    if (current === thread) current = null;
    opening.then(({ handle }) => thread.call('close', { handle })).catch(() => {}); // it has failed at last
    reject(loadTimeout(model, seconds));
  }).catch(() => {}); // handled by the users of `promise`
  return promise;
}

function runningThread(): SessionThread {
  if (!current || current.ended) current = openSessionThread();
  return current;
}

/** Closes the model after its last user. */
async function giveBack(entry: Entry): Promise<void> {
  if (--entry.users > 0) return;
  if (entries.get(entry.key) === entry) entries.delete(entry.key);
  try {
    const { handle } = await entry.opened;
    // A thread that crashed has nothing left to close; its calls have failed.
    if (!entry.thread.ended) await entry.thread.call('close', { handle });
  } finally {
    endIfUnused(entry.thread);
  }
}

/** The thread takes 60 MB plus the memory onnxruntime caches, so it ends when no model is open. */
function endIfUnused(thread: SessionThread): void {
  if (finders > 0 || [...entries.values()].some((entry) => entry.thread === thread)) return;
  thread.end();
  if (current === thread) current = null;
}

function modelOf(entry: Entry, { handle, info, hasPrompt }: Opened, isUrgent: boolean): Model {
  let disposed = false;
  /** Calls that run or wait: the model is closed after the last of them. */
  const running = new Set<Promise<unknown>>();

  const runBatch = (batch: TileBatch, signal: AbortSignal): Promise<Uint8Array> =>
    acquireThread(entry.thread, isUrgent, signal, () => {
      const data = ownedBytes(batch.data);
      const mask = batch.mask && ownedBytes(batch.mask);
      const transfer = mask ? [data.buffer, mask.buffer] : [data.buffer];
      return entry.thread.call('run', { handle, batch: { ...batch, data, ...(mask && { mask }) } }, transfer);
    });

  const runPrompt = (shot: Shot, signal: AbortSignal): Promise<Prompt> =>
    acquireThread(entry.thread, isUrgent, signal, () => {
      const { width, height } = shot;
      const data = new Uint8Array(shot.data);
      return entry.thread.call('prompt', { handle, shot: { width, height, data } }, [data.buffer]);
    });

  const tracked = <T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (disposed) return Promise.reject(new Error('the model was disposed of'));
    const run = start();
    const settled = run.then(noResult, noResult).finally(() => running.delete(settled));
    running.add(settled);
    return untilAborted(run, signal); // onnxruntime cannot be interrupted: the result is discarded later
  };

  return {
    info,
    run: (batch, signal) => tracked(() => runBatch(batch, signal), signal),
    ...(hasPrompt && { prompt: (shot: Shot, signal: AbortSignal) => tracked(() => runPrompt(shot, signal), signal) }),
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      await Promise.all(running);
      await giveBack(entry);
    },
  };
}

const noResult = (): void => {};
