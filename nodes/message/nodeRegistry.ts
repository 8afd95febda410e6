import type { CameraState, LiveSource } from '../../src/settings/liveJob';
import type { ModelChoice, Progress } from '../../src/settings/restoreJob';

/** A deployed video in node. */
export interface DeployedInNode {
  /** Whether the node's own settings, not a message, name this file. */
  readonly names: (path: string) => boolean;
  /** It plays the sample clip of the package. */
  readonly isSample: boolean;
  /** Null if the node opens files. */
  readonly camera: DeployedCamera | null;
}

/** The camera of a video in node. */
export interface DeployedCamera {
  /** With the password, which is stored nowhere else. Throws if a setting is invalid. */
  readonly source: () => LiveSource;
  /** It sends a message of its own after every deploy. */
  readonly isAutostart: boolean;
  /** Shows the state of the camera; null: no job uses it any more. */
  readonly show: (state: CameraState | null) => void;
}

/** A deployed video upscale node. */
export interface DeployedUpscaleNode {
  /** Throws if its model node is missing, disabled or has an invalid setting. */
  readonly model: () => DeployedModel;
  /** Whether the node's own settings, not a message, name this mask. */
  readonly namesMask: (path: string) => boolean;
  /** Shows the speed of a running job; null: the job has ended. */
  readonly show: (progress: Progress | null) => void;
}

/** A queue whose workers restore videos. */
export interface QueueChoice {
  readonly queue: string;
  readonly mixed: boolean;
  /** Null: that of the environment. */
  readonly password: string | null;
}

/** The settings of an upscale model node. */
export interface DeployedModel extends ModelChoice {
  readonly tile: number | null;
  readonly overlap: number | null;
  readonly batch: number | null;
  /** Whose workers restore videos; null: this machine does. */
  readonly runsOn: QueueChoice | null;
  /** Seconds after which an unused engine exits. */
  readonly idleSeconds: number;
}

/** The deployed nodes that a plan may name, by id. Any other id comes from another Node-RED or a removed node. */
export class NodeRegistry {
  readonly #inNodes = new Map<string, DeployedInNode>();
  readonly #upscaleNodes = new Map<string, DeployedUpscaleNode>();

  /** Returns a function that removes the node. */
  registerIn(id: string, node: DeployedInNode): () => void {
    return register(this.#inNodes, id, node);
  }

  /** Returns a function that removes the node. */
  registerUpscale(id: string, node: DeployedUpscaleNode): () => void {
    return register(this.#upscaleNodes, id, node);
  }

  inNode(id: string): DeployedInNode | undefined {
    return this.#inNodes.get(id);
  }

  upscaleNode(id: string): DeployedUpscaleNode | undefined {
    return this.#upscaleNodes.get(id);
  }
}

function register<T>(map: Map<string, T>, id: string, node: T): () => void {
  map.set(id, node);
  return () => {
    if (map.get(id) === node) map.delete(id); // after a deploy the id may belong to the new node
  };
}
