import type { Node, NodeAPI, NodeDef } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { whole } from '../../src/settings/row';
import { INPUT_ROWS as ROWS } from '../../src/settings/videoRows';
import { serveCompare } from '../http/compareRoutes';
import { serveEditor } from '../http/editorApi';
import { nodeError } from '../message/nodeError';
import type { DeployedModel } from '../message/nodeRegistry';
import { dialogValue } from '../message/rowValue';

/** Seconds after the last job until the model is unloaded. */
const IDLE = whole(0, 86_400, 60, { text: 'unload after so many idle seconds', unit: 's' });

interface Config extends NodeDef {
  readonly model: string;
  readonly modelType: 'bundle' | 'str' | 'env';
  readonly provider: string;
  readonly device: string | number;
  readonly threads: string | number;
  readonly tile: string | number;
  /** Absent in flows of the first release. */
  readonly overlap?: string | number;
  readonly batch: string | number;
  readonly idle: string | number;
  readonly preload: boolean;
}

/** The config node as other nodes see it. */
export interface ModelNode extends Node {
  /** Throws if a setting is invalid. */
  readonly choice: () => DeployedModel;
}

export default function remasterModel(RED: NodeAPI): void {
  serveEditor(RED);
  serveCompare(RED);

  function RemasterModel(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const choice = (): DeployedModel =>
      choiceOf(config, (name) => String(RED.util.evaluateNodeProperty(name, 'env', this, {})));
    Object.assign(this, { choice });
    if (config.preload) {
      const load = (): void => {
        preload(choice).then(
          (text) => this.log(text),
          (error: unknown) => this.error(nodeError(error)),
        );
      };
      RED.events.once('flows:started', load);
      this.on('close', () => void RED.events.off('flows:started', load));
    }
    // 'close' does not stop the engine: nodes share it, a deploy would load the model again, and it exits when idle
  }
  RED.nodes.registerType('remaster-model', RemasterModel);
}

function choiceOf(config: Config, env: (name: string) => string): DeployedModel {
  const model = (config.modelType === 'env' ? env(config.model) : config.model).trim();
  if (model === '') {
    const why =
      config.modelType === 'env' ? `The environment variable ${config.model} is not set` : 'No model is selected';
    throw new RemasterError('MODEL_NOT_FOUND', `${why}.`, { remedy: 'Choose a model in the upscale model node.' });
  }
  return {
    model,
    provider: dialogValue(ROWS.provider, config.provider, 'Runs on'),
    device: dialogValue(ROWS.device, config.device, 'GPU'),
    threads: dialogValue(ROWS.threads, config.threads, 'Threads'),
    tile: dialogValue(ROWS.tile, config.tile, 'Tile'),
    overlap: dialogValue(ROWS.overlap, config.overlap, 'Overlap'),
    batch: dialogValue(ROWS.batch, config.batch, 'Batch'),
    idleSeconds: dialogValue(IDLE, config.idle, 'Unload after'),
  };
}

async function preload(choice: () => DeployedModel): Promise<string> {
  const { model, provider, device, threads } = choice();
  const ready = await engineFor(choice()).ask('test', { model, provider, device, threads, steps: null });
  return `${model} is loaded on ${ready.provider}: ${Math.round(ready.ms)} ms for a tile of ${ready.tile.join('×')}`;
}
