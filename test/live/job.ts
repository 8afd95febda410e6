import { JOB_DEFAULTS } from '../../src/pipeline/job';
import { LIVE_DEFAULTS, type LiveInput, type LiveJob, type LiveSource } from '../../src/pipeline/live/job';

type Changes = Partial<Omit<LiveJob, 'source'>> & { readonly source?: Partial<LiveSource> };

/** A live job of the embedded model with one step. */
export function liveJob(input: LiveInput, { source, ...changes }: Changes = {}): LiveJob {
  const { model, device, threads, order, strength, noise, seed, colorFix, scale, faces, minFace, tile, overlap, memo } =
    JOB_DEFAULTS;
  const { deinterlace, maxFps, maxHeight, hwaccel, stabilize } = JOB_DEFAULTS;
  const { retryMin, retryMax, stall, budgetMs, effort } = LIVE_DEFAULTS;
  return {
    ...{ model, provider: 'cpu', device, threads, steps: 1, order, strength, noise, seed, colorFix, scale },
    ...{
      faces,
      minFace,
      tile,
      memo,
      overlap,
      deinterlace,
      maxFps,
      maxHeight,
      hwaccel,
      stabilize,
      budgetMs,
      effort,
      quality: null,
    },
    source: { input, label: 'the camera', retryMin, retryMax, stall, ...source },
    target: { kind: 'pictures' },
    ...changes,
  };
}

export const at = (address: string, changes: Partial<Extract<LiveInput, { kind: 'address' }>> = {}): LiveInput => ({
  kind: 'address',
  address,
  username: null,
  password: null,
  transport: 'auto',
  ...changes,
});

export const pattern = (size = '64x36', rate = 10): LiveInput => ({ kind: 'pattern', size, rate });
