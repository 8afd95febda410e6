import { tmpdir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { type CodecName, type Job, JOB_DEFAULTS, PIXEL_FORMATS } from '../../src/settings/restoreJob';
import { type DeployedModel } from '../message/nodeRegistry';
import { allowedTarget, pathRules } from '../message/pathPolicy';
import { show, type Plan, type PlanStage } from '../message/plan';
import { inputSettings, deployedNodes } from '../message/resolvePlan';
import { evaluate, integerIn, optionIn, originOf, type Typed } from '../message/typedInput';
import { fill, freeName, inFolder, type NameParts, placeholders } from './outputPath';

export const TARGETS = ['file', 'mjpeg', 'hls', 'segments', 'push', 'fragments', 'jpeg', 'discard'] as const;
export type Target = (typeof TARGETS)[number];

/** What the editor saves for a video out node. */
export interface OutConfig extends NodeDef {
  readonly filename: string;
  readonly filenameType: string;
  readonly folder: string;
  readonly folderType: string;
  readonly overwrite: 'never' | 'suffix' | 'always';
  readonly codec: CodecName;
  readonly encoder?: string;
  readonly quality: string | number;
  readonly pixelFormat?: string;
  readonly segment?: string | number;
  readonly concurrency?: string | number;
  /** Of a sequence of pictures; empty: each says its time. */
  readonly pictureRate?: string | number;
  /** Absent in flows of the first release: a file. */
  readonly target?: Target;
  // Of live targets:
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
  /** `25, 25, 50, 50`: left, top, width and height in per cent of the picture. */
  readonly region?: string;
  readonly regionWhen?: 'always' | 'slow';
  readonly audio: Job['audio'];
  readonly extras: boolean;
  readonly resume: boolean;
}

export const CODECS: readonly CodecName[] = ['h264', 'h265', 'av1', 'ffv1', 'prores', 'custom'];

export interface BuiltJob {
  readonly job: Job;
  readonly stage: PlanStage;
  readonly model: DeployedModel;
}

/** Plan and settings, made into a job. `isPromised`: another job is going to write that file. */
export async function buildJob(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
  plan: Plan,
  isPromised: (path: string) => boolean,
): Promise<BuiltJob> {
  const { source, stage, living, model } = deployedNodes(plan);
  const isNamedThere = source.names(plan.source.path);
  const reading = await inputSettings(RED, plan, source, { stage, living, model });
  const { input } = reading;
  const codec = optionIn(config.codec, CODECS, 'Codec');
  const overwrite = optionIn(config.overwrite, ['never', 'suffix', 'always'], 'If it exists');

  const { label } = plan.source;
  const beside = { folder: source.isSample ? tmpdir() : dirname(input), isOurs: isNamedThere };
  const output = await targetOf(RED, node, config, msg, { label, scale: stage.scale, model: stage.model }, beside);

  const job: Job = {
    ...JOB_DEFAULTS,
    ...reading,
    output: overwrite === 'suffix' ? freeName(output, isPromised) : output,
    overwrite: overwrite === 'always',
    resume: config.resume,
    codec,
    // Never from a message: what is given to ffmpeg was written by the person who edits the flow.
    encoder: codec === 'custom' ? (config.encoder ?? '') : null,
    quality: codec === 'custom' ? null : integerIn(config.quality, 'Quality', 0, 63),
    pixelFormat: optionIn(config.pixelFormat || null, [null, ...PIXEL_FORMATS], 'Pixels'),
    segment: integerIn(config.segment, 'Pieces', 1, 100_000) ?? JOB_DEFAULTS.segment,
    concurrency: integerIn(config.concurrency, 'At once', 1, 16) ?? JOB_DEFAULTS.concurrency,
    audio: optionIn(config.audio, ['copy', 'encode', 'none'], 'Sound'),
    extras: config.extras,
  };
  return { job, stage, model };
}

/**
 * The file that is to be written, from the fields of the node. `beside`: where it goes when no folder is named, and whether
 * the flow's author, not a message, has named that place; null when there is none.
 */
export async function targetOf(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
  named: Pick<NameParts, 'label' | 'scale' | 'model'>,
  beside: { readonly folder: string; readonly isOurs: boolean } | null,
): Promise<string> {
  const codec = optionIn(config.codec, CODECS, 'Codec');
  const filename: Typed = { value: config.filename, type: config.filenameType };
  const folder: Typed = { value: config.folder, type: config.folderType };
  const parts = placeholders({ ...named, codec, now: new Date() });
  const name = fill(textOf(await evaluate(RED, node, filename, msg), 'File name'), parts);
  const where = fill(textOf((await evaluate(RED, node, folder, msg)) ?? '', 'Folder'), parts);
  const rules = pathRules(RED.settings, 'remasterOutAllowedFolders');
  if (where === '' && beside === null && !isAbsolute(name)) {
    throw new RemasterError('BAD_SETTING', 'Nothing says in which folder the video is to be written.', {
      remedy: 'Name a folder in the video out node.',
    });
  }
  const path = inFolder(where === '' ? (beside?.folder ?? rules.base) : inFolder(rules.base, where), name);
  const isPlaceOurs = where !== '' || beside === null || beside.isOurs;
  const isOurs = originOf(filename) === 'config' && originOf(folder) === 'config' && isPlaceOurs;
  return allowedTarget(path, isOurs ? 'config' : 'message', rules);
}

export function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a text.`, {
    remedy: 'Correct it in the video out node, or in the message it is taken from.',
  });
}
