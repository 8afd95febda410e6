import type { NodeMessageInFlow } from 'node-red';
import type { LivePlan } from '../message/livePlan';

/** The last plan of each video in node, to start its camera again. */
export class StartedPlans {
  readonly #messages = new Map<string, object>();

  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  keep(plan: LivePlan, { topic }: NodeMessageInFlow): void {
    this.#messages.set(plan.source.node, { ...(typeof topic === 'string' && { topic }), video: plan });
  }

  /** The video in nodes of the plans. */
  get nodes(): readonly string[] {
    return [...this.#messages.keys()];
  }

  forget(node: string): void {
    this.#messages.delete(node);
  }

  /** A new message for each plan, with the topic that it came with. */
  messages(): readonly (NodeMessageInFlow & { readonly video: LivePlan })[] {
    return [...this.#messages.values()].map((msg) => ({ ...msg }) as NodeMessageInFlow & { readonly video: LivePlan });
  }
}
