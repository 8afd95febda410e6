import { ff, passthrough } from './videos';

/** What ffmpeg on its own decodes of a video: the time of each frame in seconds, and the checksum of its RGB pixels. */
export interface Decoded {
  readonly seconds: number;
  readonly md5: string;
}

/** `input`: options before `-i`. The frames of a file in the order in which they are shown. */
export async function framemd5(path: string, input: readonly string[] = []): Promise<readonly Decoded[]> {
  const exact = ['-sws_flags', 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp'];
  const list = await ff(
    ...['-v', 'quiet', ...input, '-i', `file:${path}`, '-map', '0:v:0', ...(await passthrough())],
    ...[...exact, '-pix_fmt', 'rgb24', '-f', 'framemd5', '-'],
  );
  const text = list.toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? [];
  return [...text.matchAll(/^0, *\S+, *(-?\d+),.* (\w{32})$/gm)].map(([, pts, md5]) => ({
    seconds: (Number(pts) * Number(num)) / Number(den),
    md5: md5!,
  }));
}
