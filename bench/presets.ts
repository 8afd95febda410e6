/**
 * bench/presets: each preset on a clip of its kind, made from a clean one with ffmpeg: interlaced, telecined, with shifted
 * colours, noise, the edges and the codecs of tapes and DVDs. PSNR and SSIM of luma against the clean clip, for the preset and for what
 * ffmpeg alone does (bwdif, lanczos). `--images FOLDER`: a JPEG of one frame, see docs/presets.md.
 * Usage: node dist/bench/presets.js PHOTO [--screen IMAGE] [--only PRESET]... [--frames 12] [--images docs/presets]. The clean clip is a pan over the
 * photo, which has 3840 × 2160 pixels; `--screen`: a screenshot for the preset `screen`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine, type Engine, restore } from '../src/index';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { printTable } from './table';
import { workFolder } from './testVideo';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: 'string', default: '12' },
    images: { type: 'string' },
    screen: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const [photo] = positionals;
const COUNT = Number(values.frames);

interface Case {
  readonly preset: string;
  /** Size and rate of the clean clip. */
  readonly size: string;
  readonly rate: string;
  /** Of the pan, in pixels of the clean clip per frame of it. */
  readonly speed: number;
  /** Filters that make the source of the clean clip, and its codec. */
  readonly harm: string;
  readonly codec: readonly string[];
  readonly file: string;
  /** What ffmpeg alone does: fields and rate, without scaling. */
  readonly plain: string;
  /** The part of the source, `w:h:x:y`, that the preset leaves; absent: all of it. */
  readonly area?: string;
  /** Of the clean clip to the source. */
  readonly factor: 1 | 2 | 4;
  /** Width ÷ height of a pixel of the source. */
  readonly pixelAspect?: number;
}

/** Width and height of a panel of an image. */
const PANEL = [400, 300] as const;
/** Where the pan begins, as a part of the width. */
const PLACE = 0.1;
const NIGHT = 'eq=brightness=-0.25:contrast=0.6';

const FFV1 = ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'];
const x264 = (crf: number): readonly string[] => ['-c:v', 'libx264', '-crf', String(crf), '-pix_fmt', 'yuv420p'];
const MPEG2 = ['-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-b:v', '5000k', '-pix_fmt', 'yuv420p', '-aspect', '4:3'];
/** The little bandwidth of a tape, which its noise has too: of brightness, and less of colour, which comes late. */
const TAPE = 'noise=c0s=22:c1s=40:c2s=40:allf=t,gblur=1.3:sigmaV=0.1,gblur=5:sigmaV=1:planes=6,chromashift=cbh=4:crh=4';
/** Head switching: the last lines are shifted and noisy. Blanking: the sides are black. */
const edges = (lines: number): string =>
  `split[p][q];[q]crop=iw:${lines}:0:ih-${lines},scroll=h=0.3,noise=alls=60:allf=t[q2];` +
  `[p][q2]overlay=0:H-h,drawbox=w=8:h=ih:color=black:t=fill,drawbox=x=iw-8:w=8:h=ih:color=black:t=fill`;
const TOP = 'tinterlace=interleave_top,setfield=tff';
const BOTTOM = 'tinterlace=interleave_bottom,setfield=bff';
const half = (width: number, height: number): string => `scale=${width}:${height}:flags=bicubic`;

const CASES: readonly Case[] = [
  {
    ...{ preset: 'vhs-pal', size: '720x576', rate: '50', speed: 3, factor: 1, pixelAspect: 16 / 15 },
    ...{ harm: `${TAPE},${edges(10)},${TOP}`, codec: FFV1, file: 'tape.mkv' },
    ...{ plain: 'bwdif=mode=send_frame,fps=50', area: '704:566:8:0' },
  },
  {
    ...{ preset: 'vhs-ntsc', size: '720x480', rate: '60000/1001', speed: 3, factor: 1, pixelAspect: 8 / 9 },
    ...{ harm: `${TAPE},${edges(8)},${BOTTOM}`, codec: FFV1, file: 'tape.mkv' },
    ...{ plain: 'bwdif=mode=send_frame,fps=60000/1001', area: '704:472:8:0' },
  },
  {
    ...{ preset: 'dv', size: '1440x1152', rate: '50', speed: 6, factor: 2, pixelAspect: 16 / 15, file: 'camcorder.dv' },
    harm: `${half(720, 576)},noise=alls=4:allf=t,drawbox=w=8:h=ih:color=black:t=fill,drawbox=x=iw-8:w=8:h=ih:color=black:t=fill,${BOTTOM}`,
    codec: ['-c:v', 'dvvideo', '-pix_fmt', 'yuv420p', '-aspect', '4:3'],
    ...{ plain: 'bwdif=mode=send_frame,fps=50', area: '704:576:8:0' },
  },
  {
    ...{ preset: 'dvd-pal', size: '1440x864', rate: '25', speed: 6, factor: 2, pixelAspect: 16 / 15, codec: MPEG2 },
    ...{ file: 'dvd.mpg', area: '720:432:0:72', plain: 'null' },
    harm: `${half(720, 432)},pad=720:576:0:72`,
  },
  {
    ...{ preset: 'dvd-ntsc', size: '1440x720', rate: '24000/1001', speed: 6, factor: 2, pixelAspect: 8 / 9 },
    ...{ codec: MPEG2, file: 'dvd.mpg', area: '720:360:0:60', plain: 'bwdif=mode=send_frame,fps=24000/1001' },
    harm: `${half(720, 360)},pad=720:480:0:60,telecine=pattern=23,setfield=tff`,
  },
  {
    ...{ preset: '8mm', size: '1280x960', rate: '18', speed: 2, factor: 2, codec: x264(20), file: '8mm.mp4' },
    ...{ area: '640:480:40:24', plain: 'null' },
    harm: `${half(640, 480)},gblur=0.8,hue=s=0.6,noise=c0s=18:c1s=6:c2s=6:allf=t,pad=720:528:40:24`,
  },
  {
    ...{ preset: '16mm-scan', size: '1408x1024', rate: '24', speed: 4, factor: 2, codec: FFV1, file: 'scan.mkv' },
    ...{ harm: `${half(704, 512)},noise=alls=6:allf=t`, plain: 'null' },
  },
  {
    ...{ preset: 'web-small', size: '1280x768', rate: '25', speed: 8, factor: 4, codec: x264(30), file: 'web.mp4' },
    ...{ harm: half(320, 192), plain: 'null' },
  },
  {
    ...{ preset: 'screen', size: '1280x768', rate: '25', speed: 0, factor: 2, codec: x264(22), file: 'screen.mp4' },
    ...{ harm: half(640, 384), plain: 'null' },
  },
  {
    ...{ preset: 'camera-day', size: '1280x768', rate: '25', speed: 0, factor: 4, codec: x264(26), file: 'camera.mp4' },
    ...{ harm: `${half(320, 192)},noise=alls=3:allf=t`, plain: 'null' },
  },
  {
    ...{
      preset: 'camera-night',
      size: '704x384',
      rate: '25',
      speed: 0,
      factor: 1,
      codec: x264(24),
      file: 'camera.mp4',
    },
    ...{ harm: `${NIGHT},noise=c0s=18:c1s=10:c2s=10:allf=t`, plain: 'null' },
  },
];

async function main(): Promise<void> {
  if (photo === undefined)
    throw new Error('usage: presets.js PHOTO [--screen IMAGE] [--only PRESET] [--images FOLDER]');
  const { path: program } = await findFfmpeg();
  const ffmpeg = (...args: readonly string[]): void =>
    void execFileSync(program, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args]);
  const folder = workFolder();
  const engine = createEngine();
  const rows: Record<string, string>[] = [];
  for (const one of CASES.filter(({ preset }) => values.only.length === 0 || values.only.includes(preset)))
    rows.push(await measure(one, engine, program, ffmpeg, folder));
  await engine.close();
  printTable(`bench/presets: luma against the clean clip, ${COUNT} frames of it`, rows);
  rmSync(folder, { recursive: true });
}

async function measure(
  one: Case,
  engine: Engine,
  program: string,
  ffmpeg: (...args: readonly string[]) => void,
  folder: string,
): Promise<Record<string, string>> {
  const at = (name: string): string => join(folder, `${one.preset} ${name}`);
  const [width, height] = one.size.split('x').map(Number) as [number, number];
  const isScreen = one.preset === 'screen';
  const picture = (isScreen ? values.screen : undefined) ?? photo!;
  const pan = isScreen ? `scale=-2:${height}` : `scale=${Math.ceil(width / 1.2) * 2}:-2:flags=lanczos`; // sharp at the size of the clean clip
  const clean = `${pan},crop=${width}:${height}:${isScreen ? 0 : Math.round(width * PLACE)}+${one.speed}*n:(ih-oh)/2,setsar=1`;
  const night = one.preset === 'camera-night' ? `,${NIGHT}` : '';
  const rate = ['-framerate', one.rate];
  ffmpeg('-loop', '1', ...rate, '-i', picture, '-frames:v', String(COUNT), '-vf', clean, ...FFV1, at('clean.mkv'));
  ffmpeg('-i', at('clean.mkv'), '-vf', one.harm, ...one.codec, at(one.file));
  const own = one.preset.startsWith('camera') ? { maxFps: null } : {};
  const job = { input: at(one.file), output: at('preset.mkv'), preset: one.preset, ...own };
  await restore({ ...job, codec: 'ffv1', pixelFormat: 'yuv420p', resume: false }, { engine });
  const area = one.area?.split(':').map(Number);
  // The part that the preset leaves, in the clean clip.
  const isPadded = one.harm.includes('pad=');
  const [w, h, x, y] = area && !isPadded ? area.map((length) => length * one.factor) : [width, height, 0, 0];
  const truth = `crop=${w}:${h}:${x}:${y}${night},setpts=N/25/TB`;
  const cut = one.area === undefined ? '' : `crop=${one.area},`;
  const plain = `${one.plain},${cut}scale=${w}:${h}:flags=lanczos,setsar=1,setpts=N/25/TB`;
  const made = `scale=${w}:${h}:flags=lanczos,setsar=1,setpts=N/25/TB`;
  const score = (path: string, filters: string) => scoreOf(program, path, filters, at('clean.mkv'), truth);
  const [before, after] = [score(at(one.file), plain), score(at('preset.mkv'), made)];
  if (values.images !== undefined) {
    mkdirSync(values.images, { recursive: true });
    const image = join(values.images, `${one.preset}.jpg`);
    const graph = threePanels(one, plain, made);
    ffmpeg('-i', at(one.file), '-i', at('preset.mkv'), '-filter_complex', graph, '-frames:v', '1', '-q:v', '5', image);
  }
  return {
    preset: one.preset,
    'ffmpeg alone: PSNR · SSIM': `${before.psnr.toFixed(1)} · ${before.ssim.toFixed(3)}`,
    'preset: PSNR · SSIM': `${after.psnr.toFixed(1)} · ${after.ssim.toFixed(3)}`,
    'frames of the preset': String(after.frames),
  };
}

/** The whole frame of the source, and a detail of it as ffmpeg and as the preset makes it. */
function threePanels({ preset, pixelAspect = 1 }: Case, plain: string, made: string): string {
  const [width, height] = PANEL;
  const label = (text: string): string =>
    `pad=${width}:${height + 30}:0:30:color=0x202020,drawtext=text='${text}':x=8:y=22-ascent:fontsize=18:fontcolor=white`;
  const fit = `scale=iw*${pixelAspect}:ih,setsar=1,scale=${width}:${height}:force_original_aspect_ratio=decrease`;
  const middle = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=0x202020`;
  const [w, h] = [`min(iw,${Math.round(width / pixelAspect)})`, `min(ih,${height})`];
  const detail = `crop='${w}':'${h}':(iw-ow)*0.55:(ih-oh)*0.1,scale=${width}:${height}:flags=lanczos,setsar=1`;
  const frame = (index: number): string => `trim=start_frame=${index}:end_frame=${index + 1},setpts=0`;
  const at = Math.floor(COUNT / 2);
  return [
    `[0:v]split[s][t]`,
    `[s]${frame(Math.floor(at / 2))},${fit},${middle},${label('source')}[a]`,
    `[t]${plain},${frame(at)},${detail},${label('ffmpeg alone')}[b]`,
    `[1:v]${made},${frame(at)},${detail},${label(`preset ${preset}`)}[c]`,
    `[a][b][c]hstack=3,format=yuvj444p`,
  ].join(';');
}

function scoreOf(program: string, path: string, filters: string, clean: string, truth: string) {
  const run = (graph: string): string =>
    spawnSync(program, ['-hide_banner', '-i', path, '-i', clean, '-lavfi', graph, '-f', 'null', '-'], {
      encoding: 'utf8',
    }).stderr;
  const both = `[0:v]${filters},format=yuv420p[a];[1:v]${truth},format=yuv420p[b];[a][b]`;
  const [psnr, ssim] = [run(`${both}psnr=shortest=1`), run(`${both}ssim=shortest=1`)];
  const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  if (!/PSNR y:/.test(psnr)) throw new Error(psnr.slice(-600));
  const frames = [...psnr.matchAll(/frame= *(\d+)/g)].at(-1)?.[1] ?? '0';
  return { psnr: number(psnr, /PSNR y:([\d.]+)/), ssim: number(ssim, /SSIM Y:([\d.]+)/), frames: Number(frames) };
}

void main();
