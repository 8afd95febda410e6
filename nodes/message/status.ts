import type { NodeStatus } from 'node-red';
import type { SourceSummary } from '../../src/engine/protocol';
import { errorRecord, type ErrorCode, printable } from '../../src/errors';
import type { Progress } from '../../src/settings/restoreJob';

/** Node statuses: at most about 20 characters fit below a node. */
export const idle: NodeStatus = { fill: 'grey', shape: 'ring', text: 'idle' };
export const waiting: NodeStatus = { fill: 'grey', shape: 'ring', text: 'waiting' };
export const stopped: NodeStatus = { fill: 'grey', shape: 'ring', text: 'stopped' };
export const probing: NodeStatus = { fill: 'yellow', shape: 'ring', text: 'probing' };
export const starting: NodeStatus = { fill: 'blue', shape: 'ring', text: 'starting' };

export const queued = (position: number): NodeStatus => ({ fill: 'grey', shape: 'ring', text: `queued #${position}` });

export const paused = (progress: Progress | null): NodeStatus => {
  const share = progress === null ? null : percent(progress);
  return { fill: 'yellow', shape: 'ring', text: share === null ? 'paused' : `paused ${Math.floor(share)}%` };
};

export const done = (seconds: number): NodeStatus => ({ fill: 'green', shape: 'dot', text: `done ${clock(seconds)}` });

export const failed = (thrown: unknown): NodeStatus => ({
  fill: 'red',
  shape: 'ring',
  text: `failed: ${SHORT[errorRecord(thrown).code]}`,
});

export const source = ({
  width,
  height,
  fps,
}: Pick<SourceSummary, 'width' | 'height' | 'fps'> & Partial<SourceSummary>): NodeStatus => ({
  fill: 'green',
  shape: 'dot',
  text: fps === null ? `${width}x${height}` : `${width}x${height} ${brief(fps)}fps`,
});

/** The upscale node between jobs. */
export const ready = (model: string, scale: number | null): NodeStatus => {
  const name = model.split(/[\\/]/).findLast((part) => part !== '') ?? model;
  const times = scale === null || name === `x${scale}` ? '' : `x${scale} · `;
  return { fill: 'grey', shape: 'ring', text: clip(printable(`${times}${name}`)) };
};

/** The same, with a model that was chosen for the last source. */
export const chosen = (model: string): NodeStatus => ({ fill: 'grey', shape: 'ring', text: clip(`auto: ${model}`) });

/** The upscale node while its stage runs. */
export const upscaling = (scale: number | null, fps: number | null): NodeStatus => ({
  fill: 'blue',
  shape: 'dot',
  text: `${scale === null ? '' : `x${scale} `}${fps === null ? '…' : `${brief(fps)} fps`}`,
});

/** The image node while it works: time of the last image, and queue length. */
export const upscalingImage = (lastMs: number | null, queueLength: number): NodeStatus => ({
  fill: 'blue',
  shape: 'dot',
  text: `${lastMs === null ? '…' : short(lastMs)} q${queueLength}`,
});

/** The image node after an image. */
export const finishedImage = (ms: number): NodeStatus => ({ fill: 'green', shape: 'dot', text: short(ms) });

export const dropping = (perSecond: number): NodeStatus => ({
  fill: 'yellow',
  shape: 'dot',
  text: `drop ${brief(perSecond)}/s`,
});

/** The frames node: images sent so far, or in total. */
export const sent = (count: number, isComplete: boolean): NodeStatus => ({
  fill: isComplete ? 'green' : 'blue',
  shape: 'dot',
  text: `${count} sent`,
});

/** The frames node between two images: waits for a request, or for acknowledgements. */
export const waitingToSend = (byRequest: boolean): NodeStatus => ({
  fill: 'yellow',
  shape: 'ring',
  text: byRequest ? 'waiting for request' : 'waiting for flow',
});

/** The out node while it writes a video from images. */
export const assembling = (images: number): NodeStatus => ({
  fill: 'blue',
  shape: 'dot',
  text: `${images} images`,
});

/** `84ms`, `2.4s`. */
const short = (ms: number): string => (ms < 1000 ? `${Math.round(ms)}ms` : `${brief(ms / 1000)}s`);

/** Counts events; `perSecond` covers the time since its last call, at least one second. */
export function rate(now = () => performance.now()): { count(): void; perSecond(): number } {
  let events = 0;
  let since = now();
  return {
    count: () => void events++,
    perSecond() {
      const seconds = Math.max(1, (now() - since) / 1000);
      const perSecond = events / seconds;
      events = 0;
      since = now();
      return perSecond;
    },
  };
}

export function running(progress: Progress): NodeStatus {
  const blue = (text: string): NodeStatus => ({ fill: 'blue', shape: 'dot', text: clip(text) });
  switch (progress.stage) {
    case 'probing':
      return blue('probing');
    case 'loading':
      return blue('loading model');
    case 'resuming':
      return blue('resuming');
    case 'finishing':
      return blue('finishing');
    case 'restoring': {
      const share = percent(progress);
      const position = share === null ? `${progress.frame}f` : `${Math.floor(share)}%`;
      const speed = progress.fps === null ? '' : ` ${brief(progress.fps)}fps`;
      const left = progress.eta === null ? '' : ` ${clock(progress.eta)}`;
      return blue(`${position}${speed}${left}`);
    }
  }
}

/** 0…100, or null if the length of the source is unknown. */
export function percent({ share, frame, total }: Pick<Progress, 'share' | 'frame' | 'total'>): number | null {
  const part = share ?? (total === null || total === 0 ? null : frame / total);
  return part === null ? null : Math.min(100, Math.max(0, Math.round(part * 1000) / 10));
}

/** `45s`, `12m`, `3h05m`, `2d4h`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${String(minutes % 60).padStart(2, '0')}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** Two or three digits: `0.42`, `7.3`, `24`, `29.97` becomes `30`. */
export function brief(value: number): string {
  if (value >= 10) return String(Math.round(value));
  return value >= 1 ? String(Math.round(value * 10) / 10) : String(Math.round(value * 100) / 100);
}

export const clip = (text: string): string => (text.length <= 20 ? text : `${text.slice(0, 19)}…`);

/** The words after `failed:`. */
export const SHORT: Record<ErrorCode, string> = {
  AUTH_FAILED: 'login',
  BAD_SETTING: 'bad setting',
  DISK_FULL: 'disk full',
  ENCODE_FAILED: 'encoder',
  ENGINE_CRASHED: 'engine died',
  FFMPEG_MISSING: 'no ffmpeg',
  FRAME_TOO_LARGE: 'too large',
  GPU_OUT_OF_MEMORY: 'GPU memory',
  IMAGE_DROPPED: 'queue full',
  IMAGE_TOO_LARGE: 'too large',
  IMAGE_UNREADABLE: 'bad image',
  INTERNAL: 'internal',
  MASK_INVALID: 'bad mask',
  MODEL_INCOMPATIBLE: 'wrong model',
  MODEL_INVALID: 'bad model',
  MODEL_LOAD_TIMEOUT: 'slow model',
  MODEL_NOT_FOUND: 'no model',
  MODEL_SUSPECT: 'odd model',
  NO_IMAGE: 'no image',
  NO_PLAN: 'no video',
  NO_SIGNAL: 'no signal',
  OUTPUT_BUSY: 'file in use',
  OUTPUT_CLASH: 'name clash',
  OUTPUT_EXISTS: 'file exists',
  OUTPUT_UNWRITABLE: 'cannot write',
  PATH_NOT_ALLOWED: 'not allowed',
  PLAN_INVALID: 'bad plan',
  PLAN_STAGE_GONE: 'node removed',
  QUEUE_AUTH: 'queue login',
  QUEUE_CANCELLED: 'cancelled',
  QUEUE_CLOCK: 'clock',
  QUEUE_SETUP: 'queue setup',
  QUEUE_TLS: 'certificate',
  QUEUE_VERSION: 'versions',
  RECORD_INVALID: 'bad record',
  RECORD_NOT_FOUND: 'no record',
  RESUME_MISMATCH: 'unfinished',
  RUNTIME_MISSING: 'no runtime',
  SOURCE_CHANGED: 'file changed',
  SOURCE_DAMAGED: 'damaged file',
  SOURCE_EMPTY: 'empty file',
  SOURCE_NOT_FOUND: 'no such file',
  SOURCE_TRUNCATED: 'truncated',
  SOURCE_UNREADABLE: 'unreadable',
  WORKER_DIFFERS: 'other bytes',
  WORKER_FOLDER: 'folder map',
};
