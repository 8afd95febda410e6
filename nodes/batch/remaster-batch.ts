import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { NO_FILES } from '../../src/batch/totals';
import { editorId } from '../jobs/jobRegistry';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { batchActionOf } from './batchActions';
import { requestsOf } from './batchInputs';
import type { BatchConfig } from './batchSettings';
import { NodeBatch } from './nodeBatch';

export default function remasterBatch(RED: NodeAPI): void {
  const { batches, variables } = runtimeOf(RED);

  function RemasterBatch(this: Node, config: BatchConfig): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const send = (messages: readonly (NodeMessage | null)[]): void => this.send([...messages]);
    const batch = new NodeBatch(RED, this, config, send);
    const refuse = (error: unknown): Error => {
      this.status(status.failed(error));
      return nodeError(error);
    };

    this.on('input', (msg, _send, done) => {
      const finish = variables.done(done);
      const action = batchActionOf(msg);
      const work = async (): Promise<void> => {
        if (action === null || action === 'start') return batch.start(requestsOf(msg));
        return batch.control({ action, file: null, to: null });
      };
      work().then(
        () => finish(),
        (error: unknown) => finish(refuse(error)),
      );
    });
    const logError = (error: unknown): void => this.error(refuse(variables.without(error)));
    const restore = (): void => void batch.restore().catch(logError);
    RED.events.once('flows:started', restore);
    const unregister = batches.register(this.id, {
      node: editorId(this),
      label: this.name || 'video batch',
      model: () => modelName(batch),
      state: () => batch.state,
      files: () => batch.batch?.files ?? [],
      totals: () => batch.batch?.totals ?? NO_FILES,
      control: (order) => void batch.control(order).catch(logError),
      hide: (text) => variables.hide(text),
    });
    this.on('close', (removed: boolean, closed: () => void) => {
      RED.events.off('flows:started', restore);
      unregister();
      void batch.close(removed).catch(logError).finally(closed);
    });
  }
  RED.nodes.registerType('remaster-batch', RemasterBatch);
}

/** Empty where the model node is missing: a batch says so when it starts. */
function modelName(batch: NodeBatch): string {
  try {
    return batch.model().model;
  } catch {
    return '';
  }
}
