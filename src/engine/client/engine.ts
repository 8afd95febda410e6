import { singleFlight } from '../../async/singleFlight';
import type { LiveJob } from '../../settings/liveJob';
import type { Job, ModelChoice } from '../../settings/restoreJob';
import type { EngineRequests } from '../protocol';
import { JobClient, type JobEvents, type RunningJob } from './jobClient';
import { LiveClient, type LiveEvents, type RunningLive } from './liveClient';
import { RequestClient } from './requestClient';
import type { WorkReply } from './engineProcess';
import { Supervisor } from './supervisor';

export type { JobEvents, RunningJob } from './jobClient';

/** A child process that runs ffmpeg and onnxruntime. It starts when first needed, restarts after a crash and exits when idle. */
export interface Engine {
  /** Starts a restore job. `queuePassword`: null = that of the environment. Throws BAD_SETTING for an invalid job. */
  run(job: Job, events?: JobEvents, queuePassword?: string | null): RunningJob;
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

class EngineClient implements Engine {
  readonly #process: Supervisor;
  readonly #jobs: JobClient;
  readonly #live: LiveClient;
  readonly #requests: RequestClient;
  readonly ask: Engine['ask'];
  readonly close: Engine['close'];

  constructor(idleMs: number) {
    const clients = () => [this.#jobs, this.#requests, this.#live] as const;
    this.#process = new Supervisor(
      {
        hasWork: () => clients().some(({ size }) => size > 0),
        onReply: (reply) => this.#receive(reply),
        onCrash: (crash) => clients().forEach((client) => client.onCrash(crash)),
        onRestart: () => clients().forEach((client) => client.resend()),
      },
      idleMs,
    );
    this.#jobs = new JobClient(this.#process);
    this.#live = new LiveClient(this.#process);
    this.#requests = new RequestClient(this.#process);
    this.ask = (...request) => this.#requests.ask(...request);
    this.close = singleFlight(async () => {
      await Promise.all([this.#live.close(), this.#jobs.close()]);
      await this.#process.close();
    });
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  setIdleTimeout(seconds: number): void {
    this.#process.setIdleTimeout(seconds);
  }

  run(job: Job, events: JobEvents = {}, queuePassword: string | null = null): RunningJob {
    return this.#jobs.run(job, events, queuePassword);
  }

  live(job: LiveJob, events: LiveEvents = {}): RunningLive {
    return this.#live.run(job, events);
  }

  #receive(reply: WorkReply): void {
    if (reply.type === 'live') this.#live.receive(reply.id, reply.event);
    else if (reply.type === 'answer' || (reply.type === 'failed' && this.#requests.has(reply.id)))
      this.#requests.receive(reply);
    else this.#jobs.receive(reply);
  }
}
