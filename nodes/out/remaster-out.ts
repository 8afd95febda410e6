import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { sweepFolders } from '../../src/pipeline/jobs/ownedFolder';
import { serveLive } from '../http/liveRoutes';
import { CREDENTIALS } from '../message/credentials';
import { nodeError } from '../message/nodeError';
import type { NodeRegistry } from '../message/nodeRegistry';
import { runtimeOf } from '../runtime';
import type { OutConfig } from './buildJob';
import { VideoOut } from './videoOut';

export default function remasterOut(RED: NodeAPI): void {
  const { suspended, variables } = runtimeOf(RED);
  serveLive(RED);
  sweepFolders().catch(() => {}); // what cannot be deleted takes room, no more

  function RemasterOut(this: Node, config: OutConfig): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const out = new VideoOut(RED, this, config);
    this.on('input', (msg, send, done) => out.take({ msg, send, done: variables.done(done) }));
    const cancel = continueSuspended(RED, this, out);
    const close = async (removed: boolean): Promise<void> => {
      cancel();
      const { ended, ...kept } = await out.close();
      if (!removed) return suspended.keep(this.id, kept);
      for (const { msg, done } of ended) {
        msg.payload = { status: 'stopped' };
        done();
      }
    };
    const logError = (error: unknown): void => this.error(nodeError(error));
    this.on('close', (removed: boolean, closed: () => void) => void close(removed).catch(logError).finally(closed));
  }
  RED.nodes.registerType('remaster-out', RemasterOut, {
    credentials: CREDENTIALS,
    settings: { remasterOutAllowedFolders: { value: undefined, exportable: false } },
  });
}

/**
 * The jobs that a deploy interrupted continue once the nodes of their plans are deployed. Returns a function that cancels
 * this.
 */
function continueSuspended(RED: NodeAPI, node: Node, out: VideoOut): () => void {
  const { nodes, suspended } = runtimeOf(RED);
  const kept = suspended.take(node.id);
  if (!kept) return () => {};
  const resume = (): void => {
    if (kept.isPaused) out.pause();
    for (const msg of kept.messages) if (!isLeftToCamera(nodes, msg)) node.receive(msg);
  };
  RED.events.once('flows:started', resume);
  return () => void RED.events.off('flows:started', resume);
}

/**
 * A removed camera ends silently; a file reports the missing node. A camera that starts with the flow sends a message of
 * its own, with its new name.
 */
const isLeftToCamera = (nodes: NodeRegistry, msg: NodeMessageInFlow): boolean => {
  const plan = msg['video'] as { kind?: unknown; source?: { node?: string } } | undefined;
  return plan?.kind === 'live' && nodes.inNode(plan.source?.node ?? '')?.camera?.isAutostart !== false;
};
