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
import { ATTEMPTS, gateId, GATES, runId, RUNS, segmentId, segmentsOf } from './names';
import { parseRun, type Run, runPayload, segmentPayload } from './payloads';
import { endRun, removeRun, untilQuiet } from './removeRun';
import { RunCounts } from './runCounts';
import { segmentError } from './replies';
import { LiveWorkers } from './workerRecords';

/** How often the counts are read, in milliseconds. */
const LOOK_MS = 1000;
/** Segments that are added in one step: more would hold up the server. */
const AT_ONCE = 500;
/** How long the workers of an ended run may take to stop. */
const QUIET_MS = 3000;
/** Pause before a step is done again, in milliseconds. */
const RETRY_MS = 250;
const RETRY = { attempts: ATTEMPTS, backoff: { type: 'exponential', delay: 1000 } } as const;

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
    this.#failed.promise.catch(() => {}); // whoever waits gets it
    this.#made.promise.catch(() => {});
    void this.#do(() => this.#submit()).catch((error: unknown) => this.#fail(error));
    this.#watching = this.#watch();
  }

  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  async add(segments: readonly SegmentRange[]): Promise<void> {
    await this.#do(async () => {
      this.#added.push(...segments);
      await this.#addSegments(segments);
    });
  }

  async finish(): Promise<void> {
    await this.#do(async () => {
      this.#isWhole = true;
      await this.#openGate();
    });
    await this.#made.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const late = AbortSignal.timeout(2 * QUIET_MS);
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
          return await untilAborted(step(), this.#stop.signal, this.signal);
        } catch (error) {
          this.#stop.signal.throwIfAborted();
          this.signal.throwIfAborted();
          const refused = this.backend.refusal(error);
          if (refused) throw refused;
          await sleep(LOOK_MS, undefined, { signal: this.#stop.signal });
        }
      }
    });
  }

  async #submit(): Promise<void> {
    const { run } = this.#run;
    await this.announce(run);
    await this.#removeOlder();
    const flow = await this.backend.flow();
    await flow.add({
      ...{ name: 'mux', queueName: RUNS, data: runPayload(this.#run), opts: { jobId: runId(run) } },
      children: [{ name: 'gate', queueName: GATES, data: {}, opts: { jobId: gateId(run) } }],
    });
  }

  /** Runs of the same folder whose process was killed: this one holds its lock. */
  async #removeOlder(): Promise<void> {
    const parents = await (await this.backend.queue(RUNS)).getJobs(['waiting-children', 'waiting']);
    for (const parent of parents) {
      const found = orNull(() => parseRun(parent?.data));
      const isOlder = found?.folder === this.#run.folder && found.host === this.#run.host;
      if (!isOlder || found.run === this.#run.run) continue;
      await endRun(this.backend, found.run);
      await removeRun(this.backend, found.run);
    }
  }

  async #addSegments(segments: readonly SegmentRange[]): Promise<void> {
    const { run } = this.#run;
    const runs = await this.backend.queue(RUNS);
    const queue = await this.backend.queue(segmentsOf(run));
    const parent = { id: runId(run), queue: runs.qualifiedName };
    for (let i = 0; i < segments.length; i += AT_ONCE) {
      const jobs = segments.slice(i, i + AT_ONCE).map((range) => ({
        ...{ name: 'segment', data: segmentPayload(run, range) },
        opts: { jobId: segmentId(run, range.index), parent, continueParentOnFailure: true, ...RETRY },
      }));
      await queue.addBulk(jobs);
    }
  }

  async #openGate(): Promise<void> {
    await (await (await this.backend.queue(GATES)).getJob(gateId(this.#run.run)))?.remove();
  }

  async #watch(): Promise<void> {
    const fetcher = (): Promise<unknown> => this.#checkStalls();
    while (!this.#stop.signal.aborted) {
      await this.#steps // not while segments are added
        .run(async () => {
          if (this.#stop.signal.aborted) return;
          await fetcher();
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
    if (!parent) return this.#again();
    const found = orNull(() => parseRun(parent.data));
    if (found?.isCancelled) throw cancelled();
    const state = await parent.getState();
    const read = await this.#counts.read(
      this.#run,
      this.#added.reduce((sum, { count }) => sum + count, 0),
    );
    if (read.failed !== null)
      throw segmentError(`Segment ${read.failed.index} of ${this.#run.job.output}`, read.failed.reason);
    if (this.#run.machine === null && !this.#run.job.mixed) await this.#choose();
    this.#last = read.counts;
    this.onCounts(read.counts);
    if (this.#isWhole && state === 'waiting' && read.completed === this.#added.length) this.#made.resolve();
  }

  /** The queue has lost the job: it was restarted without its data. What is made is on the disk. */
  async #again(): Promise<void> {
    await this.backend.forget(segmentsOf(this.#run.run));
    this.#run = { ...this.#run, run: newRun() };
    await this.#submit();
    await this.#addSegments(this.#added);
    if (this.#isWhole) await this.#openGate();
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
