import { RemasterError } from '../../../errors';
import type { CodecName, Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import { freeBytes } from '../freeBytes';
import { frameCount, type Segment } from '../segment';
import type { OutputFolder } from '../outputFolder';

/** Watches whether the segments and the output, which exist side by side at the end, fit on the disk. */
export interface SpaceWatch {
  /** Says that the usual size does not fit; null if it does. */
  readonly warning: string | null;
  /** Called after each segment, and with `isLast` before the output is muxed. Errors: DISK_FULL. */
  check(segments: readonly Segment[], isLast?: boolean): Promise<void>;
}

/** Bytes the rest of the job will write: at least, and usually. */
interface Need {
  readonly least: number;
  readonly usual: number;
}

/**
 * Estimates what the job needs. `frames`: of the whole output; null if unknown. Errors: DISK_FULL when not even the least
 * fits. Without an answer of the file system nothing is checked.
 */
export async function watchSpace(
  { folder, done }: Pick<OutputFolder, 'folder' | 'done'>,
  encoding: Pick<Encoding, 'codec' | 'stored' | 'depth'>,
  { frames, quality, resume }: Pick<Job, 'quality' | 'resume'> & { readonly frames: number | null },
): Promise<SpaceWatch> {
  const check = async ({ least, usual }: Need): Promise<string | null> => {
    const free = await freeBytes(folder);
    if (free === null || usual <= free) return null;
    const numbers = `about ${size(usual)} in ${folder}, where ${size(free)} are free`;
    if (least > free) throw tooLittle(`The job still needs ${numbers}.`, resume);
    return `The job was expected to need ${numbers}.`;
  };
  const start = done.length > 0 ? measured(done, frames) : estimated(encoding, frames ?? 0, quality);
  return {
    warning: await check(start),
    async check(segments, isLast = false) {
      if (segments.length > 0) await check(measured(segments, isLast ? 0 : frames));
    },
  };
}

/** By the segments so far. The others may have half as many bytes per frame. */
function measured(segments: readonly Segment[], frames: number | null): Need {
  const [done, sizes] = [frameCount(segments), segments.map(({ bytes }) => bytes)];
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  const rest = (Math.max(0, (frames ?? 0) - done) * bytes) / done;
  const next = rest > 0 ? Math.max(...sizes) : 0; // so that a job stops before the disk is full
  const output = OUTPUT_SHARE * bytes;
  return { least: Math.max(output + rest, next), usual: Math.max(bytes + 2 * rest, next) };
}

/** The output is smaller than its segments by headers of NUT: of 40 bytes for a black frame, 10 are. */
const OUTPUT_SHARE = 0.7;

function estimated(
  { codec, stored, depth }: Pick<Encoding, 'codec' | 'stored' | 'depth'>,
  frames: number,
  quality: number | null,
): Need {
  const bits = BITS_PER_PIXEL[codec.name];
  if (bits === null) return { least: 0, usual: 0 };
  const bytes = (2 * frames * stored.width * stored.height) / 8;
  const finer = quality === null || bits.quality === null ? 1 : 2 ** ((bits.quality - quality) / 6);
  return { least: bytes * bits.least, usual: bytes * bits.usual * finer * (depth === 16 ? 1.25 : 1) };
}

/**
 * Measured with ffmpeg 5.1: a black picture, and a photo that moves (H.264 0.09, H.265 0.04, AV1 0.15, FFV1 5, ProRes 6)
 * with a part for grain, which has up to 2.8. `quality`: the default, for which they hold; 6 less double them.
 */
const BITS_PER_PIXEL: Readonly<
  Record<CodecName, { readonly least: number; readonly usual: number; readonly quality: number | null } | null>
> = {
  h264: { least: 0.0005, usual: 0.2, quality: 16 },
  h265: { least: 0.001, usual: 0.1, quality: 18 },
  av1: { least: 0.002, usual: 0.15, quality: 24 },
  ffv1: { least: 0.05, usual: 5, quality: null },
  prores: { least: 2, usual: 6, quality: null },
  png: { least: 0.1, usual: 14, quality: null },
  tiff: { least: 0.1, usual: 14, quality: null },
  custom: null,
};

const tooLittle = (message: string, resume: boolean): RemasterError =>
  new RemasterError('DISK_FULL', message, {
    remedy: resume
      ? 'Free some space and start the job again; it continues with its finished frames.'
      : 'Free some space and start the job again.',
  });

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(0.1, bytes / 1e6).toFixed(1)} MB`;
