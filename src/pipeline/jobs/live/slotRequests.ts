import type { CameraFrame } from './camera';
import { isTooLate, latencyEstimate } from './dropLateFrames';
import type { Slot, SlotRequest } from './fairScheduler';
import type { QualityLevel } from './qualityLevel';

/** What a camera asks the scheduler for, from what its last frames have cost. */
export class SlotRequests {
  readonly #cost = latencyEstimate();
  /** The largest useful number of tiles per batch, by kind of batch. */
  readonly #maxBatches = new Map<string | null, number>();

  constructor(private readonly budgetMs: number) {}

  /** Milliseconds of a usual frame; 0 before the first. */
  get usual(): number {
    return this.#cost.usual;
  }

  next({ batchKey }: QualityLevel): SlotRequest {
    const most = this.#cost.usual > 0 ? (this.#maxBatches.get(batchKey) ?? 1) : 1;
    return { kind: batchKey, most, cost: this.#cost.most, limit: this.budgetMs / 2 };
  }

  /** Measures how many tiles a batch may have, once for each kind of batch. */
  async measureBatch(level: QualityLevel, signal: AbortSignal): Promise<void> {
    if (this.#cost.usual === 0 || this.#maxBatches.has(level.batchKey)) return;
    this.#maxBatches.set(level.batchKey, await level.maxBatch(signal));
  }

  /** Whether a frame would be too late when the slot is over. */
  isTooLate({ at }: CameraFrame, { size, expected }: Slot): boolean {
    const cost = size > 1 ? { usual: expected, most: expected } : this.#cost;
    const isLate = isTooLate(performance.now() - at, cost, this.budgetMs);
    if (isLate) this.#cost.decay();
    return isLate;
  }

  /** Adds what a frame has cost, in milliseconds. */
  spent(ms: number): void {
    this.#cost.add(ms);
  }

  /** Another level takes another time. */
  reset(): void {
    this.#cost.reset();
  }
}
