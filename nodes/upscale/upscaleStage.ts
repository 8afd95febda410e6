import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { underFields } from '../../src/presets/withPreset';
import { AUTO } from '../../src/settings/chooseModel';
import { STAGE_ROWS } from '../../src/settings/videoRows';
import { deployedModel } from '../message/deployedModel';
import { dialogValues, fieldsFor, labelsOf } from '../message/dialogValues';
import { anyPlanOf, type LivePlan } from '../message/livePlan';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import type { Plan, PlanStage } from '../message/plan';
import { modelOfPreset } from '../message/presets';
import { evaluate, originOf, type Typed, typedField } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';
import { chosenModel } from './chosenModel';
import { ROWS } from './rows';

export interface UpscaleConfig extends NodeDef {
  readonly model: string;
  readonly mask?: string;
  readonly maskType?: string;
}

const LABELS = labelsOf(__dirname, 'remaster-upscale');
/** The mask is a path, which needs more than its row; the preview is of the editor. */
const { mask: _mask, preview: _preview, ...SETTINGS } = ROWS;

/** The stage that a video upscale node adds to plans. */
export class UpscaleStage {
  readonly #mask: Typed;
  readonly #model: ModelNode | null;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: UpscaleConfig,
  ) {
    this.#mask = typedField(config, 'mask', '', 'str');
    this.#model = RED.nodes.getNode(config.model) as ModelNode | null;
  }

  /** Throws if the model node is missing, disabled or has an invalid setting. */
  model(): DeployedModel {
    return deployedModel(this.#model, 'video upscale');
  }

  /** Whether the node's own settings, not a message, name this mask. */
  namesMask(path: string): boolean {
    const { value, type } = this.#mask;
    if (originOf(this.#mask) === 'message' || value.trim() === '') return false;
    const own: unknown = this.RED.util.evaluateNodeProperty(value, type, this.node, {});
    return typeof own === 'string' && path === resolve(this.#rules.base, own);
  }

  /** The plan of a message with this stage; throws if it has one already, or a setting is invalid. */
  async addTo(msg: NodeMessageInFlow): Promise<(Plan | LivePlan) & { readonly stages: readonly [PlanStage] }> {
    const plan = anyPlanOf(msg);
    if (plan.stages.length > 0) throw twoStages();
    const deployed = this.model();
    const { tile } = deployed;
    const fields = dialogValues(SETTINGS, await fieldsFor(this.RED, this.node, SETTINGS, this.config, msg), LABELS);
    const settings = underFields(STAGE_ROWS, fields, plan.preset ?? null);
    const mask = await this.#maskFor(msg);
    const wants = { ...settings, mask };
    const isAuto = deployed.model === AUTO;
    const preset = isAuto && plan.preset ? modelOfPreset(plan.preset) : null;
    const chosen = preset ?? (isAuto ? await chosenModel(this.RED, this.node, plan, wants, deployed) : null);
    const { model } = chosen ?? deployed;
    const scale = settings.scale ?? (await runtimeOf(this.RED).models.usable(model))?.scale ?? null;
    return {
      ...plan,
      stages: [
        {
          node: this.node.id,
          op: 'upscale',
          model,
          ...(chosen && { reason: chosen.reason }),
          ...settings,
          scale,
          mask,
          tile,
        },
      ],
    };
  }

  async #maskFor(msg: NodeMessageInFlow): Promise<string | null> {
    const value = await evaluate(this.RED, this.node, this.#mask, msg);
    if (value === undefined || value === null || value === '') return null;
    return allowedSource(value, originOf(this.#mask), this.#rules);
  }

  get #rules(): PathRules {
    return pathRules(this.RED.settings, 'remasterInAllowedFolders');
  }
}

const twoStages = (): RemasterError =>
  new RemasterError(
    'PLAN_INVALID',
    'The message has passed through a video upscale node already; a job needs exactly one.',
    { remedy: 'Remove one of the two nodes, or restore the finished file in a second job.' },
  );
