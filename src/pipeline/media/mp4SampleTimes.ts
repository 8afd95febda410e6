import { expectStructure } from './fileChange';
import { type Box, boxOf } from './mp4Tree';

/** Times of the samples of a track in its ticks, counted from the decoding time of the first. */
export interface Presentation {
  /** The smallest and the greatest presentation time. */
  readonly firstPts: number;
  readonly lastPts: number;
  /** The decoding time of the last sample. */
  readonly lastDts: number;
}

/** ISO/IEC 14496-12, 8.6.1: `stts` has the differences of decoding times, `ctts` presentation − decoding time. */
export function presentationOf(moov: Buffer, stts: Box, ctts: Box | undefined): Presentation {
  const deltas = runsOf(moov, stts);
  const offsets = ctts ? runsOf(moov, ctts) : null;
  let [firstPts, lastPts, lastDts, dts] = [Infinity, -Infinity, 0, 0];
  let [run, used] = [0, 0]; // of `offsets`
  for (let i = 0; i < deltas.length; i++) {
    const delta = deltas.value(i);
    for (let left = deltas.count(i); left > 0;) {
      const count = offsets ? Math.min(left, offsets.count(run) - used) : left;
      expectStructure(delta >= 0, 'a negative duration');
      const offset = offsets ? offsets.value(run) : 0;
      lastDts = dts + (count - 1) * delta;
      firstPts = Math.min(firstPts, dts + offset);
      lastPts = Math.max(lastPts, lastDts + offset);
      dts += count * delta;
      left -= count;
      used += count;
      if (offsets && used === offsets.count(run)) [run, used] = [run + 1, 0];
    }
  }
  expectStructure(lastPts >= firstPts && run === (offsets?.length ?? 0), 'tables of different lengths');
  return { firstPts, lastPts, lastDts };
}

/** The stts box with another difference after the last sample. */
export function withLastDelta(moov: Buffer, stts: Box, delta: number): Buffer {
  expectStructure(delta < 2 ** 31, 'a duration that readers take for a negative one');
  const runs = runsOf(moov, stts);
  const last = runs.length - 1;
  if (runs.value(last) === delta) return moov.subarray(stts.start, stts.end);
  const count = runs.count(last);
  const [before, tail] = [moov.subarray(stts.content, stts.end - 8), Buffer.alloc(count > 1 ? 16 : 8)];
  if (count > 1) {
    tail.writeUInt32BE(count - 1, 0);
    tail.writeUInt32BE(runs.value(last), 4);
  }
  tail.writeUInt32BE(1, tail.length - 8);
  tail.writeUInt32BE(delta, tail.length - 4);
  const box = boxOf('stts', before, tail);
  box.writeUInt32BE(runs.length + (count > 1 ? 1 : 0), 12); // after size, type, version and flags
  return box;
}

interface Runs {
  readonly length: number;
  /** How many samples in succession have the value. */
  count(index: number): number;
  value(index: number): number;
}

/** The entries of an stts or ctts box. Offsets are signed: ffmpeg writes and reads them so in both versions. */
function runsOf(moov: Buffer, box: Box): Runs {
  const length = moov.readUInt32BE(box.content + 4);
  expectStructure(length > 0 && box.content + 8 + 8 * length === box.end, 'a table of another length');
  const count = (index: number): number => {
    expectStructure(index < length, 'tables of different lengths');
    const samples = moov.readUInt32BE(box.content + 8 + 8 * index);
    expectStructure(samples > 0, 'an empty run of samples');
    return samples;
  };
  return { length, count, value: (index) => moov.readInt32BE(box.content + 12 + 8 * index) };
}
