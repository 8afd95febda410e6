/**
 * bench/presets: each preset on a clip of its kind, made from a clean one with ffmpeg: interlaced, telecined, with shifted
 * colours, noise and the codecs of tapes and DVDs. PSNR and SSIM of luma against the clean clip, for the preset and for what ffmpeg alone
 * does (bwdif, lanczos), and a JPEG of one frame of both in `--images FOLDER`.
 * Usage: node dist/bench/presets.js CLEAN [PRESET …] [--frames 12] [--images docs/presets]. CLEAN: a sharp video of 1080 lines.
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
  options: { frames: { type: 'string', default: '12' }, images: { type: 'string' } },
});
const [source, ...wanted] = positionals;
const COUNT = Number(values.frames);

interface Case {
  readonly preset: string;
  /** Size and rate of the clean clip. */
  readonly size: string;
  readonly rate: string;
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
}

const FFV1 = ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'];
const x264 = (crf: number): readonly string[] => ['-c:v', 'libx264', '-crf', String(crf), '-pix_fmt', 'yuv420p'];
const MPEG2 = ['-c:v', 'mpeg2video', '-flags', '+ilme+ildct', '-b:v', '1500k', '-pix_fmt', 'yuv420p'];
const TAPE = 'gblur=sigma=1.2:sigmaV=0.1,chromashift=cbh=3:crh=-3,noise=alls=14:allf=t';
const WEAVE = 'tinterlace=interleave_top,setfield=tff';
const HEAD = (lines: number): string => `drawbox=y=ih-${lines}:h=${lines}:w=iw:color=gray:t=fill`;

const CASES: readonly Case[] = [
  ...[
    ['vhs-pal', '352x288', '50', 10],
    ['vhs-ntsc', '352x240', '60000/1001', 8],
  ].map(([preset, size, rate, lines]) => ({
    ...{
      preset: String(preset),
      size: String(size),
      rate: String(rate),
      codec: FFV1,
      file: 'tape.mkv',
      factor: 1 as const,
    },
    harm: `${TAPE},${HEAD(Number(lines))},${WEAVE}`,
    plain: `bwdif=mode=send_frame,fps=${rate}`,
    area: `336:${Number(String(size).split('x')[1]) - Number(lines)}:8:0`,
  })),
  {
    ...{ preset: 'dv', size: '704x576', rate: '50', factor: 2, file: 'dv.mkv', area: '336:288:8:0' },
    harm: `scale=352:288:flags=bicubic,noise=alls=4:allf=t,${WEAVE.replace('top', 'bottom').replace('tff', 'bff')}`,
    codec: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'],
    plain: 'bwdif=mode=send_frame,fps=50',
  },
  {
    ...{
      preset: 'dvd-pal',
      size: '704x432',
      rate: '25',
      factor: 2,
      codec: MPEG2,
      file: 'dvd.mpg',
      area: '352:216:0:36',
    },
    harm: 'scale=352:216:flags=bicubic,pad=352:288:0:36',
    plain: 'null',
  },
  {
    ...{
      preset: 'dvd-ntsc',
      size: '704x360',
      rate: '24000/1001',
      factor: 2,
      codec: MPEG2,
      file: 'dvd.mpg',
      area: '352:180:0:30',
    },
    harm: 'scale=352:180:flags=bicubic,pad=352:240:0:30,telecine=pattern=23,setfield=tff',
    plain: 'bwdif=mode=send_frame,fps=24000/1001',
  },
  {
    ...{
      preset: '8mm',
      size: '640x480',
      rate: '18',
      factor: 2,
      codec: x264(20),
      file: '8mm.mp4',
      area: '320:240:40:24',
    },
    harm: 'scale=320:240:flags=bicubic,gblur=0.8,noise=alls=16:allf=t,pad=400:288:40:24',
    plain: 'null',
  },
  {
    ...{ preset: '16mm-scan', size: '704x512', rate: '24', factor: 2, codec: FFV1, file: 'scan.mkv' },
    harm: 'scale=352:256:flags=bicubic,noise=alls=6:allf=t',
    plain: 'null',
  },
  {
    ...{ preset: 'web-small', size: '640x384', rate: '25', factor: 4, codec: x264(30), file: 'web.mp4' },
    harm: 'scale=160:96:flags=bicubic',
    plain: 'null',
  },
  {
    ...{ preset: 'screen', size: '640x384', rate: '25', factor: 2, codec: x264(22), file: 'screen.mp4' },
    harm: 'scale=320:192:flags=bicubic',
    plain: 'null',
  },
  {
    ...{ preset: 'camera-day', size: '640x384', rate: '25', factor: 4, codec: x264(26), file: 'camera.mp4' },
    harm: 'scale=160:96:flags=bicubic,noise=alls=3:allf=t',
    plain: 'null',
  },
  {
    ...{ preset: 'camera-night', size: '352x192', rate: '25', factor: 1, codec: x264(24), file: 'camera.mp4' },
    harm: 'eq=brightness=-0.25:contrast=0.6,noise=alls=24:allf=t',
    plain: 'null',
  },
];

async function main(): Promise<void> {
  if (source === undefined) throw new Error('usage: presets.js CLEAN [PRESET …] [--frames 12] [--images FOLDER]');
  const { path: program } = await findFfmpeg();
  const ffmpeg = (...args: readonly string[]): void =>
    void execFileSync(program, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args]);
  const folder = workFolder();
  const engine = createEngine();
  const rows: Record<string, string>[] = [];
  for (const one of CASES.filter(({ preset }) => wanted.length === 0 || wanted.includes(preset)))
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
  const screen = one.preset === 'screen';
  const picture = screen ? ['-f', 'lavfi', '-i', `testsrc2=size=1280x768:rate=25`] : ['-noautorotate', '-i', source!];
  const night = one.preset === 'camera-night' ? ',eq=brightness=-0.25:contrast=0.6' : '';
  const clean = `scale=${one.size.replace('x', ':')}:flags=lanczos,setsar=1,fps=25,setpts=N/(${one.rate})/TB`;
  const rate = ['-r', one.rate];
  ffmpeg(...picture, '-an', '-frames:v', String(COUNT), '-vf', clean, ...rate, ...FFV1, at('clean.mkv'));
  ffmpeg('-i', at('clean.mkv'), '-vf', one.harm, ...one.codec, at(one.file));
  const own = one.preset.startsWith('camera') ? { maxFps: null } : {};
  const job = { input: at(one.file), output: at('preset.mkv'), preset: one.preset, ...own };
  await restore({ ...job, codec: 'ffv1', pixelFormat: 'yuv420p', resume: false }, { engine });
  const [width, height] = one.size.split('x').map(Number) as [number, number];
  const area = one.area?.split(':').map(Number);
  // The part that the preset leaves, in the clean clip.
  const isPadded = one.harm.includes('pad=');
  const [w, h, x, y] = area && !isPadded ? area.map((length) => length * one.factor) : [width, height, 0, 0];
  const truth = `crop=${w}:${h}:${x}:${y}${night},setpts=N`;
  const cut = one.area === undefined ? '' : `crop=${one.area},`;
  const plain = `${one.plain},${cut}scale=${w}:${h}:flags=lanczos,setsar=1,setpts=N`;
  const made = `scale=${w}:${h}:flags=lanczos,setsar=1,setpts=N`;
  const score = (path: string, filters: string) => scoreOf(program, path, filters, at('clean.mkv'), truth);
  const [before, after] = [score(at(one.file), plain), score(at('preset.mkv'), made)];
  if (values.images !== undefined) {
    mkdirSync(values.images, { recursive: true });
    const pair = `[0:v]${plain},trim=start_frame=6:end_frame=7[a];[1:v]${made},trim=start_frame=6:end_frame=7[b];[a][b]hstack`;
    const jpeg = ['-frames:v', '1', '-q:v', '6', join(values.images, `${one.preset}.jpg`)];
    ffmpeg('-i', at(one.file), '-i', at('preset.mkv'), '-filter_complex', pair, ...jpeg);
  }
  return {
    preset: one.preset,
    'ffmpeg alone: PSNR · SSIM': `${before.psnr.toFixed(1)} · ${before.ssim.toFixed(3)}`,
    'preset: PSNR · SSIM': `${after.psnr.toFixed(1)} · ${after.ssim.toFixed(3)}`,
    'frames of the preset': String(after.frames),
  };
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
