import { randomUUID } from 'node:crypto';
import { RemasterError } from '../../errors';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import type { Mp4Part } from '../../pipeline/media/mp4Boxes';
import { type CameraState, checkLiveJob, type LiveJob, type LiveJpeg, type LiveProgress } from '../../settings/liveJob';
import type { LiveEvent, LiveRequest } from '../liveProtocol';
import type { Supervisor } from './supervisor';

/** A live job that was sent to an engine. */
export interface RunningLive {
  readonly id: string;
  /** Settles after `stop`; rejects with a RemasterError when retrying cannot help. */
  readonly ended: Promise<void>;
  /** Requests one JPEG of a frame whose index is above `newerThan`; `onJpeg` delivers it. Ignored while another request is open. */
  requestJpeg(options?: { readonly newerThan?: number }): void;
  /** Settles within about 3 s. */
  stop(): Promise<void>;
}

export interface LiveEvents {
  readonly onCamera?: (state: CameraState) => void;
  readonly onProgress?: (progress: LiveProgress) => void;
  readonly onJpeg?: (jpeg: LiveJpeg) => void;
  /** Null: the stream has ended, and the next fragment is an `init` segment. While 4 returned promises are pending, frames are dropped. */
  readonly onFragment?: (fragment: Mp4Part | null) => Promise<void> | void;
  /** Path of a finished recording. */
  readonly onFile?: (path: string) => void;
  /** The target or the engine failed and is restarted. */
  readonly onRecoverableError?: (error: RemasterError) => void;
}

interface PendingLive {
  readonly id: string;
  readonly job: LiveJob;
  readonly events: LiveEvents;
  readonly ended: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isStopping: boolean;
  /** Properties of the camera's stream, as last probed. */
  facts: CameraFacts | null;
  /** The open JPEG request; null when there is none. */
  newerThan: number | null;
  /** No JPEG has come from this engine process yet: its frame index starts at 0. */
  isNew: boolean;
  /** An MP4 stream has begun and not ended. */
  isInStream: boolean;
}

/** How long a live job may take to stop before the process is killed. */
const STOP_MS = 2800;

/** The live jobs of an engine, on the client's side. They survive a crash of the process. */
export class LiveClient {
  readonly #pending = new Map<string, PendingLive>();

  constructor(private readonly engine: Supervisor) {}

  get size(): number {
    return this.#pending.size;
  }

  run(unchecked: LiveJob, events: LiveEvents): RunningLive {
    const job = checkLiveJob(unchecked);
    const id = randomUUID();
    let resolve = (): void => {};
    let reject: (error: Error) => void = () => {};
    const ended = new Promise<void>((...settle) => ([resolve, reject] = settle));
    ended.catch(() => {}); // the caller handles it
    const initial = { isStopping: false, facts: null, newerThan: null, isNew: true, isInStream: false };
    this.#pending.set(id, { id, job, events, ended, resolve, reject, ...initial });
    this.#send(id, { what: 'start', job, facts: null });
    return {
      id,
      ended,
      requestJpeg: ({ newerThan = -1 } = {}) => {
        const pending = this.#pending.get(id);
        if (!pending || pending.newerThan !== null) return;
        pending.newerThan = pending.isNew ? -1 : newerThan;
        if (this.engine.isUp) this.#send(id, { what: 'requestJpeg', newerThan: pending.newerThan });
      },
      stop: () => this.#stop(this.#pending.get(id)),
    };
  }

  /** Starts every pending job in a new process. */
  resend(): void {
    for (const { id, job, facts, newerThan } of this.#pending.values()) {
      this.#send(id, { what: 'start', job, facts });
      if (newerThan !== null) this.#send(id, { what: 'requestJpeg', newerThan: -1 });
    }
  }

  onCrash(crash: RemasterError): void {
    for (const pending of this.#pending.values()) {
      if (pending.isStopping) {
        this.#finish(pending, pending.resolve);
        continue;
      }
      pending.isNew = true;
      if (pending.isInStream) void pending.events.onFragment?.(null);
      pending.isInStream = false;
      pending.events.onCamera?.({ is: 'connecting' });
      pending.events.onRecoverableError?.(crash);
    }
  }

  receive(id: string, event: LiveEvent): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    const { events } = pending;
    switch (event.what) {
      case 'camera':
        return events.onCamera?.(event.state);
      case 'facts':
        pending.facts = event.facts;
        return;
      case 'progress':
        return events.onProgress?.(event.progress);
      case 'jpeg':
        pending.newerThan = null;
        pending.isNew = false;
        return events.onJpeg?.(event.jpeg);
      case 'fragment':
        return this.#passFragment(pending, event.fragment);
      case 'file':
        return events.onFile?.(event.path);
      case 'recoverableError':
        return events.onRecoverableError?.(RemasterError.from(event.error));
      case 'stopped':
        return this.#finish(pending, pending.resolve);
      case 'failed':
        return this.#finish(pending, () => pending.reject(RemasterError.from(event.error)));
    }
  }

  /** Stops all live jobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#pending.values()].map((pending) => this.#stop(pending)));
  }

  #send(id: string, request: LiveRequest): void {
    this.engine.send({ type: 'live', id, request });
  }

  #passFragment(pending: PendingLive, fragment: Mp4Part | null): void {
    pending.isInStream = fragment !== null;
    const data = fragment?.data; // a plain Uint8Array after crossing the process boundary
    const received =
      fragment && data ? { ...fragment, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) } : null;
    const release = (): void => void (this.engine.isUp && this.#send(pending.id, { what: 'releaseFragment' }));
    void Promise.resolve(pending.events.onFragment?.(received)).then(release, release);
  }

  async #stop(pending: PendingLive | undefined): Promise<void> {
    if (!pending) return;
    pending.isStopping = true;
    if (this.engine.isUp) this.#send(pending.id, { what: 'stop' });
    else this.#finish(pending, pending.resolve);
    const timer = setTimeout(() => this.engine.kill(), STOP_MS);
    await pending.ended.catch(() => {}); // the caller handles `ended`
    clearTimeout(timer);
  }

  #finish(pending: PendingLive, settle: () => void): void {
    this.#pending.delete(pending.id);
    if (pending.isInStream) void pending.events.onFragment?.(null);
    settle();
    this.engine.updateRef();
  }
}
