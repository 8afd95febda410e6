import type { RgbFrame } from '../../media/frame';
import type { CameraFrame } from './camera';
import type { FairScheduler, Slot } from './fairScheduler';
import type { LiveFrame } from './liveFrame';
import type { LiveStats } from './liveStats';
import { type LoadSample, qualityLadder } from './qualityLadder';
import type { QualityLevel } from './qualityLevel';
import type { QualityLevels } from './qualityLevels';
import { SlotRequests } from './slotRequests';

/** Milliseconds of statistics that decide on a change of the quality level. */
const LADDER_WINDOW = 3000;
/** Milliseconds between two decisions. */
const CHECK_INTERVAL = 1000;

/** A camera frame before and after the model. */
interface UpscaledFrame {
  readonly source: RgbFrame;
  readonly output: LiveFrame;
}

/**
 * `onChange`: called when the next frames will look different. Takes over `levels`. Disposed when no frame is being
 * upscaled any more.
 */
export async function openAdaptiveQuality(
  levels: QualityLevels,
  scheduler: FairScheduler,
  budgetMs: number,
  stats: LiveStats,
  onChange: () => void,
): Promise<AdaptiveQuality> {
  const ladder = qualityLadder(levels.steps, budgetMs);
  const first = await levels.levelFor(levels.steps[ladder.level]!);
  return new AdaptiveQuality(levels, first, ladder, scheduler, budgetMs, stats, onChange);
}

/** Upscales camera frames at the level of quality that the machine can keep up with, or drops them when they are late. */
export class AdaptiveQuality implements AsyncDisposable {
  readonly #requests: SlotRequests;
  readonly #client;
  /** Every so many camera frames, one is upscaled. */
  frameStep = 1;
  readonly #isDue = atMostEvery(CHECK_INTERVAL);
  #working: Promise<unknown> = Promise.resolve();
  /** Of the camera's newest frame that was upscaled. */
  #lines = 0;

  constructor(
    private readonly levels: QualityLevels,
    /** The level in use. */
    public level: QualityLevel,
    private readonly ladder: ReturnType<typeof qualityLadder>,
    private readonly scheduler: FairScheduler,
    budgetMs: number,
    private readonly stats: LiveStats,
    private readonly onChange: () => void,
  ) {
    this.#requests = new SlotRequests(budgetMs);
    this.#client = scheduler.register();
  }

  /** Opens the level of the next frame and waits for a slot in which to upscale it. */
  async acquire(signal: AbortSignal): Promise<Slot> {
    const step = this.levels.steps[this.ladder.level]!;
    this.level = await this.levels.levelFor(step);
    this.frameStep = step.frameStep;
    return this.#client.acquire(signal, this.#requests.next(this.level));
  }

  /** Upscales the frame that `take` gives, and releases the slot. Null: it would have been late. */
  async upscale(take: () => CameraFrame, slot: Slot, signal: AbortSignal): Promise<UpscaledFrame | null> {
    const isAlone = this.scheduler.size === 1;
    const work = upscaleInSlot(
      take,
      slot,
      { level: this.level, requests: this.#requests, stats: this.stats, isAlone },
      signal,
    );
    this.#working = work.catch(() => {}); // its caller gets the error
    const upscaled = await work;
    if (upscaled) this.#lines = upscaled.source.height;
    return upscaled;
  }

  /** Chooses the level of the next frames; to be called after each frame. */
  adapt(): void {
    const { steps } = this.levels;
    if (steps.length === 1 || !this.#isDue()) return;
    const isOther = this.ladder.update(loadOf(this.stats, this.#requests.usual, this.#lines));
    if (!isOther || steps[this.ladder.level]!.frameStep !== this.frameStep) return;
    this.#requests.reset();
    this.onChange();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.unregister();
    await this.#working;
    await this.levels[Symbol.asyncDispose]();
  }
}

/** What the work in a slot needs. */
interface SlotParts {
  readonly level: QualityLevel;
  readonly requests: SlotRequests;
  readonly stats: LiveStats;
  /** There is no other camera to share a batch with. */
  readonly isAlone: boolean;
}

async function upscaleInSlot(
  take: () => CameraFrame,
  slot: Slot,
  { level, requests, stats, isAlone }: SlotParts,
  signal: AbortSignal,
): Promise<UpscaledFrame | null> {
  let spent = 0;
  try {
    if (!isAlone) await requests.measureBatch(level, signal);
    const frame = take(); // the newest, now that the slot is ours
    if (requests.isTooLate(frame, slot)) {
      stats.dropped(performance.now() - frame.at);
      return null;
    }
    const started = performance.now();
    const output = await level.upscale(frame, slot.participant, signal);
    slot.participant.leave();
    spent = (performance.now() - started) * slot.participant.share;
    requests.spent(spent);
    return { source: { ...frame.info, data: frame.data }, output };
  } finally {
    slot.release(spent);
  }
}

/** Whether that many milliseconds have passed since it was last true. */
function atMostEvery(ms: number): () => boolean {
  let last = 0;
  return () => {
    const isDue = performance.now() - last >= ms;
    if (isDue) last = performance.now();
    return isDue;
  };
}

function loadOf(stats: LiveStats, work: number, lines: number): LoadSample {
  const { missed, latency, fpsIn } = stats.counts(LADDER_WINDOW);
  return { dropShare: missed, latency: latency?.p95 ?? 0, work, rate: fpsIn ?? Infinity, lines }; // of an unknown rate nothing better fits
}
