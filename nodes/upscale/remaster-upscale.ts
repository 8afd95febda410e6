import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { Progress } from '../../src/settings/restoreJob';
import { INPUT_ROWS as ROWS } from '../../src/settings/videoRows';
import { editorId } from '../jobs/jobRegistry';
import { actionOf } from '../message/actions';
import { anyPlanOf } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import { type PlanStage } from '../message/plan';
import { dialogValue } from '../message/rowValue';
import * as status from '../message/status';
import { evaluate, originOf, type Typed } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';

interface Config extends NodeDef {
  readonly model: string;
  readonly steps: string;
  readonly stepsType: string;
  readonly strength: string;
  readonly strengthType: string;
  readonly noise?: string;
  readonly seed: string;
  readonly seedType: string;
  // Absent in flows of the first release:
  readonly scale?: string;
  readonly scaleType?: string;
  readonly order?: string | number;
  readonly colorFix?: string;
  readonly temporalDenoise?: string;
  readonly faces?: string;
  readonly minFace?: string | number;
  readonly mask?: string;
  readonly maskType?: string;
  readonly maskColor?: string;
  readonly maskTolerance?: string | number;
  readonly maskGrow?: string | number;
  readonly tileCache?: string;
}

export default function remasterUpscale(RED: NodeAPI): void {
  const { models, nodes } = runtimeOf(RED);

  function RemasterUpscale(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const steps: Typed = { value: config.steps, type: config.stepsType };
    const strength: Typed = { value: config.strength, type: config.strengthType };
    const seed: Typed = { value: config.seed, type: config.seedType };
    const wantedScale: Typed = { value: config.scale ?? '', type: config.scaleType ?? 'num' };
    const mask: Typed = { value: config.mask ?? '', type: config.maskType ?? 'str' };
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
      const requested = dialogValue(ROWS.scale, await evaluate(RED, this, wantedScale, msg), 'Scale');
      const stage: PlanStage = {
        node: this.id,
        op: 'upscale',
        model: name,
        scale: requested ?? (await models.usable(name))?.scale ?? null,
        steps: dialogValue(ROWS.steps, await evaluate(RED, this, steps, msg), 'Steps'),
        order: dialogValue(ROWS.order, config.order, 'Solver order (DoSSR)'),
        strength: dialogValue(ROWS.strength, await evaluate(RED, this, strength, msg), 'Strength'),
        noise: dialogValue(ROWS.noise, config.noise, 'Noise pattern'),
        seed: dialogValue(ROWS.seed, await evaluate(RED, this, seed, msg), 'Seed'),
        colorFix: dialogValue(ROWS.colorFix, config.colorFix, 'Colour correction'),
        temporalDenoise: dialogValue(ROWS.temporalDenoise, config.temporalDenoise, 'Temporal denoise'),
        faces: dialogValue(ROWS.faces, config.faces, 'Faces'),
        minFace: dialogValue(ROWS.minFace, config.minFace, 'Min. face size'),
        mask: await maskFor(msg),
        maskColor: dialogValue(ROWS.maskColor, config.maskColor, 'Mask colour'),
        maskTolerance: dialogValue(ROWS.maskTolerance, config.maskTolerance, 'Mask tolerance'),
        maskGrow: dialogValue(ROWS.maskGrow, config.maskGrow, 'Expand mask'),
        tileCache: dialogValue(ROWS.tileCache, config.tileCache, 'Skip unchanged tiles'),
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
