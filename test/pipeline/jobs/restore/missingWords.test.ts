import assert from 'node:assert/strict';
import { complaintWarning, gapWords, isSerious } from '../../../../src/pipeline/jobs/restore/missingWords';
import type { Gap } from '../../../../src/pipeline/media/gaps/findGaps';
import type { SourcePackets } from '../../../../src/pipeline/media/gaps/sourcePackets';
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
    const heard = [null, 0.5, 1, 4].map((seconds) => ({ seconds, text: `${seconds}` }));
    const decoded = { times: [], resized: [], complaints: { heard, count: () => 40, hear: () => {} } };
    const counted = (isCutIn: boolean, trim: { start: number; end: number | null } | null): string =>
      complaintWarning(decoded, { isCutIn } as SourcePackets, trim)
        .join('')
        .match(/complained (\d+)/)?.[1] ?? '0';
    assert.equal(counted(false, null), '40');
    assert.equal(counted(true, null), '2');
    assert.equal(counted(false, { start: 0.5, end: 1 }), '2');
    assert.equal(counted(false, { start: 2, end: 3 }), '0');
    assert.equal(counted(true, { start: 0.5, end: null }), '3');
  });
});
