import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { RemasterError } from '../../errors';
import { badSetting, checkRows } from '../../settings/checkRows';
import { seconds, whole } from '../../settings/row';
import type { FfmpegBinary } from './findFfmpeg';
import { probe } from './probe';
import { runFluent } from './runFluent';
import { inputOptions, openSource } from './sourceFile';

const ROWS = {
  at: seconds(0, { text: 'time of the frame' }),
  width: whole(1, 65_536, null, { text: 'width of the image', unset: 'that of the video' }),
} as const;

/**
 * Saves one frame of a video as PNG or JPEG, by the file extension of `output`. A one-shot job without pipes, for which
 * fluent-ffmpeg is suited; no other frames pass through it. Errors: BAD_SETTING, those of the source.
 */
export async function thumbnail(
  binary: FfmpegBinary,
  {
    input,
    output,
    ...frame
  }: { readonly input: string; readonly at: number; readonly output: string; readonly width: number | null },
  signal: AbortSignal,
): Promise<void> {
  const { at, width } = checkRows(ROWS, frame);
  if (!/\.(png|jpe?g)$/i.test(output)) throw badSetting('output', 'a .png or .jpg file', output);
  const source = await openSource(input);
  const reading = inputOptions(source); // the last two are `-i` and the input
  const mirror = binary.hasFpsMode ? null : (await probe(binary, input, signal)).mirror;
  const filters = [...(mirror ? [mirror] : []), ...(width === null ? [] : [`scale=${width}:-2`])];
  await mkdir(dirname(output), { recursive: true });
  const part = join(dirname(output), `.${process.pid}-${performance.now()}${extname(output)}`);
  try {
    const failure = await runFluent(
      {
        ffmpeg: binary.path,
        input: reading.at(-1)!,
        inputOptions: [...reading.slice(0, -2), ...(mirror ? ['-noautorotate'] : [])],
        seek: at,
        output: `file:${part}`,
        outputOptions: ['-frames:v', '1', '-q:v', '2', ...(filters.length === 0 ? [] : ['-vf', filters.join(',')])],
      },
      signal,
    );
    const isMade = failure === null && (await stat(part).catch(() => null)) !== null; // none behind the end
    if (!isMade)
      throw new RemasterError('SOURCE_UNREADABLE', `Cannot extract a frame from ${source.path} at ${at} s.`, {
        detail: failure ?? '',
      });
    await rename(part, output);
  } finally {
    await rm(part, { force: true });
  }
}
