import { tmpdir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { underFields } from '../../src/presets/withPreset';
import { isHardwareCodec } from '../../src/settings/hardware';
import { withImages } from '../../src/settings/imageOutput';
import type { Job } from '../../src/settings/restoreJob';
import type { Rows, Values } from '../../src/settings/row';
import { fillTemplate } from '../../src/settings/nameTemplate';
import { RESTORE_ROWS } from '../../src/settings/videoRows';
import { show } from '../../src/settings/showValue';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedTarget, pathRules } from '../message/pathPolicy';
import { type Plan, type PlanStage } from '../message/plan';
import { inputSettings, deployedNodes } from '../message/resolvePlan';
import { evaluate, originOf, typedField } from '../message/typedInput';
import { dialogValues, labelsOf } from '../message/dialogValues';
import { runtimeOf } from '../runtime';
import { freeName, inFolder, type NameParts, placeholders } from './outputPath';
import { FILE, ROWS } from './rows';

const LABELS = labelsOf(__dirname, 'remaster-out');

/** The settings that these rows have in the dialog. */
export const settingsOf = <R extends Rows>(rows: R, config: OutConfig): Values<R> => dialogValues(rows, config, LABELS);

export const targetOf = (config: OutConfig) => settingsOf({ target: ROWS.target }, config).target;

/** The settings of a video out node. */
export interface OutConfig extends NodeDef {
  readonly filename: string;
  readonly filenameType: string;
  readonly folder: string;
  readonly folderType: string;
  readonly codec?: string;
  // For live targets:
  readonly viewer?: string;
  readonly server?: string;
  readonly serverType?: string;
  /** `25, 25, 50, 50`: left, top, width and height in percent of the frame. */
  readonly region?: string;
}

export interface BuiltJob {
  readonly job: Job;
  readonly stage: PlanStage;
  readonly model: DeployedModel;
}

/** A job from a plan and the settings of a video out node. */
export async function buildJob(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
  plan: Plan,
): Promise<BuiltJob> {
  const { nodes, promisedOutputs } = runtimeOf(RED);
  const { source, ...resolved } = deployedNodes(nodes, plan);
  const { stage, model } = resolved;
  const settings = await inputSettings(RED, plan, source, resolved);
  const fields = settingsOf(FILE, config);
  const { overwrite, encoder, quality, hardware, ...rest } = underFields(RESTORE_ROWS, fields, plan.preset ?? null);
  const { label } = plan.source;
  const defaultFolder = {
    path: source.isSample ? tmpdir() : dirname(settings.input),
    isFromConfig: source.names(plan.source.path),
  };
  const output = await outputFile(
    RED,
    node,
    config,
    msg,
    { label, scale: stage.scale, model: stage.model, codec: rest.codec },
    defaultFolder,
  );

  const named = withImages({ output, codec: rest.codec, imageName: null });
  const job: Job = {
    ...settings,
    ...{ queue: model.runsOn?.queue ?? null, mixed: model.runsOn?.mixed ?? false },
    ...rest,
    ...named,
    output: overwrite === 'suffix' ? freeName(named.output, promisedOutputs) : named.output,
    overwrite: overwrite === 'always',
    ...encoderSettings({ codec: rest.codec, encoder, quality, hardware }),
    preset: plan.preset?.name ?? null,
  };
  return { job, stage, model };
}

type EncoderSettings = Pick<Job, 'codec' | 'encoder' | 'quality' | 'hardware'>;

/** An encoder belongs to the codec `custom`, which has the quality among its options; hardware encodes only some codecs. */
export const encoderSettings = ({ codec, encoder, quality, hardware }: EncoderSettings) => ({
  ...(codec === 'custom' ? { encoder: encoder ?? '', quality: null } : { encoder: null, quality }),
  hardware: isHardwareCodec(codec) ? hardware : ('off' as const),
});

/**
 * The output path from the settings of the node. `defaultFolder`: used if no folder is set; `isFromConfig`: the author of
 * the flow, not a message, has named it.
 */
export async function outputFile(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
  named: Pick<NameParts, 'label' | 'scale' | 'model' | 'codec'>,
  defaultFolder: { readonly path: string; readonly isFromConfig: boolean } | null,
): Promise<string> {
  const filename = typedField(config, 'filename', '{name}_x{scale}.{ext}', 'str');
  const folder = typedField(config, 'folder', '', 'str');
  const parts = placeholders({ ...named, now: new Date() });
  const name = fillTemplate(stringIn(await evaluate(RED, node, filename, msg), 'File name'), parts);
  const configured = fillTemplate(stringIn((await evaluate(RED, node, folder, msg)) ?? '', 'Folder'), parts);
  const rules = pathRules(RED.settings, 'remasterOutAllowedFolders');
  if (configured === '' && defaultFolder === null && !isAbsolute(name)) {
    throw new RemasterError('BAD_SETTING', 'No folder is set for the video.', {
      remedy: 'Enter a folder in the video out node.',
    });
  }
  const path = inFolder(
    configured === '' ? (defaultFolder?.path ?? rules.base) : inFolder(rules.base, configured),
    name,
  );
  const isFolderTrusted = configured !== '' || defaultFolder === null || defaultFolder.isFromConfig;
  const isTrusted = originOf(filename) === 'config' && originOf(folder) === 'config' && isFolderTrusted;
  return allowedTarget(path, isTrusted ? 'config' : 'message', rules);
}

export function stringIn(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a string.`, {
    remedy: 'Correct it in the video out node, or in the message that provides it.',
  });
}
