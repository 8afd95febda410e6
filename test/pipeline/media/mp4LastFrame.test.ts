import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setLastFrameDuration } from '../../../src/pipeline/media/lastFrameDuration';
import { editWithDuration, headerWithDuration, lastEdit } from '../../../src/pipeline/media/mp4Durations';
import { presentationOf, withLastDelta } from '../../../src/pipeline/media/mp4SampleTimes';
import { type Box, boxOf } from '../../../src/pipeline/media/mp4Tree';
import { ff, passthrough, scratchFolder, times } from '../../support/videos';

const words = (...values: readonly number[]): Buffer => Buffer.concat(values.map((value) => word(value)));
function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
const whole = (bytes: Buffer): Box => ({
  ...{ type: bytes.toString('latin1', 4, 8), start: 0, content: 8, end: bytes.length },
});

describe('mp4LastFrame', function () {
  this.timeout(30_000);
  const folder = scratchFolder();

  it('times of hours in microseconds need version 1, and a longer difference is refused', async () => {
    const path = join(folder, 'long.mp4');
    await ff(
      ...[
        '-f',
        'lavfi',
        '-i',
        "testsrc2=size=64x36:rate=1,trim=end_frame=3,setpts='N*1000/TB'",
        '-c:v',
        'libx264',
        '-bf',
        '0',
      ],
      ...[...(await passthrough()), '-f', 'nut', `${path}.nut`], // without it, the muxer repeats the last difference
    );
    await ff('-i', `${path}.nut`, '-c', 'copy', '-video_track_timescale', '1000000', path);
    const before = await times(path);
    assert.equal(versionOf(path, 'mdhd'), 0);
    const shown = { ticks: 2_000, timeBase: { num: 1, den: 1 } };
    assert.equal(await setLastFrameDuration(path, 'mp4', { ...shown, ticks: 2_200 }), false);
    assert.equal(await setLastFrameDuration(path, 'mp4', shown), true);
    assert.equal(versionOf(path, 'mdhd'), 1);
    assert.deepEqual(await times(path), before);
    const text = (await ff('-i', path, '-c', 'copy', '-f', 'framecrc', '-')).toString();
    assert.match(text, /^0, *2000000000, *2000000000, *2000000000,/m);
  });

  it('the same duration again changes nothing', async () => {
    const path = join(folder, 'again.mov');
    await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=10,trim=end_frame=9', '-c:v', 'libx264', path);
    const shown = { ticks: 3, timeBase: { num: 1, den: 2 } };
    await setLastFrameDuration(path, 'mov', shown);
    const first = readFileSync(path);
    assert.equal(await setLastFrameDuration(path, 'mov', shown), true);
    assert.ok(readFileSync(path).equals(first));
  });

  it('all durations of the movie and the track are the same', async () => {
    const path = join(folder, 'headers.mp4');
    await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=10,trim=end_frame=9', '-c:v', 'libx264', path);
    await setLastFrameDuration(path, 'mp4', { ticks: 3, timeBase: { num: 1, den: 2 } });
    const bytes = readFileSync(path);
    const at = (type: string, offset: number): number =>
      bytes.readUInt32BE(bytes.indexOf(type, bytes.lastIndexOf('moov')) + offset);
    assert.equal(at('mvhd', 20) / at('mvhd', 16), 2.3);
    assert.equal(at('tkhd', 24) / at('mvhd', 16), 2.3);
    assert.equal(at('elst', 12) / at('mvhd', 16), 2.3);
    assert.equal(at('mdhd', 20) / at('mdhd', 16), 2.3);
  });

  it('a duration above 32 bits changes the version of a header', () => {
    const tkhd = boxOf('tkhd', words(3, 11, 12, 1, 0, 500, 77, 78));
    const wide = headerWithDuration(tkhd, whole(tkhd), 2 ** 32 + 5);
    assert.deepEqual(wide.subarray(8), words(0x01000003, 0, 11, 0, 12, 1, 0, 1, 5, 77, 78));
    assert.deepEqual(headerWithDuration(wide, whole(wide), 6).subarray(36, 44), words(0, 6));
    const mvhd = boxOf('mvhd', words(0, 11, 12, 1000, 500, 77));
    assert.deepEqual(
      headerWithDuration(mvhd, whole(mvhd), 2 ** 32).subarray(8),
      words(1 << 24, 0, 11, 0, 12, 1000, 1, 0, 77),
    );
    assert.deepEqual(headerWithDuration(mvhd, whole(mvhd), 9).subarray(8), words(0, 11, 12, 1000, 9, 77));
  });

  it('a duration above 32 bits changes the version of an edit list', () => {
    const elst = boxOf('elst', words(0, 2, 40, -1, 0x10000, 500, 7, 0x10000));
    const edit = lastEdit(elst, whole(elst));
    assert.deepEqual(edit, { index: 1, duration: 500, mediaTime: 7, delay: 40 });
    const wide = editWithDuration(elst, whole(elst), edit, 2 ** 32 + 5);
    assert.deepEqual(wide.subarray(8), words(1 << 24, 2, 0, 40, -1, -1, 0x10000, 1, 5, 0, 7, 0x10000));
    assert.deepEqual(lastEdit(wide, whole(wide)), { index: 1, duration: 2 ** 32 + 5, mediaTime: 7, delay: 40 });
    assert.throws(() =>
      lastEdit(boxOf('elst', words(0, 1, 40, 0, 0x20000)), whole(boxOf('elst', words(0, 1, 40, 0, 0)))),
    );
  });

  it('times come from runs of different lengths, with offsets of both signs', () => {
    const stts = boxOf('stts', words(0, 2, 3, 10, 2, 5)); // 0 10 20 30 35
    const ctts = boxOf('ctts', words(0, 3, 2, 20, 2, -4, 1, 0)); // 20 30 16 26 35
    const bytes = Buffer.concat([stts, ctts]);
    const second = { type: 'ctts', start: stts.length, content: stts.length + 8, end: bytes.length };
    assert.deepEqual(presentationOf(bytes, whole(stts), second), { firstPts: 16, lastPts: 35, lastDts: 35 });
    assert.deepEqual(presentationOf(stts, whole(stts), undefined), { firstPts: 0, lastPts: 35, lastDts: 35 });
    const short = boxOf('ctts', words(0, 1, 4, 0));
    const pair = Buffer.concat([stts, short]);
    assert.throws(() => presentationOf(pair, whole(stts), { ...second, end: pair.length }), /different lengths/);
  });

  it('the last run is split only where it has several samples', () => {
    const several = boxOf('stts', words(0, 1, 3, 10));
    assert.deepEqual(withLastDelta(several, whole(several), 70), boxOf('stts', words(0, 2, 2, 10, 1, 70)));
    const single = boxOf('stts', words(0, 2, 3, 10, 1, 11));
    assert.deepEqual(withLastDelta(single, whole(single), 70), boxOf('stts', words(0, 2, 3, 10, 1, 70)));
    assert.deepEqual(withLastDelta(several, whole(several), 10), several);
    assert.throws(() => withLastDelta(several, whole(several), 2 ** 31), /negative/);
  });
});

/** The version of the first box of the type in `moov`. */
function versionOf(path: string, type: string): number {
  const bytes = readFileSync(path);
  return bytes[bytes.indexOf(type, bytes.lastIndexOf('moov')) + 4]!;
}
