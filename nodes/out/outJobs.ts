import type { Node, NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';
import { ACTIONS, type Action } from '../message/actions';
import type { Input } from '../message/input';
import { anyPlanOf, isLive } from '../message/livePlan';
import { type OutConfig, targetOf } from './buildJob';
import { controlCameras, controlFiles, repeatLast } from './control';
import { FileJobs } from './fileJobs';
import { LiveJobs } from './liveJobs';
import type { OutStatus } from './outStatus';
import { VideoAssemblies } from './videoFromImages';

/** The jobs of a video out node: files, cameras, and videos from images. */
export class OutJobs {
  readonly #files: FileJobs;
  readonly #cameras: LiveJobs;
  readonly #assemblies: VideoAssemblies;

  constructor(
    RED: NodeAPI,
    node: Node,
    private readonly config: OutConfig,
    statusLine: OutStatus,
  ) {
    this.#files = new FileJobs(RED, node, config, statusLine);
    this.#cameras = new LiveJobs(RED, node, config, (next, isFinal) => statusLine.show(next, isFinal));
    this.#assemblies = new VideoAssemblies(node, RED, config, (next, isFinal) => {
      if (isFinal) statusLine.idle = next;
      if (this.files.isEmpty) statusLine.show(next, isFinal);
    });
  }

  get files(): FileJobs['pending'] {
    return this.#files.pending;
  }

  /** An image, or the end of a sequence of images. */
  addImage(input: Input): Promise<void> {
    return this.#assemblies.take(input);
  }

  /** Throws if the message has no plan for the target of this node. Its `done` is called when the job ends. */
  async start(input: Input): Promise<void> {
    const { msg } = input;
    if (msg['video'] === undefined && msg['action'] !== undefined) throw unknownAction(msg['action']);
    const plan = anyPlanOf(msg);
    if (isLive(plan)) return this.#cameras.start(plan, input);
    if (targetOf(this.config) !== 'file') throw notLive(plan.source.label);
    return this.#files.start(plan, input);
  }

  /** After a deploy: no camera runs on without its video in node. */
  stopOrphans(): Promise<void> {
    return this.#cameras.stopOrphans();
  }

  async act(action: Action, input: Input): Promise<void> {
    if (action === 'stop' || action === 'skip') await this.#assemblies.stop();
    const startsAgain = action === 'start' || action === 'restart';
    if (this.#cameras.hasRun) await controlCameras(this.#cameras, action, input);
    else if (startsAgain && this.files.isEmpty) return this.start(repeatLast(action, this.#files.last, input));
    else await controlFiles(this.files, action);
    input.done();
  }

  /** Ends all jobs, because the node closes. Returns the messages of those that can continue. */
  async close(): Promise<readonly Pick<Input, 'msg' | 'done'>[]> {
    const [files, cameras] = await Promise.all([this.#files.close(), this.#cameras.close(), this.#assemblies.close()]);
    return [...files, ...cameras];
  }
}

const unknownAction = (action: unknown): RemasterError =>
  new RemasterError('BAD_SETTING', `msg.action is ${show(action)}, which is not an action of this node.`, {
    remedy: `Use one of ${ACTIONS.join(', ')}.`,
  });

const notLive = (label: string): RemasterError =>
  new RemasterError('BAD_SETTING', `${show(label)} is a file, but the target of this video out node is for cameras.`, {
    remedy: 'Choose the target “video file”.',
  });
