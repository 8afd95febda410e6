import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FarmCounts, SharedJob, StartedFarmJob } from '../../src/pipeline/jobs/restore/segmentFarm';
import { madeSegments } from '../../src/pipeline/jobs/madeSegments';
import { RUN_FILE } from '../../src/pipeline/jobs/restore/shareFrames';
import { queueAccess } from '../../src/queue/access';
import { initQueue, openQueue, type SegmentQueue } from '../../src/queue/queue';
import { fakeJob, rangesOf } from './fakeSegments';
import { type Kind, type QueueServer, queueServer } from './queueServers';
import type { WorkerProcess } from './queueWorkerMain';

const WORKER = join(__dirname, 'queueWorkerMain.js');

/** A server, worker processes and jobs without pixels in one folder. Disposed: nothing of them is left. */
export class QueueScene implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'remaster-scene-')));
  readonly log = join(this.folder, 'log');
  readonly workers = new Map<string, ChildProcess>();
  readonly #never = new AbortController().signal;
  #queue: SegmentQueue | null = null;

  private constructor(readonly server: QueueServer) {
    writeFileSync(this.log, '');
  }

  static async open(kind: Kind, isStarted = true): Promise<QueueScene> {
    const scene = new QueueScene(await queueServer(kind));
    if (!isStarted) return scene;
    await scene.server.start();
    await scene.init();
    return scene;
  }

  async init(): Promise<void> {
    await initQueue(await queueAccess(this.server.address), this.#never);
  }

  async queue(): Promise<SegmentQueue> {
    return (this.#queue ??= await openQueue(await queueAccess(this.server.address), this.#never));
  }

  /** Starts a worker process. */
  worker(id: string, changes: Partial<WorkerProcess> = {}): ChildProcess {
    const { folder, log } = this;
    const settings: WorkerProcess = { address: this.server.address, id, folder, log, ms: 150, ...changes };
    const child = spawn(process.execPath, [WORKER, JSON.stringify(settings)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.workers.set(id, child);
    return child;
  }

  /** Gives a job of so many segments to the queue. */
  async job(name: string, count: number, changes: Partial<SharedJob> = {}): Promise<SceneJob> {
    const shared = fakeJob(this.folder, name, changes);
    const counts: FarmCounts[] = [];
    const announce = async (run: string): Promise<void> =>
      writeFileSync(join(shared.folder, RUN_FILE), JSON.stringify({ run }));
    const started = await (await this.queue()).start(shared, announce, (now) => counts.push(now), this.#never);
    const finished = started.add(rangesOf(count)).then(() => started.finish());
    finished.catch(() => {});
    return { shared, started, counts, finished };
  }

  /** Lines of the log that match, without their times. */
  said(pattern: RegExp): readonly string[] {
    const lines = readFileSync(this.log, 'utf8').split('\n');
    return lines.map((line) => line.replace(/^\d+ /, '')).filter((line) => pattern.test(line));
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
    for (const end = Date.now() + 1000 * seconds; !(await isTrue()); await sleep(20))
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${readFileSync(this.log, 'utf8')}`);
  }

  /** The numbers of the segments in the folder of a job, each with its note. */
  async madeOf({ shared }: SceneJob): Promise<readonly number[]> {
    return [...(await madeSegments(shared.folder, shared.key)).keys()].toSorted((a, b) => a - b);
  }

  parts({ shared }: SceneJob): readonly string[] {
    return readdirSync(shared.folder).filter((name) => name.endsWith('.part'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = [...this.workers.values()].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    });
    await Promise.all(ends);
    await this.#queue?.[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface SceneJob {
  readonly shared: SharedJob;
  readonly started: StartedFarmJob;
  readonly counts: readonly FarmCounts[];
  /** Settles when all segments are made. */
  readonly finished: Promise<void>;
}
