import type { Progress } from '../../src/settings/restoreJob';
import type { NodeRegistry } from './nodeRegistry';

/** Shows the speed of jobs below the video upscale nodes that are their stages. */
export class UpscaleStatus {
  readonly #shown = new Set<string>();

  constructor(private readonly nodes: Pick<NodeRegistry, 'upscaleNode'>) {}

  show(id: string, progress: Progress): void {
    this.#shown.add(id);
    this.nodes.upscaleNode(id)?.show(progress);
  }

  /** No job runs any more: the nodes show that they are ready. */
  clear(): void {
    for (const id of this.#shown) this.nodes.upscaleNode(id)?.show(null);
    this.#shown.clear();
  }
}
