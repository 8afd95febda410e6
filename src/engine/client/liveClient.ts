import { randomUUID } from 'node:crypto';
import { RemasterError } from '../../errors';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import type { Mp4Part } from '../../pipeline/media/mp4Boxes';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../../settings/liveJob';
import { checkLive } from '../../settings/validateLive';
import type { LiveEvent, LiveRequest } from '../liveProtocol';

/** A live job handed to an engine. */
export interface RunningLive {
  readonly id: string;
  /** Settles when it was stopped; rejects with a RemasterError that waiting cannot mend. */
  readonly ended: Promise<void>;
  /** Asks for one JPEG, newer than number `after`. One newerThan at a time; it is fulfilled by `onPicture`. */
  requestJpeg(options?: { readonly newerThan?: number }): void;
  /** Settles within about 3 s. */
  stop(): Promise<void>;
}

export interface LiveEvents {
  readonly onCamera?: (state: CameraState) => void;
  readonly onProgress?: (progress: LiveProgress) => void;
  readonly onJpeg?: (picture: LiveJpeg) => void;
  /** Null: the stream has ended, and the next part is an `init`. Whoever is slow settles late and gets fewer pictures. */
  readonly onFragment?: (part: Mp4Part | null) => Promise<void> | void;
  readonly onFile?: (path: string) => void;
  /** Something failed and is tried again: the target, or the engine. */
  readonly onRecoverableError?: (error: RemasterError) => void;
}

/** The way to the engine, as it is now. */
interface Line {
  send(id: string, say: LiveRequest): void;
  isUp(): boolean;
  kill(): void;
  onEnd(): void;
}

interface Pending {
  readonly id: string;
  readonly job: LiveJob;
  readonly events: LiveEvents;
  readonly ended: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isStopping: boolean;
  /** What the camera was last known to send. */
  facts: CameraFacts | null;
  /** The newerThan that has not been fulfilled. */
  newerThan: number | null;
  /** No picture has come from this engine yet: it counts from 0 again. */
  isNew: boolean;
  /** A fragmented MP4 has begun and not ended. */
  isInStream: boolean;
}

/** How long a stop may take before the process is killed. */
const STOP_MS = 2800;

/** The live jobs of an engine, on the client's side. They outlive engines. */
export class LiveClient {
  readonly #pending = new Map<string, Pending>();

  constructor(private readonly line: Line) {}

  get size(): number {
    return this.#pending.size;
  }

  run(wanted: LiveJob, events: LiveEvents): RunningLive {
    const job = checkLive(wanted);
    const id = randomUUID();
    let resolve = (): void => {};
    let reject: (error: Error) => void = () => {};
    const ended = new Promise<void>((...settle) => ([resolve, reject] = settle));
    ended.catch(() => {}); // whoever holds `ended` hears of it
    const none = { isStopping: false, facts: null, newerThan: null, isNew: true, isInStream: false };
    this.#pending.set(id, { id, job, events, ended, resolve, reject, ...none });
    this.line.send(id, { what: 'start', job, facts: null });
    return {
      id,
      ended,
      requestJpeg: ({ newerThan = -1 } = {}) => {
        const pending = this.#pending.get(id);
        if (!pending || pending.newerThan !== null) return;
        pending.newerThan = pending.isNew ? -1 : newerThan;
        if (this.line.isUp()) this.line.send(id, { what: 'requestJpeg', newerThan: pending.newerThan });
      },
      stop: () => this.#stop(this.#pending.get(id)),
    };
  }

  /** Gives all jobs to an engine that has just begun. */
  begin(): void {
    for (const { id, job, facts, newerThan } of this.#pending.values()) {
      this.line.send(id, { what: 'start', job, facts });
      if (newerThan !== null) this.line.send(id, { what: 'requestJpeg', newerThan: -1 });
    }
  }

  /** The engine is gone; another will come. */
  interrupted(crash: RemasterError): void {
    for (const pending of this.#pending.values()) {
      if (pending.isStopping) {
        this.#over(pending, pending.resolve);
        continue;
      }
      pending.isNew = true;
      if (pending.isInStream) void pending.events.onFragment?.(null);
      pending.isInStream = false;
      pending.events.onCamera?.({ is: 'connecting' });
      pending.events.onRecoverableError?.(crash);
    }
  }

  receive(id: string, news: LiveEvent): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    const { events } = pending;
    switch (news.what) {
      case 'camera':
        return events.onCamera?.(news.state);
      case 'facts':
        pending.facts = news.facts;
        return;
      case 'progress':
        return events.onProgress?.(news.progress);
      case 'picture':
        pending.newerThan = null;
        pending.isNew = false;
        return events.onJpeg?.(news.picture);
      case 'part':
        return this.#part(pending, news.part);
      case 'file':
        return events.onFile?.(news.path);
      case 'trouble':
        return events.onRecoverableError?.(RemasterError.from(news.error));
      case 'stopped':
        return this.#over(pending, pending.resolve);
      case 'failed':
        return this.#over(pending, () => pending.reject(RemasterError.from(news.error)));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pending.values()].map((pending) => this.#stop(pending)));
  }

  #part(pending: Pending, part: Mp4Part | null): void {
    pending.isInStream = part !== null;
    // bytes come over as a plain Uint8Array
    const whole = part && { ...part, data: Buffer.from(part.data.buffer, part.data.byteOffset, part.data.byteLength) };
    const taken = (): void => void (this.line.isUp() && this.line.send(pending.id, { what: 'taken' }));
    void Promise.resolve(pending.events.onFragment?.(whole)).then(taken, taken);
  }

  async #stop(pending: Pending | undefined): Promise<void> {
    if (!pending) return;
    pending.isStopping = true;
    if (this.line.isUp()) this.line.send(pending.id, { what: 'stop' });
    else this.#over(pending, pending.resolve);
    const timer = setTimeout(() => this.line.kill(), STOP_MS);
    await pending.ended.catch(() => {}); // the owner of `ended` is told
    clearTimeout(timer);
  }

  #over(pending: Pending, settle: () => void): void {
    this.#pending.delete(pending.id);
    if (pending.isInStream) void pending.events.onFragment?.(null);
    settle();
    this.line.onEnd();
  }
}
