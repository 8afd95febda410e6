import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { type ErrorCode, errorRecord, RemasterError } from '../errors';
import type { MadeSegment } from '../pipeline/jobs/madeSegments';
import type { SegmentRange } from '../pipeline/jobs/restore/segmentFarm';
import type { ImageResult } from '../settings/imageJob';
import type { Backend } from './backend';
import { AbleImages } from './ableImages';
import { AbleRuns, IDLE_MS } from './ableRuns';
import { orNull } from './fields';
import type { FolderMap } from './folderMaps';
import { type Ending, HeldSegment } from './heldSegment';
import { type ImageWork, madePayload, parseWork } from './imagePayloads';
import { IMAGES, MAX_STARTS, runId, RUNS, segmentsOf } from './names';
import { parseRun, parseSegment, type Run, type WorkerRecord } from './payloads';
import { failureText } from './replies';
import { isWanted } from './runFile';
import { SpeedOf } from './speed';
import { BEAT_MS, publishWorker, removeWorker } from './workerRecords';

/** What makes the segments that a worker takes. Paths are those of this machine. */
export interface SegmentWork {
  /** Whether this machine can make this job, and makes the same bytes as the others of its class. Rejects with why not. */
  check(run: Run, signal: AbortSignal): Promise<void>;
  /** The segment, found or made. */
  make(run: Run, range: SegmentRange, signal: AbortSignal): Promise<MadeSegment>;
  /** Frames of the current segment that are made. */
  frames(run: Run): Promise<number>;
  /** Absent: it makes no images. */
  image?(work: ImageWork, signal: AbortSignal): Promise<ImageResult>;
}

export interface WorkerEvents {
  /** For people: what the worker does. */
  onEvent?(text: string): void;
}

export interface RunningWorker {
  /** Takes nothing more, and gives its segment back at once. */
  stop(): Promise<void>;
}

/** How long a worker that stops waits for the server, in milliseconds. */
const LATE_MS = 900;
/** And for its segment to end. */
const END_MS = 3000;
/** Faults of this machine: others may do better, so they cost the segment no attempt. */
const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['GPU_OUT_OF_MEMORY', 'MODEL_INVALID', 'MODEL_LOAD_TIMEOUT', 'MODEL_NOT_FOUND', 'RUNTIME_MISSING'] as const),
  ...(['FFMPEG_MISSING', 'PATH_NOT_ALLOWED', 'SOURCE_NOT_FOUND', 'OUTPUT_UNWRITABLE'] as const),
  ...(['MODEL_INCOMPATIBLE', 'RESUME_MISMATCH', 'WORKER_DIFFERS'] as const),
]);

/** A worker that has made nothing yet. */
export type NewWorker = Omit<WorkerRecord, 'leftOut' | 'beat' | 'fps'>;

/** Takes segments from the queue, one at a time, until it is stopped. */
export function work(
  backend: Backend,
  worker: NewWorker,
  maps: readonly FolderMap[],
  segments: SegmentWork,
  { onEvent = () => {} }: WorkerEvents = {},
): RunningWorker {
  const one = new SegmentWorker(backend, { ...worker, leftOut: [], fps: null, beat: 0 }, maps, segments, onEvent);
  return { stop: () => one.stop() };
}

/** What this worker has taken from a queue. */
interface Taken {
  readonly job: Job;
  readonly token: string;
}

class SegmentWorker {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  readonly #beat: NodeJS.Timeout;
  readonly #able: AbleRuns;
  readonly #images: AbleImages;
  readonly #speed = new SpeedOf();
  #held: HeldSegment | null = null;
  #made = 0;
  /** Whether the server did not answer last time. */
  #isAway = false;

  constructor(
    private readonly backend: Backend,
    private worker: WorkerRecord,
    maps: readonly FolderMap[],
    private readonly segments: SegmentWork,
    private readonly onEvent: (text: string) => void,
  ) {
    this.#able = new AbleRuns(backend, maps, {
      worker: () => this.worker,
      check: (run) => segments.check(run, this.#stop.signal),
      onAble: ({ job }) => onEvent(`makes segments of ${job.output}`),
      onUnable: (run, error) => this.#stop.signal.aborted || this.#leaveOut(run, error),
    });
    this.#images = new AbleImages(backend, () => this.worker);
    this.#publish();
    this.#beat = setInterval(() => this.#publish(), BEAT_MS);
    this.#ended = this.#loop();
  }

  async stop(): Promise<void> {
    clearInterval(this.#beat);
    this.#stop.abort();
    const late = sleep(LATE_MS, undefined, { ref: false }); // a server that is away takes both back on its own
    const removed = removeWorker(this.backend, this.worker.id).catch(() => {}); // it is silent from now on
    await Promise.race([this.#held?.giveBack('stopped'), late]);
    await Promise.race([this.#ended, sleep(END_MS, undefined, { ref: false })]);
    await Promise.race([removed, late]);
  }

  #publish(): void {
    this.worker = { ...this.worker, beat: Date.now(), fps: this.#speed.fps };
    publishWorker(this.backend, this.worker).catch(() => {}); // the server is away: the next beat follows
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const hasWorked = await this.#next().then(
        (has) => {
          this.#isAway = false;
          return has;
        },
        (error: unknown) => {
          if (!this.#stop.signal.aborted && !this.#isAway)
            this.onEvent(`waits for the queue: ${(error as Error).message}`);
          this.#isAway = true;
          return false;
        },
      );
      if (!hasWorked) await sleep(IDLE_MS, undefined, { signal: this.#stop.signal }).catch(() => {}); // stopped
    }
  }

  /** Makes an image, or one segment of the job that has waited longest for this worker. False: there is none. */
  async #next(): Promise<boolean> {
    for (const { run } of this.segments.image ? await this.#images.read() : []) {
      this.#images.drop(run);
      const taken = await this.#take(run);
      if (taken)
        return this.#make(
          taken,
          () => this.#isImageWanted(run),
          (held) => this.#image(taken.job, held),
        );
    }
    for (const one of (await this.#able.read()).toSorted((a, b) => a.lastServed - b.lastServed)) {
      const taken = await this.#take(one.run.run);
      if (!taken) continue;
      one.lastServed = ++this.#made;
      return this.#make(
        taken,
        () => this.#isWanted(one.run),
        (held) => this.#segment(one.run, taken.job, held),
        one.run,
      );
    }
    return false;
  }

  /** Null: there is none, or this worker stops. */
  async #take(run: string): Promise<Taken | null> {
    if (this.#stop.signal.aborted) return null;
    const token = randomUUID();
    const fetcher = await this.backend.fetcher(segmentsOf(run), this.worker.name);
    const job = await fetcher.getNextJob(token, { block: false });
    if (!job) return null;
    if (!this.#stop.signal.aborted) return { job, token };
    await job.moveToWait(token);
    return null;
  }

  /** This worker takes no more segments of a run, and says why. */
  #leaveOut(run: string, error: unknown): void {
    const why = errorRecord(error).message.slice(0, 1000);
    this.worker = { ...this.worker, leftOut: [...this.worker.leftOut.slice(-99), { run, why }] };
    this.onEvent(`is left out of a job: ${why}`);
    this.#publish();
  }

  /** `run`: of a segment. True: there was work. */
  async #make(
    { job, token }: Taken,
    isStillWanted: () => Promise<boolean>,
    make: (held: HeldSegment) => Promise<unknown>,
    run: Run | null = null,
  ): Promise<true> {
    const progress = async () => {
      const frames = run ? await this.segments.frames(run) : 0;
      this.#speed.note(frames);
      return { by: this.worker.name, frames, fps: this.#speed.fps };
    };
    const held = new HeldSegment(job, token, progress, isStillWanted);
    this.#held = held;
    try {
      if (job.attemptsStarted > MAX_STARTS) throw givenUp();
      await held.complete(await make(held));
    } catch (error) {
      await this.#failed(run, held, error);
    } finally {
      held.release();
      this.#held = null;
      this.#speed.end(null);
    }
    return true;
  }

  async #segment(run: Run, job: Job, { signal }: HeldSegment): Promise<MadeSegment> {
    const range = parseSegment(job.data, run.job.segment);
    this.#speed.begin();
    const made = await this.segments.make(run, range, signal);
    this.#speed.end(made.by === this.worker.name ? made.frames : null);
    return made;
  }

  async #image(job: Job, { signal }: HeldSegment): Promise<unknown> {
    const result = await this.segments.image!(parseWork(job.data), signal);
    return madePayload({ by: this.worker.name, result });
  }

  async #failed(run: Run | null, held: HeldSegment, error: unknown): Promise<void> {
    if (held.signal.aborted) return this.onEvent(`its work was ${held.signal.reason as Ending}`);
    if (run && error instanceof RemasterError && OWN_FAULTS.has(error.code)) {
      await held.giveBack(null);
      this.#able.drop(run.run);
      return this.#leaveOut(run.run, error);
    }
    this.onEvent(`could not make it: ${errorRecord(error).message}`);
    await held.fail(failureText(error, this.worker.name));
  }

  async #isImageWanted(run: string): Promise<boolean> {
    return (await (await this.backend.queue(IMAGES)).getJob(runId(run))) !== undefined;
  }

  async #isWanted({ run, folder }: Run): Promise<boolean> {
    const parent = await (await this.backend.queue(RUNS)).getJob(runId(run));
    const found = parent && orNull(() => parseRun(parent.data));
    return found ? !found.isCancelled : isWanted(folder, run); // a server that has lost all says nothing about it
  }
}

const givenUp = (): RemasterError =>
  new RemasterError('ENGINE_CRASHED', `It was begun ${MAX_STARTS} times, and no worker has finished it.`, {
    remedy: 'Check free memory on the workers.',
  });
