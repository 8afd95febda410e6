import { ff } from './videos';

const area = 'scale=96:64:flags=area,setsar=1';

/** A smooth picture that moves, at `rate` pictures per second. */
const pictures = (rate: string, count: number): readonly string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=${rate},trim=end_frame=${count}`],
];

const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
const CODEC: Readonly<Record<string, readonly string[]>> = {
  mkv: ['-c:v', 'ffv1', '-c:a', 'flac'],
  mpg: ['-c:v', 'mpeg2video', '-q:v', '2', '-flags', '+ilme+ildct', '-c:a', 'mp2'],
  ts: ['-c:v', 'mpeg2video', '-q:v', '2', '-flags', '+ilme+ildct', '-c:a', 'mp2'],
};

const codecOf = (path: string): readonly string[] => CODEC[path.split('.').at(-1)!]!;

/** A video of `frames` interlaced frames, 25 per second unless said, with sound. `first`: the field that is shown first. */
export const interlaced = async (
  path: string,
  frames: number,
  { first = 'top', fields = '50' }: { readonly first?: 'top' | 'bottom'; readonly fields?: string } = {},
): Promise<Buffer> => {
  const weave = `${area},tinterlace=interleave_${first},setfield=${first === 'top' ? 'tff' : 'bff'}`;
  return ff(
    ...[...pictures(fields, 2 * frames), ...SOUND, '-vf', weave],
    ...['-shortest', '-pix_fmt', 'yuv420p', ...codecOf(path), path],
  );
};

/** A video of `frames` frames, 24000/1001 per second, lossless. */
export const cinema = async (path: string, frames: number): Promise<Buffer> =>
  ff(...pictures('24000/1001', frames), '-vf', area, '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', path);

/** The same in 29.97i by 2:3 pulldown, with sound. `filters`: before it. */
export const telecined = async (source: string, path: string, pattern = '23'): Promise<Buffer> =>
  ff(
    ...['-i', source, ...SOUND, '-vf', `telecine=first_field=top:pattern=${pattern},setfield=tff`],
    ...['-shortest', '-pix_fmt', 'yuv420p', ...codecOf(path), path],
  );
