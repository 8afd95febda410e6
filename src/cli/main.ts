#!/usr/bin/env node
import { parseArgs } from 'node:util';
import {
  doctor,
  IMAGE_DEFAULTS,
  type ImageJob,
  JOB_DEFAULTS,
  listModels,
  probe,
  RemasterError,
  restore,
  type ErrorCode,
  type Job,
} from '../index';
import { upscaleImageFile } from './imageCommand';
import { duration, progressBar } from './progressBar';

const HELP = `remaster restore IN OUT [options]   restore a video into .mp4, .mov or .mkv
remaster image IN OUT [options]     make a picture larger and cleaner: .jpg, .png or .webp
remaster probe FILE                 what a video file holds
remaster models                     the models on this machine
remaster doctor                     what works here and what does not, to copy into a bug report

restore:
  --model NAME|FOLDER   which model (default ${JOB_DEFAULTS.model})
  --steps N             network calls per frame (default: the model's own)
  --order N             order of DoSSR's solver, 1, 2 or 3 (default: the model's own)
  --strength S          1 = the model's picture, 0 = plain resampling (default 1)
  --noise MODE          shared, independent or mixed (default ${JOB_DEFAULTS.noise})
  --seed N              another seed, another texture (default ${JOB_DEFAULTS.seed})
  --color-fix MODE      colours of the source: none, wavelet or adain (default: as the model advises)
  --temporal-denoise MODE  off, low or high: average noise over neighbouring frames first (default ${JOB_DEFAULTS.temporalDenoise})
  --scale S             size of the result ÷ size of the source (default: the model's own, which is the most)
  --faces MODE          of a face model: detect, or aligned when every frame is one face (default detect)
  --min-face N          smallest face that is restored, in source pixels (default 32)
  --mask FILE           of a model that fills holes: a picture or video, white where there is a hole
  --mask-color #RRGGBB  holes are where the film has this colour; --mask-tolerance T (0 to 1, default 0.1)
  --mask-grow N         make holes N pixels larger each way (default 2 around a colour, else 0)
  --tile N|auto         longest tile side in source pixels (default auto)
  --overlap N|auto      how far tiles reach into each other (default auto: as the model advises)
  --tile-cache exact|off|N do not infer again what has not changed, or by at most N levels of 255 (default exact)
  --batch N|auto        tiles per network call (default auto: measured)
  --codec NAME          h264, h265, av1, ffv1, prores or custom (default ${JOB_DEFAULTS.codec})
  --encoder "NAME …"    of --codec custom: an encoder of ffmpeg and options: "h264_nvenc -preset p7 -cq 18"
  --quality N           constant quality of the codec, lower is better
  --pixel-format NAME   yuv420p, yuv422p, yuv444p, the same with 10le, gbrp, gbrp10le (default: the codec's usual)
  --segment N           frames per piece: what a power cut can cost at most (default ${JOB_DEFAULTS.segment})
  --audio MODE          copy, encode or none (default ${JOB_DEFAULTS.audio})
  --no-extras           leave out subtitles, chapters, attachments and metadata
  --deinterlace MODE    auto, on or off (default ${JOB_DEFAULTS.deinterlace})
  --sequence-rate N     pictures per second, when IN is a folder of pictures (default ${JOB_DEFAULTS.sequenceRate})
  --max-fps N           leave frames out of faster sources, evenly
  --max-height N        scale taller sources down to this many lines first
  --hwaccel MODE        off or auto: decode on the GPU where ffmpeg can (default ${JOB_DEFAULTS.hwaccel})
  --start S, --end S    only this part, in seconds
  --provider NAME       auto, cpu, cuda, tensorrt, webgpu, coreml or dml (default ${JOB_DEFAULTS.provider})
  --device N            which GPU (default 0)
  --threads N           threads of one inference, 0 = one per core (default 0)
  --overwrite           replace an output that exists
  --resume              keep finished pieces when interrupted, and go on from them next time
  --json                one JSON object per line instead of a progress bar

image takes of these: --model --steps --order --strength --seed --color-fix --scale --faces --min-face --tile --overlap
--provider --device --threads --overwrite --json, and
  --quality N           of JPEG and WebP, 1 to 100, higher is better (default ${IMAGE_DEFAULTS.quality}); 100 is lossless in WebP
  --max-megapixels N    larger pictures are refused (default ${IMAGE_DEFAULTS.maxPixels / 1e6})

exit codes: 0 done, 1 defect or crash, 2 wrong usage or setting, 3 source, 4 output or disk, 5 model or runtime,
            6 ffmpeg missing, 130 stopped by Ctrl-C
`;

/** What the shell is told. Documented in docs/cli.md. */
function exitCode(code: ErrorCode): number {
  if (/^(BAD_SETTING|NO_IMAGE|NO_PLAN|PLAN_|PATH_)/.test(code)) return 2;
  if (/^(SOURCE_|MASK_|AUTH_|IMAGE_)/.test(code)) return 3;
  if (/^(OUTPUT_|DISK_|FRAME_)/.test(code)) return 4;
  if (/^(MODEL_|RUNTIME_|GPU_)/.test(code)) return 5;
  return code === 'FFMPEG_MISSING' ? 6 : 1;
}

const OPTIONS = {
  model: { type: 'string' },
  steps: { type: 'string' },
  order: { type: 'string' },
  strength: { type: 'string' },
  noise: { type: 'string' },
  seed: { type: 'string' },
  'color-fix': { type: 'string' },
  'temporal-denoise': { type: 'string' },
  scale: { type: 'string' },
  faces: { type: 'string' },
  'min-face': { type: 'string' },
  mask: { type: 'string' },
  'mask-color': { type: 'string' },
  'mask-tolerance': { type: 'string' },
  'mask-grow': { type: 'string' },
  tile: { type: 'string' },
  overlap: { type: 'string' },
  'tile-cache': { type: 'string' },
  batch: { type: 'string' },
  codec: { type: 'string' },
  encoder: { type: 'string' },
  quality: { type: 'string' },
  'pixel-format': { type: 'string' },
  segment: { type: 'string' },
  audio: { type: 'string' },
  'no-extras': { type: 'boolean' },
  deinterlace: { type: 'string' },
  'sequence-rate': { type: 'string' },
  'max-fps': { type: 'string' },
  'max-height': { type: 'string' },
  hwaccel: { type: 'string' },
  'max-megapixels': { type: 'string' },
  start: { type: 'string' },
  end: { type: 'string' },
  provider: { type: 'string' },
  device: { type: 'string' },
  threads: { type: 'string' },
  overwrite: { type: 'boolean' },
  resume: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = { [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K] extends { type: 'boolean' } ? boolean : string };

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const print = (value: unknown, text: string): number => {
    process.stdout.write(values.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    return 0;
  };
  switch (command) {
    case 'restore':
      return restoreCommand(rest, values);
    case 'image':
      return imageCommand(rest, values, print);
    case 'probe': {
      const summary = await probe(only(rest, 'probe FILE'));
      const words = Object.entries(summary).map(([name, value]) => `${name.padEnd(11)} ${value ?? 'unknown'}`);
      return print(summary, words.join('\n'));
    }
    case 'models': {
      const models = await listModels();
      const lines = models.map(({ name, system, task, scale, steps, bytes, licence, title, problem }) =>
        [
          name.padEnd(12),
          system.padEnd(9),
          task.padEnd(8),
          `x${scale}`,
          `${steps} steps`,
          `${(bytes / 1e6).toFixed(1)} MB`.padStart(9),
          licence,
          problem ? `UNUSABLE: ${problem.message}` : title,
        ].join('  '),
      );
      return print(models, lines.join('\n'));
    }
    case 'doctor': {
      const report = await doctor();
      const mark = (ok: boolean | null) => (ok === null ? 'note' : ok ? 'ok  ' : 'FAIL');
      const lines = report.lines.map(
        ({ ok, what, found, remedy }) => `${mark(ok)}  ${what}: ${found}${remedy ? `\n      ${remedy}` : ''}`,
      );
      print(report, lines.join('\n'));
      return report.lines.some(({ ok }) => ok === false) ? 1 : 0;
    }
    default:
      throw usage(`There is no command ${command}.`);
  }
}

const usage = (message: string): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy: 'See remaster --help.' });

function read(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (cause) {
    throw usage((cause as Error).message);
  }
}

function only(rest: readonly string[], shape: string): string {
  if (rest.length !== 1) throw usage(`It is: remaster ${shape}`);
  return rest[0]!;
}

/** The first Ctrl-C tidies up, which takes less than three seconds; a second one is not needed and changes nothing. */
function stopper(): AbortController {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM'] as const) process.on(event, () => stop.abort(new Error('stopped')));
  return stop;
}

const OF_IMAGES = 'model steps order strength seed color-fix scale faces min-face tile overlap quality max-megapixels'
  .concat(' provider device threads overwrite json')
  .split(' ');

async function imageCommand(
  paths: readonly string[],
  values: Values,
  print: (value: unknown, text: string) => number,
): Promise<number> {
  const [input, output, more] = paths;
  if (input === undefined || output === undefined || more !== undefined) throw usage('It is: remaster image IN OUT');
  const foreign = Object.keys(values).find((name) => !OF_IMAGES.includes(name));
  if (foreign) throw usage(`--${foreign} means nothing to a picture.`);
  const stop = stopper();
  try {
    const result = await upscaleImageFile(input, output, imageOptions(values), values.overwrite ?? false, stop.signal);
    const { width, height, bytes, ms, model } = result;
    const speed = `${duration(ms / 1000)}, ${model.name}, ${model.steps} steps on ${model.provider}`;
    return print(result, `${output}: ${width}×${height}, ${(bytes / 1e6).toFixed(1)} MB (${speed})`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('Stopped. Nothing was left behind.\n');
    return 130;
  }
}

function imageOptions(values: Values): Partial<ImageJob> {
  const job = jobOf(['', ''], values);
  const megapixels = Number(values['max-megapixels'] ?? IMAGE_DEFAULTS.maxPixels / 1e6);
  if (!(megapixels > 0)) throw usage('--max-megapixels must be a number.');
  const { model, provider, device, threads, steps, order, strength, seed, colorFix, scale, faces, minFace } = job;
  const { tile, overlap, quality } = job;
  return {
    ...{
      model,
      provider,
      device,
      threads,
      steps,
      order,
      strength,
      seed,
      colorFix,
      scale,
      faces,
      minFace,
      tile,
      overlap,
    },
    quality: quality ?? IMAGE_DEFAULTS.quality,
    maxPixels: Math.round(megapixels * 1e6),
  };
}

async function restoreCommand(paths: readonly string[], values: Values): Promise<number> {
  if (paths.length !== 2) throw usage('It is: remaster restore IN OUT');
  const stop = stopper();
  const line = progressBar(
    process.stderr,
    values.json ? (value) => process.stdout.write(`${JSON.stringify(value)}\n`) : null,
  );
  try {
    const result = await restore(jobOf(paths as [string, string], values), {
      signal: stop.signal,
      onProgress: (progress) => line.progress(progress),
    });
    line.done(result);
    return 0;
  } catch (error) {
    line.end();
    if (!stop.signal.aborted) throw error;
    process.stderr.write(
      values.resume ? 'Stopped. The same command goes on from here.\n' : 'Stopped. Nothing was left behind.\n',
    );
    return 130;
  }
}

function jobOf([input, output]: [string, string], values: Values): Job {
  const number = (name: keyof Values, fallback: number | null): number | null => {
    const value = values[name];
    if (value === undefined || value === 'auto') return fallback;
    if (value === '' || !Number.isFinite(Number(value))) throw usage(`--${name} must be a number.`);
    return Number(value);
  };
  const d = JOB_DEFAULTS;
  const [start, end] = [number('start', 0)!, number('end', null)];
  return {
    input,
    output,
    model: values.model ?? d.model,
    provider: values.provider ?? d.provider,
    device: number('device', d.device)!,
    threads: number('threads', d.threads)!,
    overwrite: values.overwrite ?? false,
    resume: values.resume ?? false,
    steps: number('steps', null),
    order: number('order', null) as Job['order'],
    strength: number('strength', d.strength)!,
    noise: (values.noise ?? d.noise) as Job['noise'],
    seed: number('seed', d.seed)!,
    colorFix: (values['color-fix'] ?? d.colorFix) as Job['colorFix'],
    temporalDenoise: (values['temporal-denoise'] ?? d.temporalDenoise) as Job['temporalDenoise'],
    scale: number('scale', null),
    faces: (values.faces ?? d.faces) as Job['faces'],
    minFace: number('min-face', null),
    mask: values.mask ?? d.mask,
    maskColor: values['mask-color'] ?? d.maskColor,
    maskTolerance: number('mask-tolerance', null),
    maskGrow: number('mask-grow', null),
    tile: number('tile', null),
    overlap: number('overlap', null),
    tileCache:
      values['tile-cache'] === 'off' ? null : values['tile-cache'] === 'exact' ? 0 : number('tile-cache', d.tileCache),
    batch: number('batch', null),
    codec: (values.codec ?? d.codec) as Job['codec'],
    encoder: values.encoder ?? d.encoder,
    quality: number('quality', null),
    pixelFormat: (values['pixel-format'] ?? d.pixelFormat) as Job['pixelFormat'],
    segment: number('segment', d.segment)!,
    concurrency: d.concurrency,
    audio: (values.audio ?? d.audio) as Job['audio'],
    extras: !values['no-extras'],
    deinterlace: (values.deinterlace ?? d.deinterlace) as Job['deinterlace'],
    sequenceRate: number('sequence-rate', d.sequenceRate)!,
    maxFps: number('max-fps', null),
    maxHeight: number('max-height', null),
    hwaccel: (values.hwaccel ?? d.hwaccel) as Job['hwaccel'],
    trim: start === 0 && end === null ? null : { start, end },
  };
}

function fail(error: unknown, asJson: boolean): number {
  if (!(error instanceof RemasterError)) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
  if (asJson) process.stdout.write(`${JSON.stringify({ error })}\n`);
  else {
    process.stderr.write(`${error.code}: ${error.message}\n${error.remedy ? `${error.remedy}\n` : ''}`);
    if (error.detail && /^(INTERNAL|ENGINE_CRASHED|ENCODE_FAILED|FFMPEG_MISSING)$/.test(error.code))
      process.stderr.write(`${error.detail.trim()}\n`);
  }
  return exitCode(error.code);
}

if (require.main === module) {
  const args = process.argv.slice(2);
  main(args)
    .catch((error: unknown) => fail(error, args.includes('--json')))
    .then((code) => {
      process.exitCode = code;
    })
    .catch(() => process.exit(1));
}
