import { createHash } from 'node:crypto';
import { findBundle } from '../bundle/modelLibrary';
import { readManifest } from '../bundle/parseManifest';
import type { FaceFinder, Model, ModelRequest, Prompt, Shot, TileBatch } from '../model';
import { DETECTOR_SHA256 } from './faceDetector';
import { openSessionThread, type SessionThread } from './openSessionThread';
import type { Calls, RuntimeReport } from './threadMessages';

export interface OpenOptions {
  /** Folders of bundles, looked through before the package's own. */
  readonly folders?: readonly string[];
  /** Somebody watches what it makes: its batches go before those of models that are not in a hurry. */
  readonly isUrgent?: boolean;
}

type Opened = Calls['open']['result'];

/** A model as the thread knows it, and how many have borrowed it. */
interface Entry {
  readonly key: string;
  readonly thread: SessionThread;
  readonly opened: Promise<Opened>;
  users: number;
}

/** One thread for all models: two inferences at a time would only share the same cores or the same GPU. */
let current: SessionThread | null = null;
const entries = new Map<string, Entry>();
/** Open face finders: they keep the thread, too. */
let finders = 0;

/**
 * Loads the model that `request` describes. Equal requests share one, which is released when the last who opened it
 * has disposed of it.
 */
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
    // Rejects with the same error, there being nothing to close.
    await giveBack(entry).catch(() => {});
    throw error;
  }
}

/** Finds faces with the detector that comes with the package, which is loaded for the first picture. */
export function openFaceFinder(): FaceFinder {
  finders++;
  let disposed = false;
  return {
    version: DETECTOR_SHA256,
    find(picture, signal) {
      const thread = runningThread();
      const data = ownedBytes(picture.data);
      return untilAborted(
        passing(thread, false, signal, () => thread.call('faces', { picture: { ...picture, data } }, [data.buffer])),
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

/** What works on this machine and why the rest does not, for `remaster doctor`. Never rejects for a missing runtime. */
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
  const asked = [provider, device, threads, steps, order, colorFix, strength, noise, seed, depth];
  const key = JSON.stringify([folder, version, ...asked]);
  let entry = entries.get(key);
  if (!entry || entry.thread.ended) {
    const thread = runningThread();
    entry = { key, thread, opened: thread.call('open', { folder, version, request }), users: 0 };
    entries.set(key, entry);
  }
  entry.users++;
  return entry;
}

function runningThread(): SessionThread {
  if (!current || current.ended) current = openSessionThread();
  return current;
}

/** Closes the model when that was its last user. From then on nobody can borrow this entry. */
async function giveBack(entry: Entry): Promise<void> {
  if (--entry.users > 0) return;
  if (entries.get(entry.key) === entry) entries.delete(entry.key);
  try {
    const { handle } = await entry.opened;
    // A thread that crashed has nothing left to close; whoever was running on it has been told.
    if (!entry.thread.ended) await entry.thread.call('close', { handle });
  } finally {
    endIfUnused(entry.thread);
  }
}

/** The thread costs 60 MB and what onnxruntime keeps for the next run; without models it goes. */
function endIfUnused(thread: SessionThread): void {
  if (finders > 0 || [...entries.values()].some((entry) => entry.thread === thread)) return;
  thread.end();
  if (current === thread) current = null;
}

function modelOf(entry: Entry, { handle, info, hasPrompt }: Opened, isUrgent: boolean): Model {
  let disposed = false;
  /** Batches under way or waiting: a model is closed only after the last of them. */
  const running = new Set<Promise<unknown>>();

  const runBatch = (batch: TileBatch, signal: AbortSignal): Promise<Uint8Array> =>
    passing(entry.thread, isUrgent, signal, () => {
      const data = ownedBytes(batch.data);
      const mask = batch.mask && ownedBytes(batch.mask);
      const moved = mask ? [data.buffer, mask.buffer] : [data.buffer];
      return entry.thread.call('run', { handle, batch: { ...batch, data, ...(mask && { mask }) } }, moved);
    });

  const look = (shot: Shot, signal: AbortSignal): Promise<Prompt> =>
    passing(entry.thread, isUrgent, signal, () => {
      const { width, height } = shot;
      const data = new Uint8Array(shot.data);
      return entry.thread.call('prompt', { handle, shot: { width, height, data } }, [data.buffer]);
    });

  const tracked = <T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (disposed) return Promise.reject(new Error('the model was disposed of'));
    const run = start();
    const settled = run.then(noResult, noResult).finally(() => running.delete(settled));
    running.add(settled);
    return untilAborted(run, signal);
  };

  return {
    info,
    run: (batch, signal) => tracked(() => runBatch(batch, signal), signal),
    ...(hasPrompt && { prompt: (shot: Shot, signal: AbortSignal) => tracked(() => look(shot, signal), signal) }),
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      await Promise.all(running);
      await giveBack(entry);
    },
  };
}

const noResult = (): void => {};

/** Calls the thread when it is our turn, unless nobody wants it any more. */
async function passing<T>(
  thread: SessionThread,
  isUrgent: boolean,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  const leave = await thread.semaphore.acquire(signal, isUrgent);
  try {
    signal.throwIfAborted();
    return await call();
  } finally {
    leave();
  }
}

/** The bytes in a buffer of their own, which can be moved: with a view of a larger one, others would lose theirs. */
function ownedBytes(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = data;
  const alone = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return alone ? new Uint8Array(buffer) : new Uint8Array(data);
}

/** onnxruntime cannot be interrupted: on abort the caller goes on at once, and the result is thrown away when it comes. */
async function untilAborted<T>(run: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever was given as the reason
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([run, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
