import type { CameraState, LiveSource } from '../../src/settings/liveJob';
import type { ModelChoice, Progress } from '../../src/settings/restoreJob';

/** A video in node that is deployed now. */
export interface DeployedInNode {
  /** Whether its own settings, not a message, name this file. */
  readonly names: (path: string) => boolean;
  /** It plays the clip that comes with the package. */
  readonly isSample: boolean;
  /** Of a camera; null when it opens files. */
  readonly live: DeployedCamera | null;
}

/** The camera of a video in node. */
export interface DeployedCamera {
  /** With its password, which stands nowhere else. Throws when a setting cannot work. */
  readonly source: () => LiveSource;
  /** Shows how it stands; null: nobody looks at it any more. */
  readonly show: (state: CameraState | null) => void;
}

/** A video upscale node that is deployed now. */
export interface DeployedUpscaleNode {
  /** Throws when its model node is missing, disabled or set wrongly. */
  readonly model: () => DeployedModel;
  /** Whether its own settings, not a message, name this mask. */
  readonly namesMask: (path: string) => boolean;
  /** Shows how fast the stage runs; null: it has ended. */
  readonly show: (progress: Progress | null) => void;
}

/** What a model node says of itself. */
export interface DeployedModel extends ModelChoice {
  readonly tile: number | null;
  readonly overlap: number | null;
  readonly batch: number | null;
  /** Seconds after which an unused engine goes away. */
  readonly idleSeconds: number;
}

/** The nodes a plan may name. A plan that names another one was made elsewhere, or its node is gone. */
export const sources = new Map<string, DeployedInNode>();
export const stages = new Map<string, DeployedUpscaleNode>();

/** Enters a node and answers with the way to take it off; after a deploy the id may already belong to its successor. */
export function register<T>(map: Map<string, T>, id: string, node: T): () => void {
  map.set(id, node);
  return () => {
    if (map.get(id) === node) map.delete(id);
  };
}
