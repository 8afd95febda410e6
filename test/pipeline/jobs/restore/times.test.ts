import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreVideo, type Tools } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { matroskaFrameHeader, matroskaHeader } from '../../../../src/pipeline/media/matroska';
import { type Job, JOB_DEFAULTS, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import {
  difference,
  type KindName,
  KINDS,
  matrixJob,
  numberedVideo,
  packets,
  SEGMENT,
  TARGETS,
} from '../../../support/timeMatrix';
import { binary, description, ff, pixels, scratchFolder } from '../../../support/videos';

type Target = (typeof TARGETS)[number];
type Cell = readonly [KindName, Target, number];

/** Lengths that failed once, or are next to the end of a segment; `bench/matrix` has all. */
const LENGTHS = [1, 3, 5, 6, SEGMENT + 1, SEGMENT + 5];

/** A selection in which every pair of clock, codec, container and length occurs, except pairs that no job can have. */
function pairwise(): Cell[] {
  const all: Cell[] = (Object.keys(KINDS) as KindName[]).flatMap((kind) =>
    TARGETS.flatMap((target) => LENGTHS.map((length) => [kind, target, length] as const)),
  );
  const pairs = ([kind, [codec, container], length]: Cell): string[] => {
    const values = [`kind ${kind}`, codec, container, `length ${length}`];
    return values.flatMap((a, i) => values.slice(i + 1).map((b) => `${a}, ${b}`));
  };
  const missing = new Set(all.flatMap(pairs));
  const chosen: Cell[] = [];
  const gain = (cell: Cell): number => pairs(cell).filter((pair) => missing.has(pair)).length;
  while (missing.size > 0) {
    const best = all.reduce((most, cell) => (gain(cell) > gain(most) ? cell : most));
    for (const pair of pairs(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

describe('times of restoreVideo', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const never = new AbortController().signal;
  const tools = async (): Promise<Tools> => ({
    binary: await binary(),
    openModel: async ({ depth }: { depth: 8 | 16 }) => nearest(1, { depth }),
  });
  const run = async (job: Job): Promise<Result> => restoreVideo(job, await tools(), never, () => {});

  const cells = pairwise();
  it('the selection has at most 60 jobs', () => assert.ok(cells.length <= 60, `${cells.length} jobs`));

  for (const [kind, [codec, container], frames] of cells) {
    it(`${kind}, ${frames} frames, ${codec} in .${container}: every frame at its tick`, async () => {
      const source = await numberedVideo(folder, kind, frames);
      const output = at(`out.${container}`);
      const { warnings } = await run(matrixJob(source, output, codec));
      assert.equal(await difference(source, output, kind), null);
      const isExpected = (warning: string) => kind === 'gif' && /^The (video is R′G′B′|transparency)/.test(warning);
      assert.deepEqual(
        warnings.filter((warning) => !isExpected(warning)),
        [],
      );
    });
  }

  /** A source of `ticks` of 1/`den` s, 64 × 48. Matroska of our own writing, because ffmpeg's has milliseconds only. */
  function withClock(name: string, ticks: readonly number[], den: number): string {
    const size = 64 * 48 * 3;
    const header = matroskaHeader({ width: 64, height: 48, depth: 8, framesPerSecond: 25 });
    const frames = ticks.flatMap((tick, i) => [
      matroskaFrameHeader(tick, { num: 1, den }, size),
      Buffer.alloc(size, 20 * i),
    ]);
    writeFileSync(at(name), Buffer.concat([header, ...frames]));
    return at(name);
  }

  const regular = Array.from({ length: 10 }, (_, i) => 40 * i);
  const cases: readonly (readonly [what: string, ticks: readonly number[], den: number])[] = [
    ['a clock of nanoseconds and a frame shown 5 s', regular.map((ms, i) => (ms + (i >= 5 ? 5000 : 0)) * 1e6), 1e9],
    ['times that need nanoseconds', regular.map((ms, i) => ms * 1e6 + 7 * i), 1e9],
    ['nothing for 8.4 hours', regular.map((ms, i) => ms + (i >= 5 ? 30_240_000 : 0)), 1000],
    ['a frame shown for 3 hours', regular.map((ms, i) => ms + (i >= 9 ? 10_800_000 : 0)), 1000],
  ];
  const targets = [
    ['h264', 'mkv'],
    ['h265', 'mp4'],
    ['h264', 'mov'],
  ] as const;
  for (const [number, [what, ticks, den]] of cases.entries()) {
    // The first in all containers, the others in one each.
    for (const [codec, container] of number === 0 ? targets : [targets[number % targets.length]!]) {
      it(`${what}, ${codec} in .${container}`, async () => {
        const source = withClock('clock.mkv', ticks, den);
        const output = at(`${what}, ${codec}.${container}`);
        await run({ ...JOB_DEFAULTS, model: 'x4', input: source, output, codec, segment: 4, overwrite: true });
        const found = await packets(output);
        assert.equal(found.pts.length, ticks.length);
        for (const [i, pts] of found.pts.entries()) {
          const exact = (ticks[i]! / den) * (found.den / found.num);
          assert.ok(Math.abs(pts - exact) <= 0.5, `frame ${i} at ${pts} instead of ${exact}`);
        }
        const shades = await pixels(output, 'gray');
        for (let i = 1; i < ticks.length; i++) assert.ok(shades[i * 64 * 48]! > shades[(i - 1) * 64 * 48]!);
      });
    }
  }

  it('a time that the container can store exactly is stored exactly, at a clock of nanoseconds too', async () => {
    await run({
      ...JOB_DEFAULTS,
      model: 'x4',
      input: withClock('exact.mkv', cases[0]![1], 1e9),
      output: at('exact.mp4'),
    });
    const { num, den, pts } = await packets(at('exact.mp4'));
    assert.deepEqual(
      pts.map((tick) => (tick * num * 1000) / den),
      cases[0]![1].map((tick) => tick / 1e6),
    );
  });

  for (const container of ['mp4', 'mov', 'mkv'] as const) {
    it(`the end of a cut in a frame that is shown long is kept in .${container}`, async () => {
      const source = await numberedVideo(folder, 'gif', 6);
      const { pts } = await packets(source);
      const output = at(`cut.${container}`);
      const end = pts.at(-1)! / 100 + 1.5;
      await run({ ...JOB_DEFAULTS, model: 'x4', input: source, output, trim: { start: 0.1, end } });
      const seconds = container === 'mkv' ? await duration(output) : movieDuration(output);
      assert.ok(Math.abs(seconds - (end - 0.1)) < 0.011, `${seconds} s`);
    });
  }

  it('frames of more than 256 MiB reach the encoder', async () => {
    await ff(
      ...['-f', 'lavfi', '-i', 'testsrc2=size=2732x2048:rate=25,trim=end_frame=1'],
      ...['-pix_fmt', 'yuv420p10le', '-c:v', 'ffv1', at('large.mkv')],
    );
    const large = { ...(await tools()), openModel: async () => nearest(3, { depth: 16 }) };
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input: at('large.mkv'),
      output: at('large.out.mkv'),
      codec: 'ffv1' as const,
      scale: 3,
    };
    const { framesOut, width, height } = await restoreVideo({ ...job, tileCache: null }, large, never, () => {});
    assert.deepEqual([framesOut, width, height], [1, 8196, 6144]);
    assert.ok(width * height * 6 > 2 ** 28);
    assert.equal((await packets(at('large.out.mkv'))).pts.length, 1);
  }).timeout(180_000);

  it('a frame that ffmpeg cannot process is refused before the model runs', async () => {
    await ff(
      ...['-f', 'lavfi', '-i', 'color=size=4096x4096:rate=25,trim=end_frame=1'],
      ...['-c:v', 'ffv1', at('huge.mkv')],
    );
    const unused = { ...(await tools()), openModel: async () => nearest(4) };
    await assert.rejects(
      restoreVideo(
        { ...JOB_DEFAULTS, model: 'x4', input: at('huge.mkv'), output: at('huge.out.mkv'), codec: 'ffv1' },
        unused,
        never,
        () => {},
      ),
      { code: 'FRAME_TOO_LARGE' },
    );
  });
});

/** Seconds that ffmpeg shows. ffmpeg 9 leaves out the time before the first frame of .mp4 and .mov. */
const duration = async (path: string): Promise<number> =>
  Number(/Duration: 00:00:([\d.]+)/.exec(await description(path))![1]);

/** Seconds by the mvhd box (version 0). */
function movieDuration(path: string): number {
  const bytes = readFileSync(path);
  const type = bytes.indexOf('mvhd', bytes.lastIndexOf('moov'));
  return bytes.readUInt32BE(type + 20) / bytes.readUInt32BE(type + 16);
}
