import { extname } from 'node:path';
import type { FinishedFile } from '../jobs/jobRegistry';
import { brief, clock } from '../message/status';
import { AFTER, BEFORE } from './comparePage';
import type { Language, Text } from './language';

/** Files that browsers play: by the codec of what is in them, and by the ending of their names. */
const CODECS = ['h264', 'vp8', 'vp9', 'av1'];
const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/mp4',
  '.webm': 'video/webm',
};

/** As what a file is served. Never by its own ending alone: a film may be called `page.html`. */
export const typeOf = (path: string): string => TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';

/** Parts of the film at which stills are taken; the first alone when the films play. */
const STILLS = [0.5, 0.1, 0.9];

/** What the page shows of a finished job; resources/compare/README.md tells the form. */
export function compareTimes(restored: FinishedFile): { readonly pairs: readonly unknown[] } {
  const { label, job, result, info } = restored;
  const why = whyStills(restored);
  const { width, height } = result;
  const { steps, name } = result.model;
  const scale = brief(width / info.width);
  const before: Text = inAll((language) => `${BEFORE[language]} · ${info.width}×${info.height}`);
  const after: Text = inAll(
    (language) => `${AFTER[language]} · ${width}×${height}, ×${scale}, ${stepsIn(steps)[language]}`,
  );
  const time = clock(result.elapsed);
  const text: Text = {
    en: `${result.framesOut} frames, restored in ${time} with the model ${name}.`,
    de: `${result.framesOut} Bilder, in ${time} restauriert mit dem Modell ${name}.`,
  };
  const fps = info.fps === null ? {} : { fps: Math.min(info.fps, job.maxFps ?? Infinity) };
  const pairOf = (still: number) => ({
    width,
    height,
    ...fps,
    before: { label: before, image: `before-${still}.jpg`, ...(why === null && { video: 'before' }) },
    after: { label: after, image: `after-${still}.jpg`, ...(why === null && { video: 'after' }) },
  });
  if (why === null) return { pairs: [{ title: label, text, ...pairOf(0) }] };
  const pairs = [1, 0, 2].map((still, n) => ({
    ...(n === 0
      ? { title: label, text: inAll((language) => `${text[language]} ${why[language]}`) }
      : { title: partIn(STILLS[still]!) }),
    ...pairOf(still),
  }));
  return { pairs };
}

const inAll = (say: (language: Language) => string): Text => ({ en: say('en'), de: say('de') });

const stepsIn = (steps: number): Text =>
  steps === 1 ? { en: '1 step', de: '1 Schritt' } : { en: `${steps} steps`, de: `${steps} Schritte` };

const partIn = (share: number): Text => ({ en: `At ${share * 100} % of it`, de: `Bei ${share * 100} % davon` });

/** Why there are only stills; null when both films play. */
function whyStills({ job, result, info }: FinishedFile): Text | null {
  const plays = (codec: string, depth: number, path: string): boolean =>
    CODECS.includes(codec) && depth === 8 && typeOf(path) !== typeOf('');
  if (job.trim !== null)
    return {
      en: 'Stills are shown, since only a part of the original was restored.',
      de: 'Gezeigt werden Standbilder, weil nur ein Teil des Originals restauriert wurde.',
    };
  if (!plays(info.codec, info.bitDepth, job.input))
    return {
      en: 'Stills are shown, since browsers may not play the original.',
      de: 'Gezeigt werden Standbilder, weil Browser das Original vielleicht nicht abspielen.',
    };
  const depth = (job.pixelFormat ?? '').includes('10') ? 10 : info.bitDepth;
  const isUsual = job.pixelFormat === null || job.pixelFormat === 'yuv420p';
  if (isUsual && plays(job.codec, depth, result.output)) return null;
  return {
    en: 'Stills are shown, since browsers may not play the result.',
    de: 'Gezeigt werden Standbilder, weil Browser das Ergebnis vielleicht nicht abspielen.',
  };
}

/** Where in original and result one still is, in seconds; null for a number that is none. */
export function momentOf(
  { job, info }: FinishedFile,
  still: number,
): { readonly before: number; readonly after: number } | null {
  const share = STILLS[still];
  if (share === undefined) return null;
  const start = job.trim?.start ?? 0;
  const length = Math.max(0, (job.trim?.end ?? info.duration ?? 0) - start);
  // Half a frame early: the first frame after that moment is the same in both, however the times were rounded.
  const after = info.fps === null ? length * share : (Math.floor(length * share * info.fps) - 0.5) / info.fps;
  return { before: start + Math.max(0, after), after: Math.max(0, after) };
}
