import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { singleFlight } from '../async/singleFlight';
import { LOCK_MS, RENEW_MS } from './names';
import type { SegmentProgress } from './payloads';
import { isLost } from './replies';

/** What can end the work on a segment before it is made. */
export type Ending = 'cancelled' | 'stopped';

/** A segment that this worker has taken from the queue. */
export class HeldSegment {
  readonly #ended = new AbortController();
  readonly #beat: NodeJS.Timeout;
  #isHeld = true;

  /** `progress`: is sent each second. `isWanted`: whether the job still wants a segment whose lock was lost. */
  constructor(
    private readonly job: Job,
    private readonly token: string,
    private readonly progress: () => Promise<SegmentProgress>,
    private readonly isWanted: () => Promise<boolean>,
  ) {
    const renew = singleFlight(() => this.#renew());
    this.#beat = setInterval(() => void renew(), RENEW_MS);
  }

  /** Aborted with an Ending as its reason. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Gives it to the next worker, now; it does not count as an attempt. */
  async giveBack(reason: Ending | null): Promise<void> {
    this.release();
    if (reason !== null) this.#ended.abort(reason);
    if (this.#isHeld) await this.job.moveToWait(this.token).catch(ignoreLost);
  }

  /** It is made. Tried until the server is back, or another worker has it. */
  async complete(value: unknown): Promise<void> {
    while (this.#isHeld && !this.#ended.signal.aborted) {
      try {
        await this.job.moveToCompleted(value, this.token, false);
        return this.release();
      } catch (error) {
        if (isLost(error)) this.#isHeld = false;
        else await sleep(RENEW_MS); // the file is there: who takes it next finds it
      }
    }
    this.release();
  }

  /** It could not be made: it is tried again, up to so many attempts. */
  async fail(reason: string): Promise<void> {
    this.release();
    if (this.#isHeld) await this.job.moveToFailed(new Error(reason), this.token, false).catch(ignoreLost);
  }

  release(): void {
    clearInterval(this.#beat);
  }

  async #renew(): Promise<void> {
    try {
      if (this.#isHeld && !(await this.job.extendLock(this.token, LOCK_MS))) this.#isHeld = false;
      if (this.#isHeld) await this.job.updateProgress({ ...(await this.progress()) });
    } catch (error) {
      if (!isLost(error)) return; // the server is away: the lock may hold until it is back
      this.#isHeld = false;
    }
    // Made to its end all the same: otherwise a worker that is often late would never make one.
    if (!this.#isHeld && !(await this.isWanted().catch(() => true))) this.#ended.abort('cancelled' satisfies Ending);
  }
}

/** A server that is away takes it from this worker when the lock ends. */
const ignoreLost = (): void => {};
