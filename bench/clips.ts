/**
 * bench/clips: quality of upscaled video, measured with VMAF. The ground truth is the first frames of each video in FOLDER, at
 * most 720 lines. They are scaled down by the factor, compressed with x264 and enlarged by lanczos and by the bundles; with
 * factor 1 they are only compressed. FFMPEG needs libvmaf. `--keep` stores the results, whose flicker
 * `python -m workshop.flicker` can measure. Only for measuring, never for training.
 * Usage: node dist/bench/clips.js FOLDER BUNDLE[:STEPS[:NOISE]] … --vmaf FFMPEG [--frames 48] [--factor 4] [--crf 24] [--keep FOLDER]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine } from '../src/engine/client/engine';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { printTable } from './table';
import { workFolder } from './testVideo';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ vmaf: { type: 'string' }, keep: { type: 'string' }, frames: { type: 'string', default: '48' } },
    ...{ factor: { type: 'string', default: '4' }, crf: { type: 'string', default: '24' } },
  },
});
const [source, ...bundles] = positionals;

/** Lossless Y′CbCr: the measurement must not depend on another codec. */
const LOSSLESS = ['-pix_fmt', 'yuv420p', '-c:v', 'ffv1'];
/** Both sides multiples of 16, so that the small video has multiples of 4. */
const TRUTH = "scale=-1:'min(ih,720)':flags=bicubic,crop=iw-mod(iw\\,16):ih-mod(ih\\,16),setsar=1";

async function main(): Promise<void> {
  const { vmaf, factor, crf } = values;
  if (source === undefined || bundles.length === 0 || vmaf === undefined)
    throw new Error('usage: clips.js FOLDER BUNDLE[:STEPS[:NOISE]] … --vmaf FFMPEG [options as above]');
  const { path: program } = await findFfmpeg();
  const folder = values.keep ?? workFolder();
  const ffmpeg = (...args: readonly string[]): void =>
    void execFileSync(program, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args]);
  const videos: { readonly title: string; readonly scores: ReadonlyMap<string, number> }[] = [];
  const engine = createEngine();
  for (const name of readdirSync(source).filter((each) => /\.(mp4|mkv|mov|avi|ts|webm)$/.test(each))) {
    const title = name.slice(0, -extname(name).length);
    const at = (what: string): string => join(folder, title, `${what}.mkv`);
    mkdirSync(join(folder, title), { recursive: true });
    ffmpeg('-i', join(source, name), '-an', '-frames:v', values.frames, '-vf', TRUTH, ...LOSSLESS, at('truth'));
    const smaller = `scale=iw/${factor}:ih/${factor}:flags=bicubic`;
    ffmpeg('-i', at('truth'), '-vf', smaller, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-crf', crf, at('small'));
    const without = factor === '1' ? 'compressed' : 'lanczos';
    ffmpeg('-i', at('small'), '-vf', `scale=iw*${factor}:ih*${factor}:flags=lanczos`, ...LOSSLESS, at(without));
    const results = [without];
    for (const named of bundles) {
      const [model, steps, noise] = named.split(':') as [string, string?, typeof JOB_DEFAULTS.noise?];
      const what = basename(named).replaceAll(':', '-');
      results.push(what);
      if (existsSync(at(what))) continue; // kept by an earlier run
      const choices = {
        model,
        steps: steps ? Number(steps) : null,
        noise: noise ?? JOB_DEFAULTS.noise,
        tileCache: null,
      };
      const files = { input: at('small'), output: at(what), codec: 'ffv1' as const, pixelFormat: 'yuv420p' as const };
      await engine.run({ ...JOB_DEFAULTS, ...choices, ...files, overwrite: true }).result;
    }
    videos.push({ title, scores: new Map(results.map((what) => [what, score(vmaf, at(what), at('truth'))])) });
  }
  await engine.close();
  const names = [...videos[0]!.scores.keys()];
  const row = (video: string, of: (name: string) => number): Record<string, string> => ({
    video,
    ...Object.fromEntries(names.map((name) => [name, of(name).toFixed(1)])),
  });
  printTable(`bench/clips: VMAF of the first ${values.frames} frames, ×${factor}, crf ${crf}`, [
    ...videos.map(({ title, scores }) => row(title, (name) => scores.get(name)!)),
    row('mean', (name) => videos.reduce((sum, { scores }) => sum + scores.get(name)!, 0) / videos.length),
  ]);
  if (values.keep === undefined) rmSync(folder, { recursive: true });
}

/** VMAF, 0 … 100, of the default model. */
function score(program: string, restored: string, truth: string): number {
  const graph = '[0:v]setpts=N[a];[1:v]setpts=N[b];[a][b]libvmaf=n_threads=2';
  const { stderr } = spawnSync(
    program,
    ['-hide_banner', '-i', restored, '-i', truth, '-lavfi', graph, '-f', 'null', '-'],
    {
      encoding: 'utf8',
    },
  );
  const found = /VMAF score: ([\d.]+)/.exec(stderr);
  if (!found) throw new Error(`${program} reported no VMAF score: ${stderr.slice(-500)}`);
  return Number(found[1]);
}

void main();
