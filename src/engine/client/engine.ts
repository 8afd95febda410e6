import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError, StoppedError } from '../../errors';
import type { LiveJob } from '../../settings/liveJob';
import type { Job, ModelChoice, Progress, Result } from '../../settings/restoreJob';
import { checkJob } from '../../settings/validate';
import type { LiveEvent } from '../liveProtocol';
import { type EngineRequests, PROTOCOL, type Reply, type Request } from '../protocol';
import { type LiveEvents, LiveClient, type RunningLive } from './liveClient';

export { StoppedError } from '../../errors';

/** A job handed to an engine. */
export interface RunningJob {
  readonly id: string;
  /** Rejects with a RemasterError, or with a StoppedError after `stop` or `suspend`. */
  readonly result: Promise<Result>;
  /** Throws everything away. Settles within about 3 s. */
  stop(): Promise<void>;
  /** Keeps finished segments when the job may resume. Settles within about 3 s. */
  suspend(): Promise<void>;
}

export interface JobEvents {
  readonly onProgress?: (progress: Progress) => void;
  /** 0 = running, 1 = next, … */
  readonly onQueued?: (position: number) => void;
}

/** A child process that owns ffmpeg, pixels and onnxruntime; started when first needed, restarted after a crash, gone when idle. */
export interface Engine {
  /** Throws BAD_SETTING at once for a job that cannot be. */
  run(job: Job, events?: JobEvents): RunningJob;
  /** Aborting `signal` ends the wait at once, and the work as soon as it can be ended. */
  ask<K extends keyof EngineRequests>(
    what: K,
    args: EngineRequests[K]['args'],
    signal?: AbortSignal,
  ): Promise<EngineRequests[K]['result']>;
  /** Runs until it is stopped; begins again by itself when the engine dies. Throws BAD_SETTING at once for a job that cannot be. */
  live(job: LiveJob, events?: LiveEvents): RunningLive;
  /** How long it stays when there is nothing to do. */
  setIdleTimeout(seconds: number): void;
  /** Process number of the running engine; null when there is none now. */
  readonly pid: number | null;
  /** Ends the process; running jobs are suspended. */
  close(): Promise<void>;
}

export type EngineChoice = Partial<ModelChoice> & { readonly idleSeconds?: number };

const engines = new Map<string, Engine>();

/** The engine of a model configuration: one for all nodes and calls of this process that ask with equal values. */
export function engineFor({ model, provider, device, threads, idleSeconds }: EngineChoice = {}): Engine {
  const key = JSON.stringify([model, provider, device, threads]);
  let engine = engines.get(key);
  if (!engine) engines.set(key, (engine = createEngine()));
  if (idleSeconds !== undefined) engine.setIdleTimeout(idleSeconds);
  return engine;
}

/** An engine of one's own. */
export function createEngine(idleSeconds = 60): Engine {
  return new EngineClient(idleSeconds * 1000);
}

/** How long a stop may take before the process is killed. */
const STOP_MS = 3000;
/** Waits before the second, third, … start in a row that crashed. */
const BACK_OFF_MS = [0, 1000, 2000, 5000, 15_000];
/** Times a job that may resume is given to a new engine without having got further. */
const ATTEMPTS = 3;
const LAST_WORDS = 8192; // bytes of stderr kept for the error message

interface PendingJob {
  readonly id: string;
  readonly job: Job;
  readonly events: JobEvents;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Set when a stop was asked for. */
  stopping: StoppedError | null;
  started: boolean;
  /** Best progress so far, and crashes since then. */
  frame: number;
  crashes: number;
}

interface PendingAsk {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class EngineClient implements Engine {
  #child: ChildProcess | null = null;
  #words = '';
  #crashes = 0;
  #restart: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;
  readonly #jobs = new Map<string, PendingJob>();
  readonly #asks = new Map<string, PendingAsk>();
  readonly #children = new Set<number>();
  readonly #scratch = new Set<string>();
  readonly #lives = new LiveClient({
    send: (id, say) => this.#send({ type: 'live', id, say }),
    isUp: () => this.#child !== null,
    kill: () => this.#child?.kill('SIGKILL'),
    onEnd: () => this.#hold(),
  });

  constructor(private idleMs: number) {}

  setIdleTimeout(seconds: number): void {
    if (this.idleMs === seconds * 1000) return;
    this.idleMs = seconds * 1000;
    if (this.#child) this.#greet(this.#child);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  run(wanted: Job, events: JobEvents = {}): RunningJob {
    const id = randomUUID();
    const job = checkJob(wanted);
    const result = new Promise<Result>((resolve, reject) => {
      this.#jobs.set(id, { id, job, events, resolve, reject, stopping: null, started: false, frame: 0, crashes: 0 });
    });
    result.catch(() => {}); // whoever holds `result` hears of it; a job stopped at once may have nobody yet
    this.#send({ type: 'job', id, job });
    return { id, result, stop: () => this.#stop(id, false, result), suspend: () => this.#stop(id, true, result) };
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
      this.#asks.set(id, { request, resolve, reject });
      stop = () => {
        this.#asks.delete(id);
        if (this.#child) this.#send({ type: 'stop', id, keep: false });
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#send(request);
    });
    try {
      return (await answered) as EngineRequests[K]['result'];
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  live(job: LiveJob, events: LiveEvents = {}): RunningLive {
    return this.#lives.run(job, events);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => (this.#closing = null));
    return this.#closing;
  }

  async #end(): Promise<void> {
    await Promise.all([this.#lives.close(), ...[...this.#jobs.values()].map(({ id }) => this.#stopById(id, true))]);
    const child = this.#child;
    if (!child) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  async #stop(id: string, keep: boolean, result: Promise<Result>): Promise<void> {
    await this.#stopById(id, keep);
    await result.catch(() => {}); // the owner of `result` is told
  }

  async #stopById(id: string, keep: boolean): Promise<void> {
    const pending = this.#jobs.get(id);
    if (!pending) return;
    pending.stopping ??= new StoppedError(keep);
    const settled = this.#settlingOf(pending);
    if (this.#child) this.#send({ type: 'stop', id, keep });
    else this.#finish(pending, () => pending.reject(pending.stopping!));
    // A process that does not answer is ended; what it started and left is put away by #gone.
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await settled;
    clearTimeout(timer);
  }

  readonly #settled = new WeakMap<PendingJob, () => void>();

  #settlingOf(pending: PendingJob): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#settled.get(pending);
      this.#settled.set(pending, () => {
        before?.();
        resolve();
      });
    });
  }

  #finish(pending: PendingJob, settle: () => void): void {
    this.#jobs.delete(pending.id);
    settle();
    this.#settled.get(pending)?.();
    this.#hold();
  }

  #send(request: Request): void {
    if (this.#restart) return void this.#restart.ref(); // everything pending is sent when the next engine is up
    const child = this.#child ?? this.#start();
    child.send(request, (error) => {
      if (error) child.kill('SIGKILL'); // its channel is gone: #gone gives the work to another
    });
    this.#hold();
  }

  get #isWanted(): boolean {
    return this.#jobs.size > 0 || this.#asks.size > 0 || this.#lives.size > 0;
  }

  /** The engine keeps this process alive only while something is wanted from it. */
  #hold(): void {
    const child = this.#child;
    if (!child) return;
    const isWanted = this.#isWanted;
    child[isWanted ? 'ref' : 'unref']();
    child.channel?.[isWanted ? 'ref' : 'unref']();
  }

  #start(): ChildProcess {
    this.#words = '';
    // Its own process group: a Ctrl-C in the terminal must not tear ffmpeg down before the engine has put things away.
    const child = fork(join(__dirname, '..', 'process', 'main.js'), [], {
      execArgv: [],
      detached: true,
      serialization: 'advanced', // pictures cross as bytes, not as JSON
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (this.#words = (this.#words + text).slice(-LAST_WORDS)));
    (child.stderr as unknown as { unref(): void }).unref(); // a pipe is a handle of its own
    child.on('message', (reply: Reply) => this.#receive(reply));
    child.once('error', (error) => (this.#words += error.message));
    child.once('exit', (code, killedBy) => void this.#gone(child, code === 0 ? null : (killedBy ?? `code ${code}`)));
    this.#greet(child);
    return child;
  }

  #greet(child: ChildProcess): void {
    child.send({ type: 'hello', protocol: PROTOCOL, idleMs: this.idleMs } satisfies Request, () => {}); // 'exit' tells the story
  }

  #receive(reply: Reply): void {
    if (reply.type === 'ready') return;
    if (reply.type === 'child')
      return void (reply.alive ? this.#children.add(reply.pid) : this.#children.delete(reply.pid));
    if (reply.type === 'scratch')
      return void (reply.gone ? this.#scratch.delete(reply.path) : this.#scratch.add(reply.path));
    if (reply.type === 'live') {
      if (isWork(reply.news)) this.#crashes = 0;
      return this.#lives.receive(reply.id, reply.news);
    }
    if (reply.type === 'answer' || (reply.type === 'failed' && this.#asks.has(reply.id))) {
      const pending = this.#asks.get(reply.id);
      this.#asks.delete(reply.id);
      this.#crashes = 0;
      if (reply.type === 'answer') pending?.resolve(reply.result);
      else pending?.reject(RemasterError.from(reply.error));
      return this.#hold();
    }
    const pending = this.#jobs.get(reply.id);
    if (!pending) return;
    switch (reply.type) {
      case 'queued':
        pending.started = reply.position === 0;
        pending.events.onQueued?.(reply.position);
        break;
      case 'progress':
        if (reply.progress.frame > pending.frame) {
          pending.frame = reply.progress.frame;
          pending.crashes = 0;
          this.#crashes = 0;
        }
        pending.events.onProgress?.(reply.progress);
        break;
      case 'done':
        this.#crashes = 0;
        this.#finish(pending, () => pending.resolve(reply.result));
        break;
      case 'stopped':
        this.#finish(pending, () => pending.reject(pending.stopping ?? new StoppedError(true)));
        break;
      case 'failed':
        this.#finish(pending, () => pending.reject(RemasterError.from(reply.error)));
        break;
    }
  }

  /** The engine is gone: put away what it left, and give what is still wanted to another. `crash` null: it had been idle. */
  async #gone(child: ChildProcess, crash: string | null): Promise<void> {
    if (this.#child !== child) return;
    this.#child = null;
    const isWanted = this.#isWanted;
    for (const pid of this.#children) kill(pid);
    const left = [...this.#scratch];
    this.#children.clear();
    this.#scratch.clear();
    if (isWanted) this.#restart = setTimeout(() => {}, 0); // nothing new is started while the old is put away
    for (const path of left) await rm(path, { recursive: true, force: true }).catch(() => {}); // the next job there says what is wrong
    if (!isWanted) return;
    // What came while an idle engine was leaving goes to the next one; only a crash has to be told.
    if (crash !== null) this.#tellCrash(crash);
    const wait = crash === null ? 0 : BACK_OFF_MS[Math.min(this.#crashes++, BACK_OFF_MS.length - 1)]!;
    this.#restart = setTimeout(() => {
      this.#restart = null;
      for (const { id, job } of this.#jobs.values()) this.#send({ type: 'job', id, job });
      for (const { request } of this.#asks.values()) this.#send(request);
      this.#lives.begin();
    }, wait);
    if (!this.#isWanted) this.#restart.unref();
  }

  #tellCrash(how: string): void {
    const crash = new RemasterError('ENGINE_CRASHED', `The engine ended unexpectedly (${how}).`, {
      remedy: 'It starts again by itself; if it happens again, look at memory and at the lines below.',
      detail: this.#words,
    });
    this.#lives.interrupted(crash);
    for (const [id, { reject }] of this.#asks) {
      this.#asks.delete(id);
      reject(crash);
    }
    for (const pending of this.#jobs.values()) {
      if (pending.stopping) this.#finish(pending, () => pending.reject(pending.stopping!));
      else if (pending.started && (!pending.job.resume || ++pending.crashes >= ATTEMPTS)) {
        this.#finish(pending, () => pending.reject(crash));
      }
    }
  }
}

/** Proof that an engine works, not only that it has begun: what crashes at the first picture is not to be started without a rest. */
const isWork = (news: LiveEvent): boolean =>
  news.what === 'picture' || (news.what === 'progress' && news.progress.out > 0);

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already, which is what is wanted
  }
}
