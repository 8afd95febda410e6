import { randomUUID } from 'node:crypto';
import { RemasterError } from '../../errors';
import type { LiveJob } from '../../settings/liveJob';
import type { Job, ModelChoice } from '../../settings/restoreJob';
import type { LiveEvent } from '../liveProtocol';
import type { EngineRequests, Request } from '../protocol';
import { JobClient, type JobEvents, type RunningJob } from './jobClient';
import { LiveClient, type LiveEvents, type RunningLive } from './liveClient';
import { Supervisor, type WorkReply } from './supervisor';

export type { JobEvents, RunningJob } from './jobClient';

/** A child process that runs ffmpeg and onnxruntime. It starts when first needed, restarts after a crash and exits when idle. */
export interface Engine {
  /** Starts a restore job. Throws BAD_SETTING for an invalid job. */
  run(job: Job, events?: JobEvents): RunningJob;
  /** Sends one request. Aborting `signal` rejects at once; the engine stops the work as soon as it can. */
  ask<K extends keyof EngineRequests>(
    what: K,
    args: EngineRequests[K]['args'],
    signal?: AbortSignal,
  ): Promise<EngineRequests[K]['result']>;
  /** Starts a live job, which runs until it is stopped and restarts after a crash. Throws BAD_SETTING for an invalid job. */
  live(job: LiveJob, events?: LiveEvents): RunningLive;
  /** How long the idle process stays. 0 = it never exits. */
  setIdleTimeout(seconds: number): void;
  /** Process id of the engine; null while none is running. */
  readonly pid: number | null;
  /** Suspends running jobs and ends the process. */
  close(): Promise<void>;
}

export type EngineChoice = Partial<ModelChoice> & { readonly idleSeconds?: number };

const engines = new Map<string, Engine>();

/** The engine for a model configuration. Calls with equal values share one engine. */
export function engineFor({ model, provider, device, threads, idleSeconds }: EngineChoice = {}): Engine {
  const key = JSON.stringify([model, provider, device, threads]);
  let engine = engines.get(key);
  if (!engine) engines.set(key, (engine = createEngine()));
  if (idleSeconds !== undefined) engine.setIdleTimeout(idleSeconds);
  return engine;
}

/** A new engine, not shared. `idleSeconds`: how long the idle process stays; 0 = it never exits. */
export function createEngine(idleSeconds = 60): Engine {
  return new EngineClient(idleSeconds * 1000);
}

interface PendingRequest {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class EngineClient implements Engine {
  readonly #process: Supervisor;
  readonly #jobs: JobClient;
  readonly #live: LiveClient;
  readonly #requests = new Map<string, PendingRequest>();
  #closing: Promise<void> | null = null;

  constructor(idleMs: number) {
    this.#process = new Supervisor(
      {
        hasWork: () => this.#jobs.size + this.#requests.size + this.#live.size > 0,
        onReply: (reply) => this.#receive(reply),
        onCrash: (crash) => this.#onCrash(crash),
        onRestart: () => this.#resend(),
      },
      idleMs,
    );
    this.#jobs = new JobClient(this.#process);
    this.#live = new LiveClient(this.#process);
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  setIdleTimeout(seconds: number): void {
    this.#process.setIdleTimeout(seconds);
  }

  run(job: Job, events: JobEvents = {}): RunningJob {
    return this.#jobs.run(job, events);
  }

  live(job: LiveJob, events: LiveEvents = {}): RunningLive {
    return this.#live.run(job, events);
  }

  async ask<K extends keyof EngineRequests>(
    what: K,
    args: EngineRequests[K]['args'],
    signal?: AbortSignal,
  ): Promise<EngineRequests[K]['result']> {
    signal?.throwIfAborted();
    const id = randomUUID();
    let stop = (): void => {};
    const answered = new Promise<unknown>((resolve, reject) => {
      const request = { type: 'ask', id, what, args } as const;
      this.#requests.set(id, { request, resolve, reject });
      stop = () => {
        this.#requests.delete(id);
        if (this.#process.isUp) this.#process.send({ type: 'stop', id, keep: false });
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#process.send(request);
    });
    try {
      return (await answered) as EngineRequests[K]['result'];
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => (this.#closing = null));
    return this.#closing;
  }

  async #end(): Promise<void> {
    await Promise.all([this.#live.close(), this.#jobs.close()]);
    await this.#process.close();
  }

  #receive(reply: WorkReply): void {
    if (reply.type === 'live') {
      if (provesProgress(reply.event)) this.#process.resetBackOff();
      return this.#live.receive(reply.id, reply.event);
    }
    if (reply.type !== 'answer' && !(reply.type === 'failed' && this.#requests.has(reply.id)))
      return this.#jobs.receive(reply);
    const pending = this.#requests.get(reply.id);
    this.#requests.delete(reply.id);
    this.#process.resetBackOff();
    if (reply.type === 'answer') pending?.resolve(reply.result);
    else pending?.reject(RemasterError.from(reply.error));
    this.#process.updateRef();
  }

  #onCrash(crash: RemasterError): void {
    this.#live.onCrash(crash);
    for (const [id, { reject }] of this.#requests) {
      this.#requests.delete(id);
      reject(crash);
    }
    this.#jobs.onCrash(crash);
  }

  #resend(): void {
    this.#jobs.resend();
    for (const { request } of this.#requests.values()) this.#process.send(request);
    this.#live.resend();
  }
}

/** True once a frame has been processed: an engine that crashes on the first frame must not restart without delay. */
const provesProgress = (event: LiveEvent): boolean =>
  event.what === 'jpeg' || (event.what === 'progress' && event.progress.out > 0);
