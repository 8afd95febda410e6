import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS, type NoiseMode, type Progress } from '../../src/settings/restoreJob';
import { editorId } from '../jobs/jobRegistry';
import { actionOf } from '../message/actions';
import { knownModel, usableModel } from '../message/knownModels';
import { anyPlanOf } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import { register, stages, type DeployedModel } from '../message/nodeRegistry';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import { COLOUR, COLOUR_FIXES, FACES, type PlanStage, show as shown, TEMPORAL_DENOISE } from '../message/plan';
import * as status from '../message/status';
import { evaluate, integerIn, numberIn, optionIn, originOf, type Typed } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';

interface Config extends NodeDef {
  readonly model: string;
  readonly steps: string;
  readonly stepsType: string;
  readonly strength: string;
  readonly strengthType: string;
  readonly noise: NoiseMode;
  readonly seed: string;
  readonly seedType: string;
  // Not in flows of the first release:
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

    const rest = (): void => {
      try {
        const name = chosen(model).model;
        scale ??= knownModel(name)?.scale ?? null;
        this.status(status.ready(name, scale));
      } catch (error) {
        this.status(status.failed(error));
      }
    };
    const show = (progress: Progress | null): void => {
      if (isClosed || (progress === null && !isRunning)) return;
      isRunning = progress !== null;
      if (progress === null) rest();
      else {
        this.status(status.upscaling(scale, progress.fps));
        // whoever has the preview open asks for the picture; nobody is sent one
        RED.comms.publish('remaster/preview', { id: editorId(this), n: progress.frame }, false);
      }
    };
    const rules = (): PathRules => pathRules(RED.settings, 'remasterInAllowedFolders');
    /** The mask in the node's own settings; null when there is none or messages name it. */
    const ownMask = (): string | null => {
      if (originOf(mask) === 'message' || mask.value.trim() === '') return null;
      const value: unknown = RED.util.evaluateNodeProperty(mask.value, mask.type, this, {});
      return typeof value === 'string' ? resolve(rules().base, value) : null;
    };
    const namesMask = (path: string): boolean => path === ownMask();
    const leave = register(stages, this.id, { model: () => chosen(model), namesMask, show });
    this.on('close', () => {
      isClosed = true;
      leave();
    });
    rest();

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action !== null && (action !== 'start' || msg['video'] === undefined)) {
        send(msg); // steers the job further down the wire
        done();
        return;
      }
      // one after the other: messages leave in the order they came
      turn = turn.then(() => enlarge(msg, send, done));
    });

    const enlarge = async (msg: NodeMessageInFlow, send: (msg: NodeMessage) => void, done: (error?: Error) => void) => {
      if (isClosed) return;
      try {
        const video = await planWithStage(msg);
        if (isClosed) return;
        if (!isRunning) rest();
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
          'The video has passed a video upscale node before; a job has room for one.',
          {
            remedy: 'Take one of the two nodes out, or restore the finished file in a second run.',
          },
        );
      }
      const { model: name, tile } = chosen(model);
      const asked = numberIn(await evaluate(RED, this, wantedScale, msg), 'Scale', 0.1, 16);
      const stage: PlanStage = {
        node: this.id,
        op: 'upscale',
        model: name,
        scale: asked ?? (await usableModel(name))?.scale ?? null,
        steps: integerIn(await evaluate(RED, this, steps, msg), 'Steps', 1, 10_000),
        order: optionIn(Number(config.order || 0) || null, [null, 1, 2, 3], 'Solver order'),
        strength: numberIn(await evaluate(RED, this, strength, msg), 'Strength', 0, 1) ?? JOB_DEFAULTS.strength,
        noise: optionIn(config.noise, ['shared', 'independent', 'mixed'], 'Noise'),
        seed: integerIn(await evaluate(RED, this, seed, msg), 'Seed', 0, 0xffff_ffff) ?? JOB_DEFAULTS.seed,
        colorFix: optionIn(config.colorFix || null, COLOUR_FIXES, 'Colours'),
        temporalDenoise: optionIn(config.temporalDenoise ?? 'off', TEMPORAL_DENOISE, 'Stabilize'),
        faces: optionIn(config.faces || null, FACES, 'Faces'),
        minFace: integerIn(config.minFace, 'Smallest face', 8, 8192),
        mask: await maskFor(msg),
        maskColor: colourIn(config.maskColor),
        maskTolerance: numberIn(config.maskTolerance, 'Tolerance', 0, 1),
        maskGrow: integerIn(config.maskGrow, 'Grow', 0, 64),
        tileCache:
          config.tileCache === 'off'
            ? null
            : (integerIn(config.tileCache, 'Unchanged', 0, 255) ?? JOB_DEFAULTS.tileCache),
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

function colourIn(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  if (COLOUR.test(value)) return value;
  throw new RemasterError('BAD_SETTING', `Hole colour is ${shown(value)}, not a colour like #00ff00.`, {
    remedy: 'Correct it in the node, and deploy.',
  });
}

function chosen(node: ModelNode | null): DeployedModel {
  if (node) return node.choice();
  throw new RemasterError('MODEL_NOT_FOUND', 'The upscale model of this node is missing or disabled.', {
    remedy: 'Open the video upscale node, choose a model, and deploy.',
  });
}
