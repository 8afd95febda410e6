import type { FfmpegBinary } from './findFfmpeg';

/** The options of an output that neither drop nor repeat frames. ffmpeg 9 has no `-vsync`, 2018 no `-fps_mode`. */
export const passthrough = ({ hasFpsMode }: Pick<FfmpegBinary, 'hasFpsMode'>): readonly string[] =>
  hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
