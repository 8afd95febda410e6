import type { NodeStatus } from 'node-red';
import type { Done, Input } from '../message/input';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import * as status from '../message/status';
import type { BuiltLiveJob } from './buildLiveJob';
import { type LiveHost, LiveRun } from './liveRun';
import type { CameraHost } from './openCamera';

/** The running cameras of one video out node: at most one for each video in node. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();
  readonly #stopping = new Set<Promise<void>>();
  readonly #host: LiveHost;

  constructor(
    place: Pick<CameraHost, 'RED' | 'node' | 'config'>,
    private readonly showStatus: (next: NodeStatus, isFinal?: boolean) => void,
  ) {
    this.#host = {
      ...place,
      showStatus: (next) => showStatus(next ?? summaryOf(this.all)),
      stop: (run) => void this.stop(run),
      onFailure: (run, error) => {
        this.#runs.delete(run.plan.source.node);
        if (this.#runs.size === 0) showStatus(status.failed(error), true);
      },
    };
  }

  get all(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  /** The one that runs for this video in node. */
  of(node: string): LiveRun | null {
    return this.#runs.get(node) ?? null;
  }

  start(plan: LivePlan, built: BuiltLiveJob, folder: string | null, input: Input): void {
    this.#runs.set(plan.source.node, new LiveRun(this.#host, plan, built, folder, input));
  }

  async stop(run: LiveRun): Promise<void> {
    const { node } = run.plan.source;
    if (this.of(node) !== run) return;
    this.#runs.delete(node);
    const stopped = run.stop();
    this.#stopping.add(stopped);
    await stopped.finally(() => this.#stopping.delete(stopped));
    const isLast = this.#runs.size === 0;
    this.showStatus(isLast ? status.stopped : summaryOf(this.all), isLast);
  }

  /** Ends all without a result, because the node closes, and waits for those that stop. Returns the messages of the others. */
  async close(): Promise<readonly (Pick<Input, 'msg'> & { readonly done: Done })[]> {
    const runs = this.all;
    this.#runs.clear();
    await Promise.all([...runs.map((run) => run.close()), ...this.#stopping]);
    return runs;
  }
}

function summaryOf(runs: readonly LiveRun[]): NodeStatus {
  const known = runs.flatMap(({ camera }) => camera.reports.progress ?? []);
  return known.length === 0 ? status.starting : liveStatus.live(known);
}
