import { tmpdir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { type Job, JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { choice } from '../../src/settings/row';
import { RESTORE_ROWS as ROWS } from '../../src/settings/videoRows';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedTarget, pathRules } from '../message/pathPolicy';
import { type Plan, type PlanStage } from '../message/plan';
import { show } from '../message/planFields';
import { inputSettings, deployedNodes } from '../message/resolvePlan';
import { evaluate, originOf, type Typed } from '../message/typedInput';
import { dialogValue } from '../message/rowValue';
import { runtimeOf } from '../runtime';
import { fill, freeName, inFolder, type NameParts, placeholders } from './outputPath';

/** Settings of the node that are none of a job. */
export const NODE_ROWS = {
  target: choice(['file', 'mjpeg', 'hls', 'segments', 'push', 'fragments', 'jpeg', 'discard'], 'file', {
    text: 'where the video goes',
  }),
  ifExists: choice(['never', 'suffix', 'always'], 'never', { text: 'what happens if the file exists' }),
} as const;
type Target = (typeof NODE_ROWS.target.values)[number];

/** The settings of a video out node. */
export interface OutConfig extends NodeDef {
  readonly filename: string;
  readonly filenameType: string;
  readonly folder: string;
  readonly folderType: string;
  readonly overwrite: string;
  readonly codec: string;
  readonly encoder?: string;
  readonly quality: string | number;
  readonly pixelFormat?: string;
  readonly segment?: string | number;
  readonly concurrency?: string | number;
  /** Frame rate of a video from images; empty: each image carries its time. */
  readonly pictureRate?: string | number;
  /** Absent in flows of the first release, where it is a file. */
  readonly target?: Target;
  // For live targets:
  readonly viewer?: string;
  readonly length?: string | number;
  readonly keepCount?: string | number;
  readonly keepHours?: string | number;
  readonly keepBytes?: string | number;
  readonly server?: string;
  readonly serverType?: string;
  readonly budget?: string | number;
  readonly overload?: 'drop' | 'adapt';
  readonly fallbackModel?: string;
  readonly skipFramesEvenly?: boolean;
  /** `25, 25, 50, 50`: left, top, width and height in percent of the frame. */
  readonly region?: string;
  readonly regionWhen?: 'always' | 'slow';
  readonly audio: string;
  readonly extras: boolean;
  readonly resume: boolean;
  /** Absent in flows of version 0.1. */
  readonly discard?: boolean;
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
  const codec = dialogValue(ROWS.codec, config.codec, 'Codec');
  const overwrite = dialogValue(NODE_ROWS.ifExists, config.overwrite, 'If file exists');

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
    { label, scale: stage.scale, model: stage.model },
    defaultFolder,
  );

  const job: Job = {
    ...JOB_DEFAULTS,
    ...settings,
    output: overwrite === 'suffix' ? freeName(output, promisedOutputs) : output,
    overwrite: overwrite === 'always',
    resume: dialogValue(ROWS.resume, config.resume, 'Resume'),
    discard: dialogValue(ROWS.discard, config.discard, 'Discard'),
    codec,
    // Never from a message: only the author of the flow may pass options to ffmpeg.
    encoder: codec === 'custom' ? (config.encoder ?? '') : null,
    quality: codec === 'custom' ? null : dialogValue(ROWS.quality, config.quality, 'Quality'),
    pixelFormat: dialogValue(ROWS.pixelFormat, config.pixelFormat, 'Pixel format'),
    segment: dialogValue(ROWS.segment, config.segment, 'Checkpoint every'),
    concurrency: dialogValue(ROWS.concurrency, config.concurrency, 'Max. parallel jobs'),
    audio: dialogValue(ROWS.audio, config.audio, 'Audio'),
    extras: dialogValue(ROWS.extras, config.extras, 'Extras'),
  };
  return { job, stage, model };
}

/**
 * The output path from the settings of the node. `defaultFolder`: used if no folder is set; `isFromConfig`: the author of
 * the flow, not a message, has named it.
 */
export async function outputFile(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
  named: Pick<NameParts, 'label' | 'scale' | 'model'>,
  defaultFolder: { readonly path: string; readonly isFromConfig: boolean } | null,
): Promise<string> {
  const codec = dialogValue(ROWS.codec, config.codec, 'Codec');
  const filename: Typed = { value: config.filename, type: config.filenameType };
  const folder: Typed = { value: config.folder, type: config.folderType };
  const parts = placeholders({ ...named, codec, now: new Date() });
  const name = fill(stringIn(await evaluate(RED, node, filename, msg), 'File name'), parts);
  const configured = fill(stringIn((await evaluate(RED, node, folder, msg)) ?? '', 'Folder'), parts);
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
