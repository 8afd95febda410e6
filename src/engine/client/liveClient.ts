import { randomUUID } from 'node:crypto';
import { ifLate } from '../../async/ifLate';
import type { RemasterError } from '../../errors';
import { checkLiveJob, type LiveJob } from '../../settings/liveJob';
import type { LiveEvent } from '../liveProtocol';
import { liveChannel } from './liveChannel';
import type { LiveEvents } from './liveEvents';
import { PendingLive } from './pendingLive';
import type { Supervisor } from './supervisor';

export type { LiveEvents } from './liveEvents';

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
    const pending = new PendingLive(job, events, liveChannel(this.engine, id));
    this.#pending.set(id, pending);
    pending.start();
    return {
      id,
      ended: pending.ended,
      requestJpeg: ({ newerThan = -1 } = {}) => this.#pending.get(id)?.jpeg.open(newerThan),
      stop: () => this.#stop(id),
    };
  }

  /** Starts every pending job in a new process. */
  resend(): void {
    for (const pending of this.#pending.values()) pending.start();
  }

  onCrash(crash: RemasterError): void {
    for (const [id, pending] of this.#pending) if (pending.onCrash(crash)) this.#forget(id);
  }

  receive(id: string, event: LiveEvent): void {
    if (provesProgress(event)) this.engine.resetBackOff();
    if (this.#pending.get(id)?.receive(event)) this.#forget(id);
  }

  /** Stops all live jobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#pending.keys()].map((id) => this.#stop(id)));
  }

  async #stop(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (pending.stop()) this.#forget(id);
    await ifLate(
      pending.ended.catch(() => {}),
      STOP_MS,
      () => this.engine.kill(),
    ); // the caller handles `ended`
  }

  #forget(id: string): void {
    this.#pending.delete(id);
    this.engine.updateRef();
  }
}

/** True once a frame has been processed: an engine that crashes on the first frame must not restart without delay. */
const provesProgress = (event: LiveEvent): boolean =>
  event.what === 'jpeg' || (event.what === 'progress' && event.progress.out > 0);
