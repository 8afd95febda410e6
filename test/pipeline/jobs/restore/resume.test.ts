import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { StoppedError } from '../../../../src/errors';
import { workFolder } from '../../../../src/pipeline/jobs/workFolder';
import { restoreVideo, type Tools } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type FfmpegBinary, findFfmpeg } from '../../../../src/pipeline/media/findFfmpeg';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import {
  binary,
  decoderMessages,
  description,
  ff,
  meanDifference,
  moving,
  pixels,
  scratchFolder,
  times,
} from '../../../support/videos';

const FRAMES = 25;
const SEGMENT = 10;

describe('resuming restoreVideo', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const job = (changes: Partial<Job> = {}): Job => ({
    ...JOB_DEFAULTS,
    model: 'x4',
    ...{ input: at('in.mp4'), output: at('out.mkv'), codec: 'ffv1', segment: SEGMENT, batch: 2, threads: 2 },
    ...changes,
  });
  let bundled: FfmpegBinary;
  let whole: Buffer;

  async function run(wanted: Job, program?: FfmpegBinary, stopAt = Infinity): Promise<Result> {
    const tools: Tools = { binary: program ?? (await binary()), openModel: async () => nearest(1) };
    const stop = new AbortController();
    const watch = ({ frame }: Progress): void => void (frame >= stopAt && stop.abort(new StoppedError(true)));
    return restoreVideo(wanted, tools, stop.signal, watch);
  }

  /** Runs until one segment is finished and a second begun. */
  const interrupt = (wanted: Job, program?: FfmpegBinary): Promise<void> =>
    assert.rejects(run(wanted, program, SEGMENT + 4), { name: 'AbortError' });

  before(async () => {
    await ff(...moving('64x64', '25', FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
    bundled = await findFfmpeg((require('@ffmpeg-installer/ffmpeg') as { path: string }).path);
    await run(job({ output: at('whole.mkv') }));
    whole = await pixels(at('whole.mkv'));
  });
  afterEach(() => {
    for (const name of readdirSync(folder)) if (/^\.?out/.test(name)) rmSync(at(name), { recursive: true });
  });

  const changes: Readonly<Record<string, Partial<Job>>> = {
    'another number of threads': { threads: 1 },
    'another batch': { batch: 7 },
    'another device': { device: 1 },
    'another provider': { provider: 'cpu' },
    'decoding on the GPU': { hwaccel: 'auto' },
    'another number of parallel jobs': { concurrency: 3 },
    'other audio': { audio: 'none' },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`with ${what} it continues, with the same frames`, async () => {
      await interrupt(job());
      const { resumedFrom, framesOut, warnings } = await run(job(change));
      assert.deepEqual([resumedFrom, framesOut, warnings], [SEGMENT, FRAMES, []]);
      assert.ok((await pixels(at('out.mkv'))).equals(whole));
    });
  }

  it('with another time, name and folder of the source it continues', async () => {
    await interrupt(job());
    mkdirSync(at('out of the way'));
    copyFileSync(at('in.mp4'), at('out of the way/renamed.mp4'));
    utimesSync(at('out of the way/renamed.mp4'), new Date(0), new Date(0));
    const { resumedFrom } = await run(job({ input: at('out of the way/renamed.mp4') }));
    assert.equal(resumedFrom, SEGMENT);
    assert.ok((await pixels(at('out.mkv'))).equals(whole));
  });

  it('with the output and its work folder in another folder it continues', async () => {
    await interrupt(job());
    mkdirSync(at('out moved'));
    renameSync(workFolder(at('out.mkv')), workFolder(at('out moved/out.mkv')));
    assert.equal((await run(job({ output: at('out moved/out.mkv') }))).resumedFrom, SEGMENT);
    assert.ok((await pixels(at('out moved/out.mkv'))).equals(whole));
  });

  for (const [codec, container] of [
    ['h264', 'mp4'],
    ['h265', 'mp4'],
    ['h265', 'mov'],
    ['h265', 'mkv'],
    ['ffv1', 'mkv'],
    ['prores', 'mov'],
  ] as const) {
    for (const order of ['bundled', 'found'] as const) {
      it(`with the ${order} ffmpeg it continues ${codec} in .${container}, with a warning`, async function () {
        const programs = [bundled, await binary()];
        if (programs[0]!.version === programs[1]!.version) this.skip(); // both are the bundled one
        const [first, second] = order === 'found' ? programs : programs.toReversed();
        const wanted = job({ codec, output: at(`out.${container}`) });
        await interrupt(wanted, first);
        const { resumedFrom, warnings } = await run(wanted, second);
        assert.equal(resumedFrom, SEGMENT);
        const words = `The first ${SEGMENT} frames were encoded by ffmpeg ${first!.version}, the others by ${second!.version}.`;
        assert.deepEqual(warnings, [words]);
        // Decodes to the same picture in both parts, without a message.
        const decoded = await pixels(wanted.output);
        assert.equal(decoded.length, whole.length);
        const frame = 64 * 64 * 3;
        for (let i = 0; i < decoded.length; i += frame)
          assert.ok(
            meanDifference(decoded.subarray(i, i + frame), whole.subarray(i, i + frame)) < 10,
            `frame ${i / frame}`,
          );
        assert.equal(await decoderMessages(wanted.output), '');
        assert.equal((await times(wanted.output)).seconds.length, FRAMES);
      });
    }
  }

  it('an ffmpeg whose encoder cannot continue the segments is refused, and they stay', async () => {
    const real = await binary();
    await interrupt(job(), real);
    const program = at('other ffmpeg');
    // An FFV1 encoder of another version writes another header.
    writeFileSync(program, `#!/bin/bash\nexec '${real.path}' "\${@/context/coder}"\n`);
    chmodSync(program, 0o755);
    const other = { ...real, path: program, version: '99' };
    await assert.rejects(run(job(), other), {
      code: 'RESUME_MISMATCH',
      message: /^10 finished frames .* ffmpeg 99 cannot/,
    });
    assert.equal((await run(job(), real)).resumedFrom, SEGMENT);
  });

  for (const [what, change] of Object.entries({
    quality: { codec: 'h264', output: at('out.mkv'), quality: 30 },
    seed: { seed: 9 },
    steps: { steps: 3 },
    segment: { segment: 5 },
    trim: { trim: { start: 0.2, end: null } },
  } satisfies Record<string, Partial<Job>>)) {
    it(`with another ${what} it refuses, and the frames stay until they are discarded`, async () => {
      await interrupt(job());
      await assert.rejects(run(job(change)), {
        code: 'RESUME_MISMATCH',
        message: new RegExp(`^An interrupted job with ${SEGMENT} finished frames exists .* it differs in .*${what}`),
        remedy: /--discard/,
      });
      assert.ok(existsSync(join(workFolder(at('out.mkv')), '000000.nut')));
      assert.equal((await run(job({ ...change, discard: true }))).resumedFrom, 0);
      assert.ok(!existsSync(workFolder(at('out.mkv'))));
    });
  }

  it('with changed content of the source it refuses', async () => {
    copyFileSync(at('in.mp4'), at('out changing.mp4'));
    const wanted = job({ input: at('out changing.mp4') });
    await interrupt(wanted);
    await ff(...moving('64x64', '24', FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('out changing.mp4'));
    await assert.rejects(run(wanted), { code: 'RESUME_MISMATCH', message: /differs in source\./ });
  });

  it('a failure after the last frame keeps all segments, and the next run only finishes', async () => {
    const real = await binary();
    const program = at('out no mux');
    // Only muxing reads NUT from a pipe; the trial has another name.
    writeFileSync(
      program,
      `#!/bin/bash\n[[ " $* " == *" -f nut -i pipe:0 "*whole.mkv* ]] && { echo 'no' >&2; exit 1; }\nexec '${real.path}' "$@"\n`,
    );
    chmodSync(program, 0o755);
    await assert.rejects(run(job(), { ...real, path: program }), { code: 'ENCODE_FAILED', message: /code 1: no$/ });
    assert.ok(!existsSync(at('out.mkv')));
    const { resumedFrom, framesOut } = await run(job());
    assert.deepEqual([resumedFrom, framesOut], [FRAMES, FRAMES]);
    assert.ok((await pixels(at('out.mkv'))).equals(whole));
  });

  it('an encoder that loses a frame and exits with 0 is noticed, and earlier segments stay', async () => {
    const real = await binary();
    const program = at('out lossy');
    writeFileSync(
      program,
      `#!/bin/bash\n[[ " $* " == *"/000001.nut"* ]] && set -- "\${@:1:$#-2}" -frames:v 9 "\${@: -2}"\nexec '${real.path}' "$@"\n`,
    );
    chmodSync(program, 0o755);
    await assert.rejects(run(job(), { ...real, path: program }), {
      code: 'ENCODE_FAILED',
      message: 'The encoder ffv1 wrote 9 of 10 frames.',
    });
    assert.equal((await run(job())).resumedFrom, SEGMENT);
    assert.match(await description(at('out.mkv')), /ffv1/);
  });
});
