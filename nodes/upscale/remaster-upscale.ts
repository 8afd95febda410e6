import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { Progress } from '../../src/settings/restoreJob';
import { editorId } from '../jobs/jobRegistry';
import { actionOf } from '../message/actions';
import { anyPlanOf } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import { type PlanStage } from '../message/plan';
import { dialogValues, fieldsFor, labelsOf } from '../message/dialogValues';
import * as status from '../message/status';
import { evaluate, originOf, typedField } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';
import { ROWS } from './rows';

interface Config extends NodeDef {
  readonly model: string;
  readonly mask?: string;
  readonly maskType?: string;
}

const LABELS = labelsOf(__dirname, 'remaster-upscale');
/** The mask is a path, which needs more than its row; the preview is of the editor. */
const { mask: _mask, preview: _preview, ...SETTINGS } = ROWS;

export default function remasterUpscale(RED: NodeAPI): void {
  const { models, nodes } = runtimeOf(RED);

  function RemasterUpscale(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const mask = typedField(config, 'mask', '', 'str');
    const model = RED.nodes.getNode(config.model) as ModelNode | null;
    let scale: number | null = null;
    let isClosed = false;
    let isRunning = false;
    let turn = Promise.resolve();

    const clearStatus = (): void => {
      try {
        const name = modelOf(model).model;
        scale ??= models.get(name)?.scale ?? null;
        this.status(status.ready(name, scale));
      } catch (error) {
        this.status(status.failed(error));
      }
    };
    const show = (progress: Progress | null): void => {
      if (isClosed || (progress === null && !isRunning)) return;
      isRunning = progress !== null;
      if (progress === null) clearStatus();
      else {
        this.status(status.upscaling(scale, progress.fps));
        // only the frame number: an editor with an open preview requests the image
        RED.comms.publish('remaster/preview', { id: editorId(this), n: progress.frame }, false);
      }
    };
    const rules = (): PathRules => pathRules(RED.settings, 'remasterInAllowedFolders');
    /** The mask in the node's settings; null if there is none or messages provide it. */
    const ownMask = (): string | null => {
      if (originOf(mask) === 'message' || mask.value.trim() === '') return null;
      const value: unknown = RED.util.evaluateNodeProperty(mask.value, mask.type, this, {});
      return typeof value === 'string' ? resolve(rules().base, value) : null;
    };
    const namesMask = (path: string): boolean => path === ownMask();
    const unregister = nodes.registerUpscale(this.id, { model: () => modelOf(model), namesMask, show });
    this.on('close', () => {
      isClosed = true;
      unregister();
    });
    clearStatus();

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action !== null && (action !== 'start' || msg['video'] === undefined)) {
        send(msg); // controls the job of the video out node
        done();
        return;
      }
      // in sequence: messages leave in the order they arrived
      turn = turn.then(() => addStage(msg, send, done));
    });

    const addStage = async (
      msg: NodeMessageInFlow,
      send: (msg: NodeMessage) => void,
      done: (error?: Error) => void,
    ) => {
      if (isClosed) return;
      try {
        const video = await planWithStage(msg);
        if (isClosed) return;
        if (!isRunning) clearStatus();
        send(Object.assign(msg, { video }));
        done();
      } catch (error) {
        if (isClosed) return;
        this.status(status.failed(error));
        done(nodeError(error));
      }
    };

    const planWithStage = async (msg: NodeMessageInFlow) => {
      const plan = anyPlanOf(msg);
      if (plan.stages.length > 0) {
        throw new RemasterError(
          'PLAN_INVALID',
          'The message has passed through a video upscale node already; a job needs exactly one.',
          {
            remedy: 'Remove one of the two nodes, or restore the finished file in a second job.',
          },
        );
      }
      const { model: name, tile } = modelOf(model);
      const settings = dialogValues(SETTINGS, await fieldsFor(RED, this, SETTINGS, config, msg), LABELS);
      const stage: PlanStage = {
        node: this.id,
        op: 'upscale',
        model: name,
        ...settings,
        scale: settings.scale ?? (await models.usable(name))?.scale ?? null,
        mask: await maskFor(msg),
        tile,
      };
      scale = stage.scale;
      return { ...plan, stages: [stage] };
    };

    const maskFor = async (msg: NodeMessageInFlow): Promise<string | null> => {
      const value = await evaluate(RED, this, mask, msg);
      if (value === undefined || value === null || value === '') return null;
      return allowedSource(value, originOf(mask), rules());
    };
  }
  RED.nodes.registerType('remaster-upscale', RemasterUpscale);
}

function modelOf(node: ModelNode | null): DeployedModel {
  if (node) return node.choice();
  throw new RemasterError('MODEL_NOT_FOUND', 'The upscale model of this node is missing or disabled.', {
    remedy: 'Open the video upscale node, choose a model, and deploy.',
  });
}
