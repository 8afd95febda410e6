import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deferred, deferred } from '../async/deferred';
import { SerialQueue } from '../async/serialQueue';
import { untilAborted } from '../async/untilAborted';
import { RemasterError } from '../errors';
import type { FarmCounts, SegmentRange, SharedJob, StartedFarmJob } from '../pipeline/jobs/restore/segmentFarm';
import type { Backend } from './backend';
import { chooseMachine } from './chooseMachine';
import { orNull } from './fields';
import { runId, RUNS, segmentsOf } from './names';
import { parseRun, type Run, runPayload } from './payloads';
import { endRun, removeRun, untilQuiet } from './removeRun';
import { isLost, segmentError } from './replies';
import { RunCounts } from './runCounts';
import { addSegments, openGate, submitRun } from './submission';
import { LiveWorkers } from './workerRecords';

/** How often the counts are read, in milliseconds. */
const LOOK_MS = 1000;
/** How long the workers of an ended run may take to stop, in milliseconds. */
const QUIET_MS = 1500;
/** And removing it from the queue. */
const REMOVE_MS = 2500;
/** Pause before a step is done again, in milliseconds. */
const RETRY_MS = 250;

/** One job in the queue, from its first segment until all are made. Its process finishes the video. */
export class StartedRun implements StartedFarmJob {
  readonly #steps = new SerialQueue();
  readonly #added: SegmentRange[] = [];
  readonly #failed: Deferred<never> = deferred<never>();
  readonly #made: Deferred<void> = deferred<void>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  readonly #counts: RunCounts;
  #run: Run;
  #isWhole = false;
  /** Segments that the queue has. */
  #placed = 0;
  /** The queue has lost the run, or a part of it. */
  #isLost = false;
  /** How often in a row it had too few segments: one may be between two states. */
  #misses = 0;
  #last: FarmCounts = { workers: [], frames: 0, notes: [], waitsFor: null };

  constructor(
    private readonly backend: Backend,
    shared: SharedJob,
    private readonly announce: (run: string) => Promise<void>,
    private readonly onCounts: (counts: FarmCounts) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#run = { ...shared, run: newRun(), host: hostname(), isCancelled: false };
    this.#counts = new RunCounts(backend, new LiveWorkers(backend), shared.job.segment);
    this.#failed.promise.catch(() => {}); // the caller that waits gets it
    this.#made.promise.catch(() => {});
    void this.#do(() => this.#submit()).catch((error: unknown) => this.#fail(error));
    this.#watching = this.#watch();
  }

  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  async add(segments: readonly SegmentRange[]): Promise<void> {
    const count = this.#added.push(...segments);
    await this.#do(async () => {
      await addSegments(this.backend, this.#run.run, segments);
      this.#placed = Math.max(this.#placed, count);
    });
  }

  async finish(): Promise<void> {
    await this.#do(() => {
      this.#isWhole = true;
      return openGate(this.backend, this.#run.run);
    });
    await this.#made.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const late = AbortSignal.timeout(REMOVE_MS);
    await untilAborted(this.#remove(late), late).catch(() => {}); // the next job of this folder removes it
  }

  async #remove(late: AbortSignal): Promise<void> {
    const { run, folder } = this.#run;
    await this.#watching;
    const hasParts = async (): Promise<boolean> =>
      (await readdir(folder).catch(() => [])).some((name) => name.endsWith('.part'));
    for (let isQuiet = false; !late.aborted;) {
      try {
        await endRun(this.backend, run);
        if (!isQuiet) await untilQuiet(async () => !(await hasParts()), QUIET_MS);
        isQuiet = true;
        return await removeRun(this.backend, run);
      } catch {
        await sleep(RETRY_MS); // the server is away
      }
    }
  }

  /** Steps follow each other. One that fails because the server is away is done again when it is back. */
  #do(step: () => Promise<void>): Promise<void> {
    return this.#steps.run(async () => {
      for (;;) {
        this.#stop.signal.throwIfAborted();
        try {
          return await untilAborted(this.#isLost ? this.#again() : step(), this.#stop.signal, this.signal);
        } catch (error) {
          this.#stop.signal.throwIfAborted();
          this.signal.throwIfAborted();
          const refused = this.backend.refusal(error);
          if (refused) throw refused;
          this.#isLost ||= isLost(error);
          await sleep(LOOK_MS, undefined, { signal: this.#stop.signal });
        }
      }
    });
  }

  async #submit(): Promise<void> {
    await this.announce(this.#run.run);
    await submitRun(this.backend, this.#run);
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#steps // not while segments are added
        .run(async () => {
          if (this.#stop.signal.aborted) return;
          await this.#checkStalls();
          await this.#look();
        })
        .catch((error: unknown) => {
          const refused = this.backend.refusal(error);
          if (refused) return this.#fail(refused);
          const waitsFor = `The queue does not answer: ${(error as Error).message}.`;
          this.onCounts({ ...this.#last, waitsFor });
        });
      await sleep(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => {}); // stopped
    }
  }

  /** Segments of workers that have died go to others. */
  async #checkStalls(): Promise<void> {
    const queue = segmentsOf(this.#run.run);
    if (this.#checked === queue) return;
    await (await this.backend.fetcher(queue, 'stalls')).startStalledCheckTimer();
    this.#checked = queue;
  }
  #checked = '';

  async #look(): Promise<void> {
    const parent = await (await this.backend.queue(RUNS)).getJob(runId(this.#run.run));
    if (!parent || this.#isLost) return this.#again();
    const found = orNull(() => parseRun(parent.data));
    if (found?.isCancelled) throw cancelled();
    const state = await parent.getState();
    const added = this.#added.reduce((sum, { count }) => sum + count, 0);
    const read = await this.#counts.read(this.#run, added);
    if (read.failed !== null)
      throw segmentError(`Segment ${read.failed.index} of ${this.#run.job.output}`, read.failed.reason);
    this.#misses = read.total < this.#placed ? this.#misses + 1 : 0; // a server that was killed may lose its last second
    this.#isLost = this.#misses >= 2;
    if (this.#run.machine === null && !this.#run.job.mixed) await this.#choose();
    this.#last = read.counts;
    this.onCounts(read.counts);
    if (this.#isWhole && state === 'waiting' && read.completed === this.#added.length) this.#made.resolve();
  }

  /** Gives the queue all that it has lost, as a new run. The finished segments are on the disk. */
  async #again(): Promise<void> {
    this.#isLost = true; // until all of it is there
    await this.backend.forget(segmentsOf(this.#run.run));
    this.#run = { ...this.#run, run: newRun() };
    await this.#submit();
    const count = this.#added.length;
    await addSegments(this.backend, this.#run.run, this.#added.slice());
    [this.#placed, this.#misses] = [count, 0];
    if (this.#isWhole) await openGate(this.backend, this.#run.run);
    this.#isLost = false;
  }

  /** The class of machines that makes it, once there is one that can. */
  async #choose(): Promise<void> {
    const machine = chooseMachine(this.#run, this.#counts.workers);
    if (machine === null) return;
    const parent = await (await this.backend.queue(RUNS)).getJob(runId(this.#run.run));
    await parent?.updateData(runPayload({ ...this.#run, machine }));
    this.#run = { ...this.#run, machine };
  }

  #fail(error: unknown): void {
    this.#failed.reject(error);
    this.#made.reject(error);
  }
}

const newRun = (): string => randomUUID().replaceAll('-', '');

const cancelled = (): RemasterError =>
  new RemasterError('QUEUE_CANCELLED', 'The job was cancelled in the queue.', {
    remedy: 'Start it again to continue it: its finished segments were kept.',
  });
