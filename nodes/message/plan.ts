import { basename } from 'node:path';
import type { SourceSummary } from '../../src/engine/protocol';
import { RemasterError } from '../../src/errors';
import { checkPreset, type Preset } from '../../src/presets/preset';
import { withoutEmptyTrim } from '../../src/settings/restoreJob';
import { pickRows, type Values } from '../../src/settings/row';
import { READ_ROWS } from '../../src/settings/modelRows';
import { FILE_ROWS, INPUT_ROWS, STAGE_ROWS } from '../../src/settings/videoRows';
import { show } from '../../src/settings/showValue';
import { isImage } from './imageFormat';
import { type Fields, invalid, number, numberOrNull, oneOf, record, text } from './planFields';
import { planValues } from './planValues';

/** Incremented when the meaning of a field changes. */
export const PLAN_VERSION = 1;

/** `msg.video`: a video and the work to do on it. Small plain JSON; no pixels, no secrets. */
export interface Plan {
  readonly version: typeof PLAN_VERSION;
  readonly id: string;
  readonly kind: 'file';
  readonly source: PlanSource;
  readonly stages: readonly PlanStage[];
  /** Laid under the settings of the nodes; absent without. */
  readonly preset?: Preset;
}

export interface PlanSource extends Values<typeof SOURCE_ROWS> {
  /** Id of the video in node that created the plan. */
  readonly node: string;
  /** File name, for display. */
  readonly label: string;
  readonly path: string;
  readonly info: SourceSummary;
}

/** The settings of a video in node for files. */
const SOURCE_ROWS = { ...READ_ROWS, ...FILE_ROWS };

/** Of the model node: the model's name, and the size of its tiles. */
const NODE_ROWS = pickRows(INPUT_ROWS, ['model', 'tile']);

/** `scale` is null if neither the node nor the model's summary contains one. */
export interface PlanStage extends Values<typeof STAGE_ROWS>, Values<typeof NODE_ROWS> {
  /** Id of the video upscale node that added the stage. */
  readonly node: string;
  readonly op: 'upscale';
  /** Why this model was chosen; absent where the model node names it. */
  readonly reason?: string;
}

/** The plan of a message, validated field by field and copied: any node may have written it. */
export function planOf(msg: Readonly<Record<string, unknown>>): Plan {
  if (msg['video'] === undefined || msg['video'] === null) throw noPlan(msg['payload']);
  const plan = record(msg['video'], 'msg.video');
  if (plan['version'] !== PLAN_VERSION) {
    throw invalid(
      `msg.video.version is ${show(plan['version'])}; this release supports ${PLAN_VERSION}.`,
      'Update @remaster/node-red-video on every machine that handles this message.',
    );
  }
  const kind = oneOf(plan['kind'], ['file', 'live'], 'kind');
  if (kind !== 'file') throw invalid(`msg.video is of kind "${kind}", which this node does not support.`);
  return {
    version: PLAN_VERSION,
    id: text(plan['id'], 'id', 64),
    kind,
    source: sourceOf(record(plan['source'], 'source')),
    stages: stagesOf(plan['stages']),
    ...presetIn(plan),
  };
}

/** The preset of a plan. */
export function presetIn({ preset }: Fields): { readonly preset?: Preset } {
  if (preset === undefined || preset === null) return {};
  try {
    return { preset: checkPreset(preset, 'in msg.video') };
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

export function stagesOf(stages: unknown): readonly PlanStage[] {
  if (!Array.isArray(stages)) throw invalid(`msg.video.stages is ${show(stages)}, not an array.`);
  if (stages.length > 16) throw invalid(`msg.video.stages has ${stages.length} entries; 16 at most.`);
  return stages.map((stage: unknown, index) => stageOf(record(stage, `stages[${index}]`), `stages[${index}]`));
}

function sourceOf(source: Fields): PlanSource {
  return {
    node: text(source['node'], 'source.node', 100),
    label: basename(text(source['label'], 'source.label', 1024).replaceAll('\\', '/')),
    path: text(source['path'], 'source.path', 4096),
    info: infoOf(record(source['info'], 'source.info')),
    ...withoutEmptyTrim(planValues(SOURCE_ROWS, source, 'source')),
  };
}

function infoOf(info: Fields): SourceSummary {
  return {
    width: number(info['width'], 'source.info.width', 1, 65_536),
    height: number(info['height'], 'source.info.height', 1, 65_536),
    fps: numberOrNull(info['fps'], 'source.info.fps', 0, 100_000),
    frames: numberOrNull(info['frames'], 'source.info.frames', 0, 1e12),
    duration: numberOrNull(info['duration'], 'source.info.duration', 0, 1e9),
    interlaced: info['interlaced'] === true,
    audio: info['audio'] === true,
    codec: text(info['codec'] ?? 'unknown', 'source.info.codec', 100),
    bitDepth: number(info['bitDepth'] ?? 8, 'source.info.bitDepth', 1, 64),
  };
}

/** Characters. */
const MAX_REASON = 1000;

function stageOf(stage: Fields, name: string): PlanStage {
  const { reason } = stage;
  return {
    ...(typeof reason === 'string' && { reason: reason.slice(0, MAX_REASON) }),
    node: text(stage['node'], `${name}.node`, 100),
    op: oneOf(stage['op'], ['upscale'], `${name}.op`),
    ...planValues(
      { ...NODE_ROWS, ...STAGE_ROWS },
      { ...stage, model: text(stage['model'], `${name}.model`, 4096) },
      name,
    ),
  };
}

function noPlan(payload: unknown): RemasterError {
  return isImage(payload)
    ? new RemasterError('NO_PLAN', 'msg.payload is a single image; this node restores videos.', {
        remedy: 'Send a video file through a video in node, or use an image upscale node.',
      })
    : new RemasterError('NO_PLAN', 'The message contains no video: msg.video is missing.', {
        remedy: 'Wire a video in node before this one, and keep msg.video in between.',
      });
}
