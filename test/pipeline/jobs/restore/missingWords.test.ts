import assert from 'node:assert/strict';
import {
  complaintWarning,
  gapWords,
  isSerious,
  startWarning,
} from '../../../../src/pipeline/jobs/restore/missingWords';
import type { Gap } from '../../../../src/pipeline/media/gaps/findGaps';
import type { VideoInfo } from '../../../../src/pipeline/media/probe';

const gap = (frames: number, seconds: number): Gap => ({ from: 1, to: 2, frames, seconds, packets: [] });

describe('missingWords', () => {
  it('1 % of the frames and half a second may be missing, and no more', () => {
    assert.equal(isSerious([], 100), false);
    assert.equal(isSerious([gap(1, 0.04)], 99), false);
    assert.equal(isSerious([gap(1, 0.04)], 98), true);
    assert.equal(isSerious([gap(10, 0.25), gap(10, 0.25)], 10_000), false);
    assert.equal(isSerious([gap(10, 0.25), gap(10, 0.26)], 10_000), true);
  });

  it('both numbers, and where', () => {
    const info = { source: { sequence: null } } as VideoInfo;
    assert.equal(gapWords([], 10, info), null);
    assert.equal(gapWords([gap(2, 0.5)], 98, info), '2 of 100 frames are missing (0.50 s): between 1.00 s and 2.00 s');
    assert.match(
      gapWords(
        Array.from({ length: 7 }, () => gap(1, 0.1)),
        98,
        info,
      )!,
      / and at 2 other places$/,
    );
  });

  it('complaints count within a cut, and after a start between key frames', () => {
    const heard = [null, 0.5, 1, 4].map((seconds) => ({ seconds, text: `${seconds}`, isOfBytes: false }));
    const decoded = { times: [], resized: [], jumps: [], complaints: { heard, count: () => 40, hear: () => {} } };
    const counted = (cutIn: number | null, trim: { start: number; end: number | null } | null): string =>
      complaintWarning(decoded, cutIn, trim)
        .join('')
        .match(/complained (\d+)/)?.[1] ?? '0';
    assert.equal(counted(null, null), '40');
    assert.equal(counted(0, null), '2', 'at least a second');
    assert.equal(counted(1.1, null), '1');
    assert.equal(counted(null, { start: 0.5, end: 1 }), '2');
    assert.equal(counted(null, { start: 2, end: 3 }), '0');
    assert.equal(counted(0.2, { start: 0.5, end: null }), '2');
    assert.equal(counted(3.5, { start: 2, end: null }), '1');
    heard[0]!.isOfBytes = true;
    assert.equal(counted(1.1, null), '2', 'of bytes that were read before the first frame');
    assert.equal(counted(1.1, { start: 1, end: null }), '1', 'these may be before the cut');
  });

  it('the frames at a start between key frames: those that are not whole, and those that are left out', () => {
    const words = (torn: number, left: number): string | undefined =>
      startWarning({ torn, left, seconds: 0.5 })[0]?.replace('The source begins between key frames: ', '');
    assert.deepEqual(startWarning(null), []);
    assert.equal(words(12, 0), 'its first 12 frames (0.50 s) are not whole.');
    assert.equal(words(0, 12), 'its first 12 frames (0.50 s) cannot be decoded and are left out.');
    assert.equal(words(9, 3), 'of its first 12 frames (0.50 s), 9 are not whole and 3 are left out.');
  });

  it('images that are empty or cannot be decoded are named', () => {
    const sequence = { names: ['1.png', '3.png', '4.png'], rate: 10 };
    const info = { source: { sequence }, timeBase: { num: 1, den: 10 } } as unknown as VideoInfo;
    const empty = { ...gap(1, 0.1), image: '2.png' };
    const torn = { ...gap(1, 0.1), packets: [1] };
    assert.equal(gapWords([torn], 3, info), '1 of 4 images cannot be decoded: 3.png');
    assert.equal(gapWords([empty], 3, info), '1 of 4 images were passed over, as they are empty: 2.png');
    assert.match(gapWords([torn, empty], 2, info)!, /^1 of 4 .*: 3\.png; 1 of 4 .*: 2\.png$/);
  });
});
