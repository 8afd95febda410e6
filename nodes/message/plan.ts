import { basename } from 'node:path';
import type { SourceSummary } from '../../src/engine/protocol';
import { RemasterError } from '../../src/errors';
import { imageBytes } from '../../src/settings/imageBytes';
import { type Job, JOB_DEFAULTS, type NoiseMode } from '../../src/settings/restoreJob';
import {
  colourOrNull,
  type Fields,
  integer,
  integerOrNull,
  invalid,
  number,
  numberOrNull,
  oneOf,
  record,
  show,
  text,
  textOrNull,
} from './planFields';

/** Incremented when the meaning of a field changes. */
export const PLAN_VERSION = 1;

/** `msg.video`: a video and the work to do on it. Small plain JSON; no pixels, no secrets. */
export interface Plan {
  readonly version: typeof PLAN_VERSION;
  readonly id: string;
  readonly kind: 'file';
  readonly source: PlanSource;
  readonly stages: readonly PlanStage[];
}

export interface PlanSource {
  /** Id of the video in node that created the plan. */
  readonly node: string;
  /** File name, for display. */
  readonly label: string;
  readonly path: string;
  readonly info: SourceSummary;
  readonly trim: Job['trim'];
  readonly deinterlace: Job['deinterlace'];
  /** Frames per second if the path is a folder of images. */
  readonly sequenceRate: number;
  readonly maxFps: number | null;
  readonly maxHeight: number | null;
  readonly hwaccel: Job['hwaccel'];
}

export interface PlanStage {
  /** Id of the video upscale node that added the stage. */
  readonly node: string;
  readonly op: 'upscale';
  readonly model: string;
  /** Scale of the result; null if neither the node nor the model's summary contains one. */
  readonly scale: number | null;
  readonly steps: number | null;
  readonly order: Job['order'];
  readonly strength: number;
  readonly noise: NoiseMode;
  readonly seed: number;
  readonly colorFix: Job['colorFix'];
  readonly temporalDenoise: Job['temporalDenoise'];
  readonly faces: Job['faces'];
  readonly minFace: number | null;
  /** Path of an image or video: white areas are inpainted. */
  readonly mask: string | null;
  readonly maskColor: string | null;
  readonly maskTolerance: number | null;
  readonly maskGrow: number | null;
  readonly tileCache: number | null;
  readonly tile: number | null;
}

export const COLOUR_FIXES = [null, 'none', 'wavelet', 'adain'] as const;
export const FACES = [null, 'detect', 'aligned'] as const;
export const TEMPORAL_DENOISE = ['off', 'low', 'high'] as const;

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
  const kind = oneOf(plan['kind'], ['file', 'live', 'images'], 'kind');
  if (kind !== 'file') throw invalid(`msg.video is of kind "${kind}", which this node does not support.`);
  return {
    version: PLAN_VERSION,
    id: text(plan['id'], 'id', 64),
    kind,
    source: sourceOf(record(plan['source'], 'source')),
    stages: stagesOf(plan['stages']),
  };
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
    trim: trimOf(source['trim']),
    deinterlace: oneOf(source['deinterlace'] ?? 'auto', ['auto', 'on', 'off'], 'source.deinterlace'),
    sequenceRate: number(source['sequenceRate'] ?? JOB_DEFAULTS.sequenceRate, 'source.sequenceRate', 0.01, 1000),
    maxFps: numberOrNull(source['maxFps'], 'source.maxFps', 0.01, 1000),
    maxHeight: integerOrNull(source['maxHeight'], 'source.maxHeight', 16, 16_384),
    hwaccel: oneOf(source['hwaccel'] ?? 'off', ['off', 'auto'], 'source.hwaccel'),
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

function trimOf(value: unknown): Job['trim'] {
  if (value === undefined || value === null) return null;
  const trim = record(value, 'source.trim');
  const start = number(trim['start'] ?? 0, 'source.trim.start', 0, 1e9);
  const end = numberOrNull(trim['end'], 'source.trim.end', 0, 1e9);
  if (end !== null && end <= start) throw invalid('msg.video.source.trim ends before it starts.');
  return start === 0 && end === null ? null : { start, end };
}

function stageOf(stage: Fields, name: string): PlanStage {
  return {
    node: text(stage['node'], `${name}.node`, 100),
    op: oneOf(stage['op'], ['upscale'], `${name}.op`),
    model: text(stage['model'], `${name}.model`, 4096),
    scale: numberOrNull(stage['scale'], `${name}.scale`, 0.1, 16),
    steps: integerOrNull(stage['steps'], `${name}.steps`, 1, 10_000),
    order: oneOf(stage['order'] ?? null, [null, 1, 2, 3], `${name}.order`),
    strength: number(stage['strength'] ?? 1, `${name}.strength`, 0, 1),
    noise: oneOf(stage['noise'] ?? 'shared', ['shared', 'independent', 'mixed'], `${name}.noise`),
    seed: integer(stage['seed'] ?? 1, `${name}.seed`, 0, 0xffff_ffff),
    colorFix: oneOf(stage['colorFix'] ?? null, COLOUR_FIXES, `${name}.colorFix`),
    temporalDenoise: oneOf(stage['temporalDenoise'] ?? 'off', TEMPORAL_DENOISE, `${name}.temporalDenoise`),
    faces: oneOf(stage['faces'] ?? null, FACES, `${name}.faces`),
    minFace: integerOrNull(stage['minFace'], `${name}.minFace`, 8, 8192),
    mask: textOrNull(stage['mask'], `${name}.mask`, 4096),
    maskColor: colourOrNull(stage['maskColor'], `${name}.maskColor`),
    maskTolerance: numberOrNull(stage['maskTolerance'], `${name}.maskTolerance`, 0, 1),
    maskGrow: integerOrNull(stage['maskGrow'], `${name}.maskGrow`, 0, 64),
    tileCache:
      stage['tileCache'] === undefined
        ? JOB_DEFAULTS.tileCache
        : integerOrNull(stage['tileCache'], `${name}.tileCache`, 0, 255),
    tile: integerOrNull(stage['tile'], `${name}.tile`, 1, 65_536),
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

/** Whether a payload is a JPEG, PNG or WebP file, by its first bytes. */
export function isImage(payload: unknown): boolean {
  const first = imageBytes(payload, 12);
  if (!first) return false;
  const head = Buffer.from(first).toString('latin1');
  return (
    head.startsWith('\xff\xd8\xff') || head.startsWith('\x89PNG') || (head.startsWith('RIFF') && head.endsWith('WEBP'))
  );
}
