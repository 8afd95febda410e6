import assert from 'node:assert/strict';
import { expectedFrames, progressMeter } from '../../../../src/pipeline/jobs/restore/progress';
import { probe, type VideoInfo } from '../../../../src/pipeline/media/probe';
import { JOB_DEFAULTS, type Progress } from '../../../../src/settings/restoreJob';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('expectedFrames', () => {
  const folder = scratchFolder();

  it('is what duration and frame rate say, unless the file is too small for so many frames', async () => {
    const path = `${folder}/film.mp4`;
    await ff(...moving('64x48', '25', 50), path);
    const info = await probe(await binary(), path, new AbortController().signal);
    const whole = { trim: null, maxFps: null };
    assert.equal(expectedFrames(info, whole), 50);
    assert.equal(expectedFrames(info, { ...whole, maxFps: 5 }), 10);
    const { bytes } = info.source;
    assert.equal(expectedFrames({ ...info, duration: bytes / 25 }, whole), bytes);
    assert.equal(expectedFrames({ ...info, duration: (bytes + 1) / 25 }, whole), null);
    assert.equal(expectedFrames({ ...info, duration: 1e15 }, { ...whole, trim: { start: 0, end: 1 } }), 25);
    assert.equal(expectedFrames({ ...info, duration: null }, whole), null);
  });
});

describe('the progress of a job that was not measured before', () => {
  const told = (duration: number): readonly Progress[] => {
    const seen: Progress[] = [];
    const meter = progressMeter((progress) => seen.push(progress));
    const source = { sequence: {}, bytes: 0 };
    const info = { source, framesPerSecond: 25, duration, timeBase: { num: 1, den: 25 } } as unknown as VideoInfo;
    meter.expect(info, { ...JOB_DEFAULTS, input: '', output: '' });
    meter.measureOnTheWay(true);
    meter.resume(10);
    for (const pts of [10, 11, 12, 13]) meter.advance(1, pts, pts + 1);
    return seen;
  };

  it('says after the third frame how long it takes, if that is long', () => {
    const seen = told(1e12);
    assert.deepEqual(
      seen.map(({ estimate }) => estimate !== undefined),
      [false, false, true, true],
    );
    const { frames, measuredOn, skipsUnchanged, others } = seen[2]!.estimate!;
    assert.deepEqual([frames, measuredOn, skipsUnchanged, others], [25e12 - 10, 3, true, []]);
    assert.ok(told(1).every(({ estimate }) => estimate === undefined));
  });
});
