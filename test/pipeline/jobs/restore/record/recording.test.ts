import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StoppedError } from '../../../../../src/errors';
import { hashesOf } from '../../../../../src/pipeline/jobs/segment';
import { readRecord } from '../../../../../src/pipeline/jobs/restore/record/readRecord';
import type { JobRecord } from '../../../../../src/pipeline/jobs/restore/record/record';
import { workFolder } from '../../../../../src/pipeline/jobs/workFolder';
import type { Job } from '../../../../../src/settings/restoreJob';
import { withMount } from '../../../../support/mounts';
import { recordJob } from '../../../../support/recorded';
import { binary, description, ff, moving, passthroughOf, scratchFolder } from '../../../../support/videos';

const hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

describe('a recorded job', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const make = (output: string, changes: Partial<Job> = {}) =>
    recordJob({ input: at('in.mp4'), output: at(output), segment: 10, ...changes });
  const recordOf = (output: string): Promise<JobRecord> => readRecord(at(`${output}.remaster.json`));
  const parsed = (output: string) => JSON.parse(readFileSync(at(`${output}.remaster.json`), 'utf8')) as JobRecord;

  before(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=1'];
    const codecs = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-c:a', 'aac'];
    await ff(...moving('32x24', '25', 25), ...sound, ...codecs, '-metadata', 'comment=of the source', at('in.mp4'));
  });

  it('has the hashes of the files, of all restored frames and of all decoded frames', async () => {
    await make('out.mkv', { pixelFormat: 'gbrp' });
    const record = await recordOf('out.mkv');
    assert.equal(record.result.sha256, hex(readFileSync(at('out.mkv'))));
    assert.equal(record.source.sha256, hex(readFileSync(at('in.mp4'))));
    assert.deepEqual([record.result.name, record.source.name], ['out.mkv', 'in.mp4']);
    const format = ['-map', '0:v:0', ...passthroughOf(await binary()), '-f', 'rawvideo', '-pix_fmt'];
    // Lossless R′G′B′: what went into the encoder comes out again.
    const frames = await ff('-i', at('out.mkv'), ...format, 'rgb24', '-');
    const size = 64 * 48 * 3;
    assert.equal(frames.length, 25 * size);
    const each = Array.from({ length: 25 }, (_, i) => hex(frames.subarray(i * size, (i + 1) * size)));
    assert.deepEqual(record.restored.sha256, each);
    assert.deepEqual([record.restored.pixelFormat, record.restored.width, record.restored.height], ['rgb24', 64, 48]);
    const stored = await ff('-i', at('out.mkv'), ...format, record.decoded.pixelFormat, '-');
    const bytes = stored.length / 25;
    assert.deepEqual(
      record.decoded.sha256,
      Array.from({ length: 25 }, (_, i) => hex(stored.subarray(i * bytes, (i + 1) * bytes))),
    );
  });

  it('names versions, machine, command, settings, model and seed, and neither folders nor users', async () => {
    await make('facts.mkv', { seed: 7, trim: { start: 0.2, end: null }, tileCache: null });
    const text = readFileSync(at('facts.mkv.remaster.json'), 'utf8');
    const { makers, command, job, model, seed, run, sound } = parsed('facts.mkv');
    assert.equal(makers.length, 1);
    assert.deepEqual([makers[0]!.frames, makers[0]!.node, makers[0]!.provider], [20, process.version, 'cpu']);
    assert.deepEqual([makers[0]!.onnxruntime, makers[0]!.ffmpeg], ['1.2.3', (await binary()).version]);
    assert.deepEqual(command.slice(0, 4), ['remaster', 'restore', 'in.mp4', 'facts.mkv']);
    const options = command.slice(4).join(' ');
    assert.match(options, /--seed 7/);
    assert.match(options, /--tile-cache off .*--start 0.2 .*--batch 1 --codec ffv1 --record/);
    assert.deepEqual([job['seed'], seed, job['input'], sound], [7, 7, 'in.mp4', [1]]);
    assert.deepEqual([model.licence, model.files.length], ['MIT', 1]);
    assert.ok(run.started < run.finished && run.seconds > 0, JSON.stringify(run));
    for (const place of [folder, homedir()]) assert.ok(!text.includes(`${place}/`), place);
  });

  it('is the same for the same job, but for its times', async () => {
    for (const codec of ['ffv1', 'h264'] as const) {
      const extension = codec === 'ffv1' ? 'mkv' : 'mp4';
      for (const name of ['a', 'b']) {
        mkdirSync(at(`${codec} ${name}`));
        await make(`${codec} ${name}/same.${extension}`, { codec });
      }
      const [a, b] = ['a', 'b'].map((name) => ({ ...parsed(`${codec} ${name}/same.${extension}`), run: null }));
      assert.deepEqual(a, b);
    }
  });

  it('is complete after an interruption', async () => {
    const stop = new AbortController();
    const interrupted = { input: at('in.mp4'), output: at('resumed.mkv'), segment: 10 };
    const watch = ({ frame }: { frame: number }): void => void (frame >= 12 && stop.abort(new StoppedError(true)));
    await assert.rejects(recordJob(interrupted, stop.signal, watch), { name: 'AbortError' });
    assert.ok(!existsSync(at('resumed.mkv.remaster.json')));
    const { resumedFrom } = await make('resumed.mkv');
    assert.equal(resumedFrom, 10);
    await make('whole.mkv');
    const [resumed, whole] = [await recordOf('resumed.mkv'), await recordOf('whole.mkv')];
    assert.deepEqual(resumed.restored, whole.restored);
    assert.deepEqual(resumed.decoded, whole.decoded);
    assert.deepEqual(resumed.makers, whole.makers);
    assert.equal(resumed.run.resumedFrom, 10);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('makes frames again whose hashes are missing, and refuses those that were made without a record', async () => {
    const output = at('mixed.mkv');
    const interrupt = async (changes: Partial<Job>): Promise<void> => {
      const stop = new AbortController();
      const watch = ({ frame }: { frame: number }): void => void (frame >= 12 && stop.abort(new StoppedError(true)));
      const job = { input: at('in.mp4'), output, segment: 10, ...changes };
      await assert.rejects(recordJob(job, stop.signal, watch), { name: 'AbortError' });
    };
    await interrupt({});
    writeFileSync(join(workFolder(output), hashesOf('000000.nut')), 'short');
    const { resumedFrom, warnings } = await make('mixed.mkv');
    assert.equal(resumedFrom, 0);
    assert.match(warnings.join(), /10 finished frames .* were made again/);
    await interrupt({ record: false, overwrite: true });
    await assert.rejects(make('mixed.mkv', { overwrite: true }), {
      code: 'RESUME_MISMATCH',
      message: /started without a record/,
    });
    await make('mixed.mkv', { overwrite: true, record: false });
  });

  for (const container of ['mp4', 'mov', 'mkv'] as const) {
    it(`says in a .${container} file that a model has enhanced it, and keeps its sound and its comment`, async () => {
      const name = `tags.${container}`;
      const { warnings } = await make(name, { codec: 'h264' });
      assert.deepEqual(warnings, []);
      const text = await description(at(name));
      assert.match(text, /comment *: of the source/i);
      assert.match(text, /Enhanced by a model: remaster \d+\.\d+\.\d+, nearest, sha256 [0-9a-f]{64}\./);
      assert.match(text, /Audio: aac/);
      const bytes = readFileSync(at(name));
      const uri = 'http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced';
      assert.ok(bytes.includes(`Iptc4xmpExt:DigitalSourceType="${uri}"`));
      const packets = async (path: string) =>
        (await ff('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'framecrc', '-')).toString().match(/0x\w+$/gm);
      assert.deepEqual(await packets(at(name)), await packets(at('in.mp4')));
    });
  }

  it('refuses a name that is taken beside the output, and replaces all files with --overwrite', async () => {
    writeFileSync(at('taken.mkv.remaster.json'), 'of another program');
    await assert.rejects(make('taken.mkv'), { code: 'OUTPUT_EXISTS', message: /taken\.mkv\.remaster\.json/ });
    assert.equal(readFileSync(at('taken.mkv.remaster.json'), 'utf8'), 'of another program');
    assert.ok(!existsSync(at('taken.mkv')));
    await make('taken.mkv', { overwrite: true });
    const first = await recordOf('taken.mkv');
    await make('taken.mkv', { overwrite: true, seed: 2 });
    assert.notEqual((await recordOf('taken.mkv')).seed, first.seed);
  });

  it('has the frames of 10-bit video, of AV1 and of ProRes', async () => {
    const encode = ['-pix_fmt', 'yuv420p10le', '-c:v', 'ffv1'];
    await ff(...moving('64x64', '25', 4), ...encode, at('ten.mkv'));
    for (const [output, codec] of [
      ['ten.out.mp4', 'av1'],
      ['ten.out.mov', 'prores'],
    ] as const) {
      await make(output, { input: at('ten.mkv'), codec });
      const { restored, decoded } = await recordOf(output);
      assert.equal(restored.pixelFormat, 'rgb48le');
      assert.match(decoded.pixelFormat, /10le$/);
    }
  });

  it('that a full disk does not take leaves nothing; the job continues when there is room', async function () {
    const mount = at('small');
    const job = { input: at('in.mp4'), output: join(mount, 'out.mkv'), segment: 10 };
    // Fills the disk when the frames of the finished file are hashed.
    const { path, ...real } = await binary();
    const script = `case "$*" in *framehash*) cat /dev/zero > "${mount}/filler";; esac\nexec "${path}" "$@"\n`;
    writeFileSync(at('ffmpeg'), `#!/bin/sh\n${script}`, { mode: 0o755 });
    const isMounted = await withMount(mount, 'size=4m', async () => {
      const full = recordJob(job, undefined, undefined, { binary: { ...real, path: at('ffmpeg') } });
      await assert.rejects(full, { code: 'DISK_FULL' });
      rmSync(join(mount, 'filler'));
      assert.deepEqual(readdirSync(mount), ['.out.mkv.remaster']);
      const { resumedFrom } = await recordJob(job);
      assert.equal(resumedFrom, 25);
      const files = ['out.mkv', 'out.mkv.manifest-sha256.txt', 'out.mkv.remaster.json'];
      assert.deepEqual(readdirSync(mount).toSorted(), files);
      await readRecord(`${job.output}.remaster.json`);
    });
    if (!isMounted) this.skip(); // mounting needs root
  });

  it('is not written for the partial result of a damaged source', async () => {
    await ff(...moving('32x24', '25', 50), '-c:v', 'libx264', '-g', '5', at('whole.mkv.source.mkv'));
    const whole = readFileSync(at('whole.mkv.source.mkv'));
    writeFileSync(at('cut.mkv'), whole.subarray(0, Math.floor(whole.length / 2)));
    await assert.rejects(make('cut.out.mkv', { input: at('cut.mkv') }), { code: 'SOURCE_TRUNCATED' });
    const made = readdirSync(folder).filter((name) => name.startsWith('cut.out'));
    assert.deepEqual(made, ['cut.out.partial.mkv']);
  });
});
