import type { Node, NodeAPI, NodeDef } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { type ErrorRecord, printable, RemasterError } from '../../src/errors';
import { AUTO } from '../../src/settings/chooseModel';
import { JOB_DEFAULTS, modelChoice } from '../../src/settings/restoreJob';
import { serveCompare } from '../http/compareRoutes';
import { serveEditor } from '../http/editorApi';
import { serveTries } from '../http/tryRoutes';
import { dialogValues, labelsOf } from '../message/dialogValues';
import { nodeError } from '../message/nodeError';
import { type Credentials, CREDENTIALS } from '../message/credentials';
import type { DeployedModel, QueueChoice } from '../message/nodeRegistry';
import { runtimeOf } from '../runtime';
import { ROWS } from './rows';

const LABELS = labelsOf(__dirname, 'remaster-model');

interface Config extends NodeDef {
  readonly model?: string;
  readonly modelType?: 'bundle' | 'str' | 'env';
  readonly preload: boolean;
}

/** The config node as other nodes see it. */
export interface ModelNode extends Node {
  /** Throws if a setting is invalid. */
  readonly choice: () => DeployedModel;
}

export default function remasterModel(RED: NodeAPI): void {
  const { variables } = runtimeOf(RED);
  serveEditor(RED);
  serveCompare(RED);
  serveTries(RED);

  function RemasterModel(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const choice = (): DeployedModel =>
      choiceOf(config, this.credentials ?? {}, (name) => String(RED.util.evaluateNodeProperty(name, 'env', this, {})));
    Object.assign(this, { choice });
    if (config.preload) {
      const load = (): void => {
        preload(choice).then(
          ({ text, doubt }) => {
            this.log(variables.hide(printable(text)));
            if (doubt) this.warn(variables.hide(`${doubt.code}: ${doubt.message} ${doubt.remedy}`));
          },
          (error: unknown) => this.error(nodeError(variables.without(error))),
        );
      };
      RED.events.once('flows:started', load);
      this.on('close', () => void RED.events.off('flows:started', load));
    }
    // 'close' does not stop the engine: nodes share it, a deploy would load the model again, and it exits when idle
  }
  RED.nodes.registerType('remaster-model', RemasterModel, { credentials: { password: CREDENTIALS.password } });
}

function choiceOf(config: Config, credentials: Credentials, env: (name: string) => string): DeployedModel {
  const model = (config.modelType === 'env' ? env(config.model ?? '') : (config.model ?? JOB_DEFAULTS.model)).trim();
  if (model === '') {
    const why =
      config.modelType === 'env' ? `The environment variable ${config.model ?? ''} is not set` : 'No model is selected';
    throw new RemasterError('MODEL_NOT_FOUND', `${why}.`, { remedy: 'Choose a model in the upscale model node.' });
  }
  const { preload: _preload, idle, runsOn, queue, mixed, ...settings } = dialogValues(ROWS, config, LABELS);
  return {
    model,
    ...settings,
    runsOn: runsOn === 'queue' ? queueOf(queue, mixed, credentials) : null,
    idleSeconds: idle,
  };
}

function queueOf(queue: string | null, mixed: boolean, { password = '' }: Credentials): QueueChoice {
  if (queue === null)
    throw new RemasterError('BAD_SETTING', 'The videos of this model run on a queue, and no queue is named.', {
      remedy: 'Enter its address in the upscale model node, for example redis://nas:6379.',
    });
  return { queue, mixed, password: password === '' ? null : password };
}

async function preload(
  choice: () => DeployedModel,
): Promise<{ readonly text: string; readonly doubt: ErrorRecord | null }> {
  const chosen = choice();
  if (chosen.model === AUTO)
    return { text: 'No model is loaded beforehand: each source gets the one that suits it (auto).', doubt: null };
  const ready = await engineFor(chosen).ask('test', { ...modelChoice(chosen), steps: null });
  const { provider, ms, tile, suspect } = ready;
  const text = `${chosen.model} is loaded on ${provider}: ${Math.round(ms)} ms for a tile of ${tile.join('×')}`;
  return { text, doubt: suspect };
}
