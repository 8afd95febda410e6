import {
  LIVE_DEFAULTS,
  type LiveInput,
  type LiveJob,
  type LiveSource,
  SOURCE_DEFAULTS,
} from '../../../../src/settings/liveJob';

type Changes = Partial<Omit<LiveJob, 'source'>> & { readonly source?: Partial<LiveSource> };

/** A live job of the embedded model with one step, which does not lower its quality. */
export const liveJob = (input: LiveInput, { source, ...changes }: Changes = {}): LiveJob => ({
  ...LIVE_DEFAULTS,
  model: 'x4',
  provider: 'cpu',
  steps: 1,
  overload: 'drop',
  source: { input, label: 'the camera', ...SOURCE_DEFAULTS, ...source },
  target: { kind: 'pictures' },
  ...changes,
});

export const at = (address: string, changes: Partial<Extract<LiveInput, { kind: 'address' }>> = {}): LiveInput => ({
  kind: 'address',
  address,
  username: null,
  password: null,
  transport: 'auto',
  ...changes,
});

export const pattern = (size = '64x36', rate = 10): LiveInput => ({ kind: 'pattern', size, rate });
