import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import { Throttle } from '../../src/async/throttle';
import type { Batch } from '../../src/batch/batch';
import type { BatchFile } from '../../src/batch/batchFile';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { AUTO } from '../../src/settings/chooseModel';
import type { BatchOrder, BatchState } from '../jobs/batchRegistry';
import { deployedModel } from '../message/deployedModel';
import { nodeError } from '../message/nodeError';
import type { DeployedModel } from '../message/nodeRegistry';
import * as status from '../message/status';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';
import { inputOf, type Request } from './batchInputs';
import { fileMessage, summaryMessage } from './batchMessages';
import { BatchSession } from './batchSession';
import { type BatchConfig, batchSettings, inputLines } from './batchSettings';
import { batchStatus } from './batchStatus';
import { QueueFile, type StoredQueue } from './storedQueue';

/** Milliseconds between two writings of a queue that changes. */
const SAVE_MS = 1000;

const NOTHING_STORED: Omit<StoredQueue, 'requests'> = { order: [], failed: [], isPaused: false };

/** Sends to the first output, and to the second. */
export type SendBoth = (messages: readonly [file: NodeMessage | null, summary: NodeMessage | null]) => void;

/**
 * The batch of one node: its requests, its present run, and its list after that. Longer than a screen: every request and
 * order changes these three together, one after the other.
 */
export class NodeBatch {
  readonly #turns = new SerialQueue();
  readonly #file: QueueFile;
  readonly #line: Throttle<NodeStatus>;
  readonly #saves = new Throttle<null>(() => void this.#file.write(this.#stored()).catch(this.#report), SAVE_MS);
  #requests: readonly Request[] = [];
  #session: BatchSession | null = null;
  /** Settles when the session has nothing to do any more. */
  #running: Promise<void> = Promise.resolve();
  /** The present batch, or the last one. */
  #batch: Batch | null = null;
  /** Files whose failure an earlier Node-RED has sent. */
  #toldBefore = new Set<string>();
  /** Whether there is something to say in a summary. */
  #hasNews = false;
  #isClosed = false;
  readonly #report = (error: unknown): void =>
    this.node.error(nodeError(runtimeOf(this.RED).variables.without(error)), {});

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: BatchConfig,
    private readonly send: SendBoth,
  ) {
    this.#file = new QueueFile(RED, node.id);
    this.#line = new Throttle((text) => node.status(text));
    this.#line.final(status.idle);
  }

  get state(): BatchState {
    if (this.#session === null) return 'over';
    const { open, isWatching } = this.#session;
    if (open.batch.isPaused) return 'paused';
    const { waiting, running } = open.batch.totals;
    return isWatching && waiting + running === 0 ? 'watching' : 'running';
  }

  /** Null before the first. */
  get batch(): Batch | null {
    return this.#batch;
  }

  /** The settings of its model node. Throws if that is missing. */
  model(): DeployedModel {
    return deployedModel(this.RED.nodes.getNode(this.config.model) as ModelNode | null, 'video batch');
  }

  /** Continues the queue of an earlier Node-RED, and begins to watch the folders. */
  restore(): Promise<void> {
    return this.#turns.run(async () => {
      const stored = await this.#file.read();
      const requests = stored?.requests ?? [];
      const isOwn = this.config.watch === true || requests.some(({ origin }) => origin === 'config');
      const all = [...(isOwn ? this.#own() : []), ...requests.filter(({ origin }) => origin === 'message')];
      if (all.length > 0) await this.#start(all, stored ?? NOTHING_STORED);
    });
  }

  /** Restores files; null: those of the dialog. Errors: those of the settings and the paths, OUTPUT_BUSY. */
  start(requests: readonly Request[] | null): Promise<void> {
    return this.#turns.run(async () => {
      const all = requests ?? this.#own();
      if (all.length === 0) {
        throw new RemasterError('BAD_SETTING', 'The batch has no files, folders or patterns to restore.', {
          remedy: 'Enter some in the video batch node, or send them in msg.filename.',
        });
      }
      this.#hasNews = true;
      await this.#start(all, NOTHING_STORED);
    });
  }

  /** An order of a message or of the sidebar. */
  control({ action, file, to }: BatchOrder): Promise<void> {
    return this.#turns.run(async () => {
      const batch = this.#session?.open.batch;
      if (action === 'stop') this.#session?.stop();
      else if (action === 'clear') this.#clear();
      else if (action === 'retry') await this.#retry(file);
      else if (action === 'pause') batch?.pause();
      else if (action === 'resume') batch?.resume();
      else batch?.move(file!, to!);
      this.#changed();
    });
  }

  /** Suspends the files that run. The queue is kept for the next start of Node-RED, unless the node was `removed`. */
  close(removed: boolean): Promise<void> {
    this.#isClosed = true;
    this.#saves.close();
    this.#line.close();
    return this.#turns.run(async () => {
      const session = this.#session;
      await this.#file.write(removed ? null : this.#stored());
      this.#session = null;
      session?.stop();
      await this.#running;
      await session?.end().catch(this.#report);
    });
  }

  /** `stored`: the order and states that an earlier Node-RED has left. `isAgain`: broken sources too. */
  async #start(requests: readonly Request[], stored: Omit<StoredQueue, 'requests'>, isAgain = false): Promise<void> {
    if (this.#isClosed) return;
    const choice = { preset: this.config.preset, isAuto: this.model().model === AUTO };
    const inputs = await Promise.all(requests.map((request) => inputOf(this.RED, request, choice)));
    const session = (this.#session ??= await this.#open());
    const isNew = this.#batch !== session.open.batch;
    this.#batch = session.open.batch;
    this.#requests = [...(isNew ? [] : this.#requests), ...requests];
    await this.#file.write({ ...stored, requests: this.#requests });
    this.#toldBefore = new Set(stored.failed.map(([path]) => path));
    await session.add(inputs, { order: stored.order, failed: new Map(stored.failed), isAgain });
    this.#toldBefore.clear();
    if (stored.isPaused) session.open.batch.pause();
    if (isNew) this.#drive(session);
    this.#changed();
  }

  #open(): Promise<BatchSession> {
    const model = this.model();
    const settings = batchSettings(this.RED, this.config, model);
    const events = { onFile: (file: BatchFile) => this.#onFile(file), onProgress: () => this.#show() };
    return BatchSession.open(settings, engineFor(model), events, model.runsOn?.password ?? null);
  }

  #drive(session: BatchSession): void {
    this.#running = session.run().catch((error: unknown) => {
      this.#report(error);
      session.stop();
    });
    void this.#running.then(() => this.#turns.run(() => this.#finish(session)));
  }

  async #finish(session: BatchSession): Promise<void> {
    const { batch } = session.open;
    if (this.#session !== session) return; // the node was closed meanwhile
    if (!session.isStopped && batch.totals.waiting > 0) return this.#drive(session); // they came at the last moment
    await session.end().catch(this.#report);
    this.#session = null;
    this.#summarize(batch);
    const isLeft = batch.totals.failed + batch.totals.waiting > 0;
    if (!isLeft) this.#requests = [];
    await this.#file.write(isLeft ? this.#stored() : null).catch(this.#report);
    this.#changed();
  }

  #onFile(file: BatchFile): void {
    const { variables } = runtimeOf(this.RED);
    if (this.#isClosed) return;
    const isNews = file.state === 'failed' && !this.#toldBefore.has(file.input);
    if (file.state === 'done' || isNews) {
      this.#hasNews = true;
      this.send([fileMessage(file, variables), null]);
    }
    if (this.state === 'watching') this.#summarize(this.#session!.open.batch);
    this.#changed();
  }

  #summarize(batch: Batch): void {
    if (!this.#hasNews || this.#isClosed) return;
    this.#hasNews = false;
    this.send([null, summaryMessage(batch.out, batch.totals)]);
  }

  async #retry(id: number | null): Promise<void> {
    const session = this.#session;
    if (session) return void session.open.batch.retry(id ?? undefined);
    const others = (this.#batch?.files ?? []).filter((file) => id !== null && file.id !== id && file.error !== null);
    const failed = others.map(({ input, error }) => [input, error!] as const);
    await this.#start(this.#requests, { ...NOTHING_STORED, failed }, true);
  }

  #clear(): void {
    if (this.#session) return this.#session.open.batch.clear();
    this.#batch = null;
    this.#requests = [];
  }

  #own(): readonly Request[] {
    return inputLines(this.config).map((path) => ({ path, origin: 'config' }));
  }

  /** Null: there is nothing to keep. */
  #stored(): StoredQueue | null {
    if (this.#batch === null || this.#requests.length === 0) return null;
    const { files, isPaused } = this.#batch;
    const isLeft = ({ state }: BatchFile): boolean => state === 'waiting' || state === 'running';
    const order = [...files.filter(({ state }) => state === 'running'), ...files.filter(isLeft)].map(
      ({ input }) => input,
    );
    const failed = files.flatMap(({ input, error }) => (error ? [[input, { ...error, detail: '' }] as const] : []));
    return { requests: this.#requests, order: [...new Set(order)], failed, isPaused };
  }

  #changed(): void {
    this.#show();
    this.#saves.push(null);
  }

  #show(): void {
    this.#line.push(this.#batch ? batchStatus(this.state, this.#batch.totals) : status.idle);
  }
}
