import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RemasterError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { binary, ff, scratchFolder } from '../../../support/videos';

/** Frames of the source, at 25 frames per second. */
const FRAMES = 200;

describe('restoreVideo with a damaged source', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=8', '-c:a', 'aac'];
    const video = ['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=25,trim=end_frame=${FRAMES}`];
    await ff(
      ...video,
      ...sound,
      '-c:v',
      'libx264',
      '-g',
      '25',
      '-threads',
      '1',
      '-movflags',
      '+faststart',
      at('film.mp4'),
    );
    await ff('-i', at('film.mp4'), '-c', 'copy', at('film.ts'));
  });

  /** A copy whose bytes in this part, from 0 to 1, are 0. */
  function zeroed(name: string, from: number, to: number): string {
    const bytes = readFileSync(at(name));
    writeFileSync(at(`damaged ${name}`), bytes.fill(0, Math.floor(bytes.length * from), Math.floor(bytes.length * to)));
    return at(`damaged ${name}`);
  }

  interface Outcome {
    readonly result: Result | null;
    readonly error: RemasterError | null;
    /** Where the result is. */
    readonly path: string;
  }

  async function restored(input: string, changes: Partial<Job> = {}): Promise<Outcome> {
    const [output, partial] = [at('out.mkv'), at('out.partial.mkv')];
    for (const path of [output, partial]) rmSync(path, { force: true });
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input,
      output,
      codec: 'ffv1' as const,
      pixelFormat: 'gbrp' as const,
      ...changes,
    };
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    try {
      const result = await restoreVideo(job, tools, new AbortController().signal, () => {});
      assert.ok(!existsSync(partial));
      return { result, error: null, path: output };
    } catch (thrown) {
      const error = thrown as RemasterError;
      assert.ok(!existsSync(output), 'a result with the full name');
      return { result: null, error, path: partial };
    }
  }

  /** Every frame that ffmpeg decodes is in the result. */
  async function hasAllOf(source: string, path: string): Promise<number> {
    const [wanted, found] = [await framemd5(source), await framemd5(path)];
    assert.deepEqual(
      found.map(({ md5 }) => md5),
      wanted.map(({ md5 }) => md5),
    );
    return wanted.length;
  }

  for (const name of ['film.mp4', 'film.ts'])
    it(`${name} with a gap: an error that says how much and where, and all the rest under another name`, async () => {
      const source = zeroed(name, 0.3, 0.5);
      const { error, path } = await restored(source);
      assert.equal(error?.code, 'SOURCE_DAMAGED');
      assert.match(
        error.message,
        /: (49|50) of 20[01] frames are missing \((1\.96|2\.00) s\): between \d\.\d\d s and .*out\.partial\.mkv\.$/,
      );
      assert.ok((await hasAllOf(source, path)) < 160);
    });

  it('frames that a transport stream has lost are missing, also where its packets still count on', async () => {
    const source = at('holes.ts');
    await ff('-i', at('film.mp4'), '-c:v', 'mpeg2video', '-g', '1', '-an', source);
    const bytes = readFileSync(source);
    const [from, to] = framesOfWholeCounts(bytes);
    writeFileSync(source, bytes.fill(0, from, to));
    const { error, path } = await restored(source);
    assert.equal(error?.code, 'SOURCE_DAMAGED');
    const frames = await hasAllOf(source, path);
    const missing = Number(/: (\d+) of \d+ frames are missing/.exec(error.message)?.[1]);
    assert.ok(Math.abs(missing - (FRAMES - frames)) <= 1, error.message);
  });

  it('reordered frames at a cut end are missing', async () => {
    const source = at('reordered.ts');
    const frames = ['-bf', '3', '-b_strategy', '0', '-g', '25', '-sc_threshold', '0', '-frames:v', '42'];
    const coding = ['-c:v', 'libx264', '-x264-params', 'b-pyramid=none', '-threads', '1', ...frames, '-an'];
    await ff('-i', at('film.mp4'), ...coding, source);
    const bytes = readFileSync(source);
    const starts = packetsOf(bytes).filter(({ isStart }) => isStart);
    writeFileSync(source, bytes.subarray(0, starts.at(-2)!.at + 100)); // the last frames in the file are shown before others
    const seconds = (await framemd5(source)).map((frame) => frame.seconds);
    const steps = seconds.slice(1).map((time, i) => time - seconds[i]!);
    assert.ok(Math.max(...steps) > 0.11, `steps of ${steps.join(', ')} s`);
    assert.equal((await restored(source)).error?.code, 'SOURCE_DAMAGED');
  });

  it('an earlier partial result stays, unless the job may overwrite', async () => {
    const [input, output] = [zeroed('film.mp4', 0.3, 0.5), at('twice.mkv')];
    const job = { ...JOB_DEFAULTS, model: 'x4', input, output, codec: 'ffv1' as const, pixelFormat: 'gbrp' as const };
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    const earlier = at('twice.partial.mkv');
    writeFileSync(earlier, 'an earlier one');
    for (const [overwrite, path] of [
      [false, at('twice.partial-2.mkv')],
      [true, earlier],
    ] as const) {
      const failed = restoreVideo({ ...job, overwrite }, tools, new AbortController().signal, () => {});
      await assert.rejects(failed, (error: RemasterError) => {
        assert.deepEqual([error.code, error.message.includes(path)], ['SOURCE_DAMAGED', true], error.message);
        return true;
      });
      if (!overwrite) assert.equal(readFileSync(earlier, 'utf8'), 'an earlier one');
      assert.ok((await hasAllOf(input, path)) > 100);
    }
    assert.ok(!existsSync(at('.twice.mkv.remaster')), 'nothing is left to continue');
  });

  it('beside an earlier partial result, a lock that is gone ends the job', async () => {
    const [input, output] = [zeroed('film.mp4', 0.3, 0.5), at('gone.mkv')];
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    writeFileSync(at('gone.partial.mkv'), 'an earlier one');
    const onProgress = ({ stage }: Progress): void => {
      if (stage === 'finishing') rmSync(join(at('.gone.mkv.remaster'), 'lock'), { force: true, recursive: true });
    };
    const job = { ...JOB_DEFAULTS, model: 'x4', input, output };
    await assert.rejects(
      restoreVideo(job, tools, new AbortController().signal, onProgress),
      (error: RemasterError) => error.code === 'OUTPUT_BUSY',
    );
    assert.equal(readFileSync(at('gone.partial.mkv'), 'utf8'), 'an earlier one');
  });

  it('at most 1 % of the frames and half a second: a warning with both numbers', async () => {
    const source = zeroed('film.mp4', 0.4, 0.41);
    const { result, path } = await restored(source);
    const frames = await hasAllOf(source, path);
    assert.ok(frames < FRAMES && frames >= 0.99 * FRAMES, `${frames} frames`);
    const [missing, complaints, ...others] = result!.warnings;
    assert.match(
      missing!,
      new RegExp(`^${FRAMES - frames} of ${FRAMES} frames are missing .* between 2\\.\\d\\d s and`),
    );
    assert.match(complaints!, /^The decoder complained \d+ times, so frames there may be wrong: at \d\.\d\d s/);
    assert.deepEqual(others, []);
  });

  it('a cut that leaves the damage out is whole', async () => {
    const source = zeroed('film.mp4', 0.3, 0.5);
    const { result } = await restored(source, { trim: { start: 5, end: 7 } });
    assert.deepEqual([result?.framesOut, result?.warnings], [50, []]);
  });
});

/** Bytes of a part with whole frames, at least three, in which the counter of the video's packets goes round: ffmpeg misses none. */
function framesOfWholeCounts(stream: Buffer): readonly [from: number, to: number] {
  const starts = packetsOf(stream).filter(({ isStart }) => isStart);
  for (const [i, first] of starts.entries()) {
    const last = i < 60 ? undefined : starts.slice(i + 3).find((one) => (one.count - first.count) % 16 === 0);
    if (last) return [first.at, last.at];
  }
  throw new Error('There is no such part.');
}

/** The packets of the video, each with its number; `isStart`: a frame begins in it. */
function packetsOf(
  stream: Buffer,
): readonly { readonly at: number; readonly count: number; readonly isStart: boolean }[] {
  const found = [];
  for (let at = 0; at < stream.length; at += 188) {
    if ((stream.readUInt16BE(at + 1) & 0x1fff) !== 0x100) continue;
    found.push({ at, count: found.length, isStart: (stream[at + 1]! & 0x40) !== 0 });
  }
  return found;
}
