import type { Node, NodeAPI } from 'node-red';
import type { Progress } from '../../src/settings/restoreJob';
import { editorId } from '../jobs/jobRegistry';
import type { DeployedModel } from '../message/nodeRegistry';
import type { PlanStage } from '../message/plan';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';

/** The status of a video upscale node: its model between jobs, the speed while its stage runs. */
export class StageStatus {
  /** Of the last stage; null: not known yet. */
  #scale: number | null = null;
  /** The model that was chosen for it; null where the model node names one. */
  #chosen: string | null = null;
  #isRunning = false;
  #isClosed = false;

  constructor(
    private readonly RED: Pick<NodeAPI, 'comms' | 'events'>,
    private readonly node: Node,
    private readonly model: () => Pick<DeployedModel, 'model'>,
  ) {
    this.#showReady();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Null: the job has ended. */
  show(progress: Progress | null): void {
    if (this.#isClosed || (progress === null && !this.#isRunning)) return;
    this.#isRunning = progress !== null;
    if (progress === null) return this.#showReady();
    this.node.status(status.upscaling(this.#scale, progress.fps));
    // only the frame number: an editor with an open preview requests the image
    this.RED.comms.publish('remaster/preview', { id: editorId(this.node), n: progress.frame }, false);
  }

  /** A stage was added to a message. */
  added({ scale, model, reason }: Pick<PlanStage, 'scale' | 'model' | 'reason'>): void {
    this.#scale = scale;
    this.#chosen = reason === undefined ? null : model;
    if (!this.#isRunning) this.#showReady();
  }

  failed(error: unknown): void {
    this.node.status(status.failed(error));
  }

  /** Shows no more. */
  close(): void {
    this.#isClosed = true;
  }

  #showReady(): void {
    try {
      const { model } = this.model();
      this.#scale ??= runtimeOf(this.RED).models.get(model)?.scale ?? null;
      this.node.status(this.#chosen === null ? status.ready(model, this.#scale) : status.chosen(this.#chosen));
    } catch (error) {
      this.failed(error);
    }
  }
}
