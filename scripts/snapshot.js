'use strict';
// Prints the frames (framemd5) and the container times of twelve small jobs: three models × {file, image, frames, camera}.
// Two builds that print the same lines make the same bytes. The lines depend on the processor and on ffmpeg's version.
//   node scripts/build.js && node scripts/snapshot.js > before.txt
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const remaster = require('../dist/src/index.js');

/** Runs ffmpeg and returns its standard output. */
function ffmpeg(...args) {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const rows = (text) =>
  text
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !/^#(?:software|format|version)/.test(line));

/** Decoded frames of every stream, then the time stamps and sizes of every packet in the container. */
const linesOf = (file) => [
  ...rows(ffmpeg('-i', file, '-map', '0', '-f', 'framemd5', '-')),
  ...rows(ffmpeg('-i', file, '-map', '0', '-c', 'copy', '-f', 'framecrc', '-')).map((line) => `packet ${line}`),
];

/** Pixels of an image file. */
const pixelsOf = (data) => {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-f', 'framemd5', '-'], {
    input: data,
  });
  if (status !== 0) throw new Error(String(stderr));
  return `${rows(stdout).at(-1)}, file ${createHash('md5').update(data).digest('hex')}`;
};

/** A picture with still and moving parts, so that the tile cache has something to do. */
const clip = (folder, name, { seconds = 0.6, format = 'yuv420p', codec = ['-c:v', 'ffv1'], sound = false } = {}) => {
  const file = join(folder, name);
  const still = 'smptebars=size=256x144:rate=25';
  const moving = 'testsrc2=size=96x64:rate=25';
  ffmpeg(
    ...['-f', 'lavfi', '-i', still, '-f', 'lavfi', '-i', moving],
    ...(sound ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
    ...['-filter_complex', '[0][1]overlay=8:8[v]', '-map', '[v]', ...(sound ? ['-map', '2', '-c:a', 'aac'] : [])],
    ...['-t', String(seconds), '-pix_fmt', format, '-bitexact', ...codec, file],
  );
  return file;
};

async function files(folder, engine) {
  const make = async (title, output, options, control = {}) => {
    const result = await remaster.restore({ output, overwrite: true, threads: 1, ...options }, { engine, ...control });
    const { framesIn, framesOut } = result;
    const share = result.cacheStats?.share;
    console.log(`## ${title}`);
    console.log(`frames ${framesIn} -> ${framesOut}${options.resume ? '' : `, tiles not computed again ${share}`}`);
    console.log(linesOf(output).join('\n'));
    return result;
  };
  const eight = clip(folder, 'eight.mp4', { codec: ['-c:v', 'libx264', '-crf', '12', '-threads', '1'], sound: true });
  await make('file, x4-live, 8 bit with sound, tile cache', join(folder, 'a.mp4'), {
    input: eight,
    model: 'x4-live',
    tile: 64,
  });

  const ten = clip(folder, 'ten.mkv', { format: 'yuv422p10le' });
  const trim = { start: 0.12, end: 0.44 };
  const archive = { input: ten, model: 'x2', codec: 'ffv1', pixelFormat: 'yuv422p10le', trim };
  await make('file, x2, 10 bit, trimmed', join(folder, 'b.mkv'), archive);

  // Stopped after the first segments, then continued.
  const forty = clip(folder, 'forty.mkv', { seconds: 1.6 });
  const stopped = { input: forty, model: 'restore', steps: 4, segment: 4, resume: true, output: join(folder, 'c.mkv') };
  const stop = new AbortController();
  const onProgress = ({ frame }) => frame >= 8 && stop.abort(new Error('stopped on purpose'));
  await remaster.restore({ overwrite: true, threads: 1, ...stopped }, { engine, signal: stop.signal, onProgress }).then(
    () => Promise.reject(new Error('the job ended before it was stopped')),
    (error) => error === stop.signal.reason || Promise.reject(error),
  );
  const { resumedFrom } = await make('file, restore, stopped and resumed', stopped.output, stopped);
  if (!(resumedFrom > 0 && resumedFrom < 40)) throw new Error(`the job was to resume, and began at ${resumedFrom}`);
}

async function images(folder, engine) {
  const file = join(folder, 'image.png');
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=120x80:rate=1', '-frames:v', '1', '-bitexact', file);
  for (const [model, format] of [
    ['x4-live', 'png'],
    ['x2', 'jpeg'],
    ['restore', 'webp'],
  ]) {
    const { data, width, height } = await remaster.upscaleImage(
      readFileSync(file),
      { model, format, threads: 1 },
      { engine },
    );
    console.log(`## image, ${model}, ${format}\n${width}x${height} ${pixelsOf(data)}`);
  }
}

async function frames(folder, engine) {
  const input = clip(folder, 'frames.mkv', { seconds: 0.48 });
  const extract = remaster.extractFrames;
  for (const [model, pick] of [
    ['x4-live', { by: 'every', n: 4 }],
    ['x2', { by: 'times', seconds: [0.1, 0.3] }],
    ['restore', { by: 'rate', fps: 10 }],
  ]) {
    console.log(`## frames, ${model}, by ${pick.by}`);
    for await (const one of extract({ input, model, pick, format: 'png', isUpscaled: true, threads: 1 }, { engine })) {
      console.log(`${one.index} ${one.pts} ${one.time} ${one.width}x${one.height} ${pixelsOf(one.data)}`);
    }
  }
}

/** Four frames of the test pattern, slow enough that none is dropped. */
async function cameras(engine) {
  const { LIVE_DEFAULTS, SOURCE_DEFAULTS } = remaster;
  const input = { kind: 'pattern', size: '96x64', rate: 2 };
  for (const [model, more] of [
    ['x4-live', {}],
    ['x2', { steps: 1 }],
    ['restore', { maxHeight: 48, steps: 1 }],
  ]) {
    console.log(`## camera, ${model}`);
    const job = { ...LIVE_DEFAULTS, overload: 'drop', ...more, model, threads: 1, budgetMs: 5000 };
    await new Promise((resolve, reject) => {
      const ask = (after) => live.requestJpeg({ newerThan: after });
      const onJpeg = ({ data, index, width, height }) => {
        console.log(`${index} ${width}x${height} ${pixelsOf(data)}`);
        if (index < 3) ask(index);
        else live.stop().then(resolve, reject);
      };
      const target = { kind: 'pictures' };
      const live = engine.live({ ...job, source: { ...SOURCE_DEFAULTS, input, label: 'pattern' }, target }, { onJpeg });
      live.ended.catch(reject);
      ask(-1);
    });
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'remaster-snapshot-'));
  const engine = remaster.createEngine();
  try {
    await files(folder, engine);
    await images(folder, engine);
    await frames(folder, engine);
    await cameras(engine);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
