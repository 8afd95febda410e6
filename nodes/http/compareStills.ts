import { extname } from 'node:path';
import type { FinishedFile } from '../jobs/endedJobs';
import { brief, clock } from '../message/status';
import { AFTER, BEFORE } from './comparePage';
import type { Language, Text } from './language';

/** Files that browsers play: video codecs and file name extensions. */
const CODECS = ['h264', 'vp8', 'vp9', 'av1'];
const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/mp4',
  '.webm': 'video/webm',
};

/** Only video types: a video file may be called `page.html`. */
export const contentTypeOf = (path: string): string => TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';

/** Positions of the stills, as a share of the duration; only the first is used if the browser plays both videos. */
const STILLS = [0.5, 0.1, 0.9];

/** `pairs.json` of a finished job; see resources/compare/README.md. */
export function comparePairs(finished: FinishedFile): { readonly pairs: readonly unknown[] } {
  const { label, job, result, info } = finished;
  const why = whyStills(finished);
  const { width, height } = result;
  const { steps, name } = result.model;
  const scale = brief(width / info.width);
  const before: Text = inBoth((language) => `${BEFORE[language]} · ${info.width}×${info.height}`);
  const after: Text = inBoth(
    (language) => `${AFTER[language]} · ${width}×${height}, ×${scale}, ${stepsIn(steps)[language]}`,
  );
  const time = clock(result.elapsed);
  const text: Text = {
    en: `${result.framesOut} frames, restored in ${time} with model ${name}.`,
    de: `${result.framesOut} Frames, in ${time} restauriert mit dem Modell ${name}.`,
  };
  const fps = info.fps === null ? {} : { fps: Math.min(info.fps, job.maxFps ?? Infinity) };
  const pairOf = (still: number) => ({
    width,
    height,
    ...fps,
    added: { url: `added-${still}.json`, strength: job.strength },
    before: { label: before, image: `before-${still}.jpg`, ...(why === null && { video: 'before' }) },
    after: { label: after, image: `after-${still}.jpg`, ...(why === null && { video: 'after' }) },
  });
  if (why === null) return { pairs: [{ title: label, text, ...pairOf(0) }] };
  const pairs = [1, 0, 2].map((still, n) => ({
    ...(n === 0
      ? { title: label, text: inBoth((language) => `${text[language]} ${why[language]}`) }
      : { title: partIn(STILLS[still]!) }),
    ...pairOf(still),
  }));
  return { pairs };
}

const inBoth = (say: (language: Language) => string): Text => ({ en: say('en'), de: say('de') });

const stepsIn = (steps: number): Text =>
  steps === 1 ? { en: '1 step', de: '1 Schritt' } : { en: `${steps} steps`, de: `${steps} Schritte` };

const partIn = (share: number): Text => ({
  en: `At ${share * 100} % of the duration`,
  de: `Bei ${share * 100} % der Dauer`,
});

/** Why the page shows only stills; null if browsers play both videos. */
function whyStills({ job, result, info }: FinishedFile): Text | null {
  const plays = (codec: string, depth: number, path: string): boolean =>
    CODECS.includes(codec) && depth === 8 && contentTypeOf(path) !== contentTypeOf('');
  if (job.trim !== null)
    return {
      en: 'Only stills, because only a part of the source was restored.',
      de: 'Nur Standbilder, weil nur ein Teil der Quelle restauriert wurde.',
    };
  if (!plays(info.codec, info.bitDepth, job.input))
    return {
      en: 'Only stills, because browsers may not play the source.',
      de: 'Nur Standbilder, weil Browser die Quelle vielleicht nicht abspielen.',
    };
  const isUsual = job.pixelFormat === null || job.pixelFormat === 'yuv420p';
  if (isUsual && plays(job.codec, info.bitDepth, result.output)) return null;
  return {
    en: 'Only stills, because browsers may not play the result.',
    de: 'Nur Standbilder, weil Browser das Ergebnis vielleicht nicht abspielen.',
  };
}

/** Seconds of a still in source and result; null for an unknown number. */
export function timesOfStill(
  { job, info }: FinishedFile,
  still: number,
): { readonly before: number; readonly after: number } | null {
  const share = STILLS[still];
  if (share === undefined) return null;
  const start = job.trim?.start ?? 0;
  const length = Math.max(0, (job.trim?.end ?? info.duration ?? 0) - start);
  // Half a frame early: the next frame is the same in both files, even if their times were rounded differently.
  const after = info.fps === null ? length * share : (Math.floor(length * share * info.fps) - 0.5) / info.fps;
  return { before: start + Math.max(0, after), after: Math.max(0, after) };
}
