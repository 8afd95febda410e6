import { readFileSync, writeFileSync } from 'node:fs';
import type { FfmpegBinary } from '../../src/pipeline/media/findFfmpeg';
import { binary } from './videos';

/** How the stand-in answers an encoder of hardware. */
export type Behaviour = 'works' | 'refuses' | 'darkens' | 'loses';

/** An ffmpeg with encoders and decoders of hardware, which are x264 and software in truth. */
export interface HardwareFfmpeg extends FfmpegBinary {
  /** The arguments of its calls so far. */
  calls(): readonly string[];
}

/** Writes the stand-in to `path`: a shell script that starts the real ffmpeg with other arguments. */
export async function hardwareFfmpeg(path: string, behaviour: Behaviour): Promise<HardwareFfmpeg> {
  const real = await binary();
  const log = `${path}.log`;
  writeFileSync(log, '');
  const refuse = `case " $* " in *_nvenc*) echo "[h264_nvenc @ 0x5] Cannot load libcuda.so.1" >&2; exit 1;; esac`;
  const script = `#!/bin/sh
printf '%s\\n' "$*" >> '${log}'
${behaviour === 'refuses' ? refuse : ''}
n=$#; used=
while [ "$n" -gt 0 ]; do
  a=$1; shift; n=$((n-1))
  case "$a" in
    h264_nvenc) used=1; set -- "$@" libx264;;
    -cq) set -- "$@" -crf;;
    p5) set -- "$@" veryfast;;
    -rc|-b:v|-zerolatency|-tune|-hwaccel|-hwaccel_output_format) shift; n=$((n-1));;
    hwdownload,format=*) set -- "$@" ${behaviour === 'darkens' ? 'lutyuv=y=val/2,' : ''}"\${a#hwdownload,}";;
    *,format=nv12) set -- "$@" ${behaviour === 'darkens' ? '"$a,lutyuv=y=val/2"' : '"$a"'};;
    -f) [ -n "$used" ] && set -- "$@" ${behaviour === 'loses' ? '-frames:v 2' : ''} -f || set -- "$@" -f;;
    *) set -- "$@" "$a";;
  esac
done
exec '${real.path}' "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  const encoders = new Set([...real.encoders, 'h264_nvenc']);
  const calls = (): readonly string[] => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean);
  return { ...real, path, encoders, passed: new Set(), calls };
}
