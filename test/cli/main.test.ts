import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { duration } from '../../src/cli/progressBar';
import { ASTRONAUT } from '../pipeline/frames/face/images';
import { pattern } from '../support/images';
import { descendants, enginesAndFfmpegs, processes, stillThere } from '../support/processes';
import { root } from '../support/root';
import { writeFace, writeHoles, writeSingleColour } from '../support/tinyBundle';
import { binary, ff, moving, scratchFolder, times } from '../support/videos';

describe('the command line', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const program = join(root, 'dist/src/cli/main.js');
  const remaster = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      cwd: folder,
    });
    return { status, stdout, stderr };
  };

  /** A restore in a process group of its own, as a shell starts it. */
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [program, 'restore', ...args, '--json'], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const firstFrame = (child: ChildProcess, words = /"frame":[1-9]/): Promise<void> =>
    new Promise((resolve, reject) => {
      child.stdout!.on('data', (text: Buffer) => words.test(text.toString()) && resolve());
      child.once('exit', () => reject(new Error(`it ended before it printed ${words.source}`)));
    });

  before(async () => {
    await ff(...moving('32x24', '25', 6), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('film.mp4'));
    await ff(...moving('96x64', '25', 300), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long.mp4'));
  });

  it('restores a video and prints a summary', async () => {
    const { status, stderr } = remaster('restore', 'film.mp4', 'out.mp4', '--steps', '1');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /restoring .*frame 0 of 6|loading/);
    assert.match(stderr, /out\.mp4: 6 frames, 128×96.*x4, 1 step on cpu/);
    assert.equal((await times(at('out.mp4'))).seconds.length, 6);
  });
  it('says which model it has chosen, why, and how long it takes; a named one needs no words', () => {
    const said = remaster('restore', 'film.mp4', 'auto.mp4', '--steps', '1').stderr.match(/^auto: .*$/gm);
    assert.equal(said?.length, 1);
    assert.match(said[0], /^auto: x4, because it is small, with 32×24; about \ds$/);
    assert.doesNotMatch(remaster('restore', 'film.mp4', 'named.mp4', '--model', 'x4-live').stderr, /auto/);
    const objects = remaster('restore', 'film.mp4', 'told.mp4', '--scale', '2', '--json').stdout.trim().split('\n');
    const { result } = JSON.parse(objects.at(-1)!) as { result: { model: { name: string; reason: string } } };
    assert.deepEqual([result.model.name, result.model.reason], ['x2', 'the result is to be 2 times as large']);
  });
  it('estimates a job without writing anything', () => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = remaster('estimate', 'film.mp4', '--model', 'x4-live', '--max-fps', '5');
    assert.equal(status, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines[0], 'film.mp4: 32×24, 25 fps, 0s');
    assert.match(lines[1]!, /^x4-live, 1 step on cpu: about \ds: 1 frame of [\d.]+ s, measured on 3; less where areas/);
    assert.match(lines.at(-1)!, /^x4 +[\d.]+ s per frame, all of it \ds$/);
    assert.deepEqual(readdirSync(folder), before);
    assert.match(remaster('estimate').stderr, /Usage: remaster estimate FILE \[options\]/);
  });
  it('speaks JSON, one object a line', () => {
    const { status, stdout } = remaster('restore', 'film.mp4', 'json.mkv', '--steps', '1', '--json', '--codec', 'ffv1');
    assert.equal(status, 0);
    const objects = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { progress?: object; result?: { framesOut: number } });
    assert.ok(objects.some(({ progress }) => progress));
    assert.equal(objects.at(-1)!.result!.framesOut, 6);
  });
  it('restores and counts the faces of a video with a face model', async () => {
    await writeFace(at('face'), 64, 1);
    await ff(
      '-loop',
      '1',
      '-i',
      ASTRONAUT,
      '-frames:v',
      '3',
      '-vf',
      'crop=320:240:64:10',
      '-c:v',
      'ffv1',
      at('face.mkv'),
    );
    const { status, stderr } = remaster('restore', 'face.mkv', 'faces.mp4', '--model', './face', '--min-face', '60');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /3 frames, 3 faces restored \(none in 0 frames\), 320×240.*tiny-face/);
    const json = remaster(
      'restore',
      'face.mkv',
      'large.mp4',
      '--model',
      './face',
      '--min-face',
      '200',
      '--json',
    ).stdout;
    assert.match(json, /"faces":\{"found":0,"framesWithout":3\}/);
  });
  it('inpaints a video with an inpainting model', async () => {
    await writeHoles(at('holes'));
    await ff(...moving('64x32', '25', 3), '-c:v', 'ffv1', at('scratched.mkv'));
    await ff(
      '-f',
      'lavfi',
      '-i',
      'color=black:size=64x32,drawbox=x=30:w=3:h=32:color=white:t=fill',
      '-frames:v',
      '1',
      at('mask.png'),
    );
    const done = remaster(
      'restore',
      'scratched.mkv',
      'filled.mp4',
      '--model',
      './holes',
      '--mask',
      'mask.png',
      '--mask-grow',
      '1',
    );
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /3 frames, 64×32.*tiny-holes/);
    const keyed = remaster('restore', 'scratched.mkv', 'keyed.mp4', '--model', './holes', '--mask-color', '#00ff00');
    assert.equal(keyed.status, 0, keyed.stderr);
    for (const [args, status, words] of [
      [['--mask-color', 'green'], 2, /--mask-color must be a colour like #00ff00/],
      [['--mask', 'no.png'], 3, /SOURCE_NOT_FOUND/],
      [['--mask', '#00ff0'], 2, /--mask-color must be a colour like #00ff00/],
      [['--mask', '#00ff00', '--mask-color', '#ff0000'], 2, /--mask #00ff00 and --mask-color cannot be combined/],
      [['--mask', 'mask.png', '--mask-tolerance', '0.2'], 2, /Mask tolerance applies only to a mask colour/],
    ] as const) {
      const refused = remaster('restore', 'scratched.mkv', 'refused.mp4', '--model', './holes', ...args);
      assert.equal(refused.status, status, refused.stderr);
      assert.match(refused.stderr, words);
    }
  });

  it('upscales an image into the format of its extension and overwrites nothing by default', async () => {
    await pattern(30, 20).jpeg().toFile(at('photo.jpg'));
    const made = remaster('image', 'photo.jpg', 'large.webp', '--steps', '1');
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /^auto: x4, because it has 30×20 pixels\nlarge\.webp: 120×80, .*x4, 1 step on cpu/);
    const { format, width } = await sharp(readFileSync(at('large.webp'))).metadata();
    assert.deepEqual([format, width], ['webp', 120]);
    const again = remaster('image', 'photo.jpg', 'large.webp', '--steps', '1');
    assert.deepEqual([again.status, /OUTPUT_EXISTS/.test(again.stderr)], [4, true]);
    const json = remaster('image', 'photo.jpg', 'large.webp', '--steps', '1', '--scale', '2', '--overwrite', '--json');
    assert.equal((JSON.parse(json.stdout) as { width: number }).width, 60);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('.part')),
      [],
    );
  });
  it('says how to install sharp when it is missing; the rest works without it', () => {
    writeFileSync(
      at('without.js'),
      `const m = require('node:module'); const load = m._resolveFilename;
       m._resolveFilename = (name, ...rest) => { if (name === 'sharp') throw Object.assign(new Error("Cannot find module 'sharp'"), { code: 'MODULE_NOT_FOUND' }); return load(name, ...rest); };`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--require "${at('without.js')}"` };
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: folder, env });
    const { status, stderr } = run('image', 'photo.jpg', 'none.png');
    assert.equal(status, 5, stderr);
    assert.match(stderr, /RUNTIME_MISSING: sharp.*\nRun: npm install sharp@/);
    assert.match(run('doctor').stdout, /note +images: sharp/);
    assert.equal(run('restore', 'film.mp4', 'without.mp4', '--steps', '1').status, 0);
  });
  it('probe, models and doctor print their reports', () => {
    assert.match(remaster('probe', 'film.mp4').stdout, /width +32/);
    assert.equal((JSON.parse(remaster('probe', 'film.mp4', '--json').stdout) as { fps: number }).fps, 25);
    const { stdout: models } = remaster('models');
    assert.match(models, /^auto +chooses one of these.*\nx2 .* tapes and DVDs, twice as large\n/);
    assert.match(models, /x4 +resshift +upscale +x4 +4 steps/);
    assert.match(remaster('doctor').stdout, /ok +onnxruntime: 1\./);
  });
  it('models shows doubts about a bundle below it', async () => {
    await writeFace(at('doubted/faces'), 64, 1);
    const file = at('doubted/faces/model.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...manifest, notes: ['own.pth is none of the published files.'] }));
    const env = { ...process.env, REMASTER_MODELS: at('doubted') };
    const { stdout } = spawnSync(process.execPath, [program, 'models'], { encoding: 'utf8', cwd: folder, env });
    assert.match(stdout, /^faces .*\n {2}note: own\.pth is none of the published files\.$/m);
  });
  it('a suspect model is warned of by models, doctor and a job, and still runs', async () => {
    await writeSingleColour(at('models/black'), 0);
    process.env['REMASTER_MODELS'] = at('models');
    try {
      for (const run of [1, 2]) {
        const models = remaster('models'); // the second time without loading it
        assert.match(models.stdout, /^black .*\n {2}note: MODEL_SUSPECT: .* 4\.\d dB/m, `run ${run}`);
        assert.equal(models.stdout.match(/MODEL_SUSPECT/g)?.length, 1, 'no packaged model');
      }
      const doctor = remaster('doctor');
      assert.match(doctor.stdout, /^note {2}model black: .*MODEL_SUSPECT: .*\n {6}Look at a short result/m);
      const { status, stderr } = remaster('restore', 'film.mp4', 'black.mp4', '--model', 'black');
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^note: MODEL_SUSPECT: /m);
    } finally {
      delete process.env['REMASTER_MODELS'];
    }
  });
  it('prints no control character of a bundle, an ffmpeg or a file name', () => {
    cpSync(join(root, 'models/x4'), at('evil/loud'), { recursive: true });
    const { REMASTER_FFMPEG: _, FFMPEG_PATH: __, ...rest } = process.env;
    const manifest = JSON.parse(readFileSync(join(root, 'models/x4/model.json'), 'utf8')) as object;
    const title = 'a\u001b[2J\u009b31m\u202eb';
    writeFileSync(at('evil/loud/model.json'), JSON.stringify({ ...manifest, name: 'loud', title }));
    const path = join(folder, 'no\u001b[2J\u009b31mffmpeg');
    for (const args of [['models'], ['models', '--json'], ['doctor'], ['doctor', '--json'], ['probe', path]]) {
      const env = { ...rest, REMASTER_MODELS: at('evil'), REMASTER_FFMPEG: path };
      const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
      assert.match(stdout + stderr, /\\u001b\[2J\\u009b31m/, args.join(' '));
      assert.doesNotMatch(stdout + stderr, /[^\P{Cc}\n]|\u202e/u, args.join(' '));
    }
  });
  it('doctor names an ffmpeg that was passed over or cannot encode H.264', async function () {
    if (process.platform === 'win32') this.skip();
    const { path } = await binary();
    const script = `#!/bin/sh\ncase "$*" in *-encoders*) ;; *) exec '${path}' "$@" ;; esac\n`;
    writeFileSync(at('ffmpeg'), script, { mode: 0o755 });
    const { REMASTER_FFMPEG: _, FFMPEG_PATH: __, ...rest } = process.env;
    const run = (PATH: string): string =>
      spawnSync(process.execPath, [program, 'doctor'], { encoding: 'utf8', env: { ...rest, PATH } }).stdout;
    mkdirSync(at('whole'));
    symlinkSync(path, at('whole/ffmpeg'));
    const both = run([folder, at('whole')].join(delimiter));
    assert.match(both, /note +ffmpeg: .*\/ffmpeg: it cannot encode H\.264/);
    assert.match(both, /ok +ffmpeg: .*whole\/ffmpeg\), encodes libx264/);
    assert.match(run(folder), /note +ffmpeg: .*\n.*It cannot encode H\.264, the default: install/);
  });
  for (const [what, args, code, words] of [
    ['an invalid image', ['image', 'film.mp4', 'x.png'], 3, /IMAGE_UNREADABLE: The data is not a JPEG, PNG or WebP/],
    ['an unknown image format', ['image', 'photo.jpg', 'x.tiff'], 2, /\.jpg, \.png or \.webp/],
    ['a missing image', ['image', 'none.jpg', 'x.png'], 3, /SOURCE_NOT_FOUND/],
    [
      'an image that is too large',
      ['image', 'photo.jpg', 'x.png', '--max-megapixels', '0.0001'],
      3,
      /IMAGE_TOO_LARGE: .*\n.*--max-megapixels/,
    ],
    [
      'a setting of videos for an image',
      ['image', 'photo.jpg', 'x.png', '--codec', 'h264'],
      2,
      /--codec does not apply to `remaster image`\./,
    ],
    ['no command', [], 2, /restore INPUT OUTPUT/],
    ['an unknown command', ['dance'], 2, /Unknown command dance/],
    ['a path that begins with a hyphen', ['restore', '-a.mp4', 'b'], 2, /Unknown option -a\..*\n.*\.\/-name/],
    ['an unknown option', ['restore', 'a', 'b', '--fast'], 2, /Unknown option --fast\.\nSee remaster help/],
    [
      'a mistyped option',
      ['restore', 'a', 'b', '--modle', 'x2'],
      2,
      /Unknown option --modle\.\nDid you mean --model\?/,
    ],
    ['a mistyped command', ['restroe', 'a', 'b'], 2, /Unknown command restroe\.\nDid you mean remaster restore\?/],
    [
      'a comparison without an image',
      ['models', '--provider', 'cpu'],
      2,
      /--provider of `remaster models` needs --compare/,
    ],
    [
      'too few arguments',
      ['restore', 'a'],
      2,
      /Usage: remaster restore INPUT OUTPUT \| INPUT\.\.\. --out FOLDER \[options\]/,
    ],
    [
      'an invalid number',
      ['restore', 'film.mp4', 'x.mp4', '--steps', 'many'],
      2,
      /--steps must be a whole number from 1 to 1000, not "many"/,
    ],
    ['a missing source', ['restore', 'none.mp4', 'x.mp4'], 3, /SOURCE_NOT_FOUND: .*none\.mp4 does not exist/],
    ['an output that exists', ['restore', 'film.mp4', 'long.mp4'], 4, /OUTPUT_EXISTS/],
    [
      'faces with another model',
      ['restore', 'film.mp4', 'x.mp4', '--faces', 'detect'],
      2,
      /BAD_SETTING: .* applies only to face models; x4 is not one.*\n.*none is in the package/,
    ],
    [
      'a missing model',
      ['restore', 'film.mp4', 'x.mp4', '--model', 'x4-lve'],
      5,
      /MODEL_NOT_FOUND.*\nDid you mean x4-live\?/,
    ],
  ] as const) {
    it(`${what}: exit code ${code} and a sentence`, () => {
      const { status, stdout, stderr } = remaster(...args);
      assert.equal(status, code, stderr);
      assert.match(stdout + stderr, words);
    });
  }
  it('shows its version and help: an overview, and the options of each command by topic', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.deepEqual(remaster('--version'), { status: 0, stdout: `${version}\n`, stderr: '' });
    const overview = remaster('help');
    assert.equal(overview.status, 0);
    assert.match(overview.stdout, /Commands:\n +restore INPUT OUTPUT/);
    assert.equal(remaster('--help').stdout, overview.stdout);
    const restore = remaster('help', 'restore').stdout;
    assert.match(restore, /Output:\n(?:.*\n)* +--quality N +constant quality \(CRF\)/);
    assert.equal(remaster('restore', '--help').stdout, restore);
    const image = remaster('image', '-h').stdout;
    assert.match(image, /--quality N +JPEG and WebP/);
    assert.doesNotMatch(image, /--codec/);
  });
  it('no ffmpeg: exit code 6', () => {
    const { status, stderr } = spawnSync(process.execPath, [program, 'probe', 'film.mp4'], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, REMASTER_FFMPEG: at('nowhere') },
    });
    assert.equal(status, 6);
    assert.match(stderr, /FFMPEG_MISSING/);
  });
  it('a limit of the system on the size of files ends in a sentence: exit code 4, nothing left', function () {
    if (process.platform === 'win32') this.skip();
    const command = `ulimit -f 64 && exec "${process.execPath}" "${program}" restore long.mp4 limited.mkv --codec ffv1 --model x4-live`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', cwd: folder });
    assert.equal(status, 4, stderr);
    assert.match(stderr, /^DISK_FULL: .* \(ulimit -f\)\.$/m);
    assert.doesNotMatch(stderr, /\n +at /);
    assert.deepEqual(readdirSync(folder).filter((name) => /^\.|limited/.test(name)), []); // prettier-ignore
  });
  it('a cache folder that cannot be made means no cache', function () {
    if (process.platform !== 'linux') this.skip();
    const env = { ...process.env, REMASTER_CACHE: '/proc/x' }; // mkdir there says “no such file”, always
    const args = ['restore', 'film.mp4', 'uncached.mp4', '--model', 'x4-live'];
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: folder, env });
    assert.equal(status, 0, stderr);
  });
  it('Ctrl-C is clean: exit code 130, nothing left', async () => {
    const child = start('long.mp4', 'stopped.mp4');
    await firstFrame(child);
    // A terminal sends the signal to the whole foreground group.
    const before = performance.now();
    process.kill(-child.pid!, 'SIGINT');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(code, 130);
    assert.ok(performance.now() - before < 5000);
    await sleep(100);
    assert.deepEqual(processes(/stopped\.mp4/), []);
    assert.deepEqual(await enginesAndFfmpegs(), []);
    assert.ok(!existsSync(at('stopped.mp4')));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  });
  for (const [signal, code] of [
    ['SIGHUP', 130],
    ['SIGQUIT', 130],
    ['SIGKILL', null],
  ] as const) {
    it(`${signal} leaves nothing of a video that may not resume, and prints no stack trace`, async () => {
      const child = start('long.mp4', 'ended.mp4', '--no-resume');
      let stderr = '';
      child.stderr!.on('data', (text: Buffer) => (stderr += text.toString()));
      await firstFrame(child);
      const exited = new Promise((resolve) => child.once('exit', resolve));
      assert.equal(readdirSync(folder).filter((name) => name.startsWith('.')).length, 1);
      if (signal === 'SIGKILL') child.kill(signal);
      else process.kill(-child.pid!, signal);
      assert.equal(await exited, code);
      const left = (): readonly string[] => readdirSync(folder).filter((name) => /^\.|ended/.test(name));
      for (let i = 0; i < 200 && (left().length > 0 || (await enginesAndFfmpegs()).length > 0); i++) await sleep(50);
      assert.deepEqual([left(), await enginesAndFfmpegs()], [[], []]);
      assert.doesNotMatch(stderr, /\n +at /);
    });
  }
  it('a second Ctrl-C ends at once: exit code 130, no process left', async () => {
    const child = start('long.mp4', 'twice.mp4');
    await firstFrame(child);
    const started = descendants(child.pid!).map(({ pid }) => pid);
    assert.ok(started.length >= 2, 'an engine and an ffmpeg');
    for (const pid of started) process.kill(pid, 'SIGSTOP'); // an engine that does not react
    process.kill(child.pid!, 'SIGINT');
    await sleep(200);
    assert.equal(child.exitCode, null, 'the first one waits for the engine');
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const before = performance.now();
    process.kill(child.pid!, 'SIGINT');
    assert.equal(await exited, 130);
    assert.ok(performance.now() - before < 1000);
    assert.deepEqual(await stillThere(started, 1000), []);
  });
  it('keeps the finished segments of a video longer than a minute: the same command continues', async () => {
    await ff(...moving('96x64', '2', 130), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('minute.mp4'));
    const options = ['--steps', '1', '--segment', '10', '--tile-cache', 'off'];
    const child = start('minute.mp4', 'minute.out.mp4', ...options);
    let stderr = '';
    child.stderr!.on('data', (text: Buffer) => (stderr += text.toString()));
    await firstFrame(child, /"frame":([2-9]\d|\d{3})/);
    const ended = new Promise((resolve) => child.once('close', resolve));
    process.kill(child.pid!, 'SIGINT');
    assert.equal(await ended, 130);
    assert.match(stderr, /the same command continues/);
    const again = remaster('restore', 'minute.mp4', 'minute.out.mp4', ...options);
    assert.equal(again.status, 0, again.stderr);
    assert.match(again.stderr, /130 frames, \d+ of them from the previous run/);
  });
  it('keeps nothing of it with --no-resume', async () => {
    const child = start('minute.mp4', 'none.mp4', '--steps', '1', '--segment', '10', '--no-resume');
    await firstFrame(child, /"frame":([2-9]\d|\d{3})/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(child.pid!, 'SIGINT');
    assert.equal(await ended, 130);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('none')),
      [],
    );
  });
  it('a path like an option is a path after --', async () => {
    writeFileSync(at('-i.mp4'), await (await import('node:fs/promises')).readFile(at('film.mp4')));
    const { status, stderr } = remaster('restore', '--steps', '1', '--', '-i.mp4', '-o.mp4');
    assert.equal(status, 0, stderr);
    assert.ok(existsSync(at('-o.mp4')));
  });
  it('durations are short and readable', () => {
    assert.deepEqual([5.4, 187, 7500].map(duration), ['5s', '3m 07s', '2h 05m']);
  });
});
