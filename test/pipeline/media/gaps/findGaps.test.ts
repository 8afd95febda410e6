import assert from 'node:assert/strict';
import { findGaps, type ReadVideo } from '../../../../src/pipeline/media/gaps/findGaps';
import type { SourcePackets } from '../../../../src/pipeline/media/gaps/sourcePackets';

/** Frames every 4 ticks of 1/100 s. */
const every4 = (from: number, to: number): number[] => Array.from({ length: (to - from) / 4 }, (_, i) => from + 4 * i);

interface Case extends Partial<SourcePackets> {
  readonly times: readonly number[];
  readonly complaints?: readonly (number | null)[];
  readonly lost?: readonly number[];
  /** Whether complaints are about bytes. */
  readonly isOfBytes?: boolean;
  readonly isCounted?: boolean;
  readonly start?: number;
  readonly end?: number;
}

/** `from-to: frames` of each gap, in ticks. */
function gaps({
  times,
  complaints = [],
  lost = [],
  isOfBytes = false,
  isCounted = false,
  start = -Infinity,
  end = Infinity,
  ...packets
}: Case): string[] {
  const heard = complaints.map((seconds) => ({ seconds, text: '', isOfBytes }));
  const read: ReadVideo = {
    timeBase: { num: 1, den: 100 },
    decoded: { times, resized: [], jumps: [], complaints: { heard, count: () => heard.length, hear: () => {} } },
    packets: {
      shown: times,
      damaged: [],
      damagedCount: 0,
      firstKey: 0,
      isCutIn: false,
      isJoined: false,
      early: [],
      sound: [],
      ...packets,
    },
    ...{ lost, isCounted, start, end },
  };
  return findGaps(read).map((gap) => `${Math.round(gap.from * 100)}-${Math.round(gap.to * 100)}: ${gap.frames}`);
}

describe('findGaps', () => {
  const whole = every4(0, 200);
  const withGap = [...every4(0, 80), ...every4(120, 200)]; // from 76 to 120: 10 are missing

  it('nothing where every packet is a frame', () => assert.deepEqual(gaps({ times: whole }), []));

  it('a long step is a gap where the container has packets', () => {
    assert.deepEqual(gaps({ times: withGap, shown: whole }), ['76-120: 10']);
    assert.deepEqual(gaps({ times: withGap }), []);
  });

  it('or where something speaks of damage: a complaint near it, a damaged packet, or a gap in the sound', () => {
    for (const seconds of [-1.2, 0.8, 3.1])
      assert.deepEqual(gaps({ times: withGap, complaints: [seconds] }), ['76-120: 10']);
    for (const seconds of [-1.3, 3.3]) assert.deepEqual(gaps({ times: withGap, complaints: [seconds] }), []);
    assert.deepEqual(gaps({ times: withGap, complaints: [null], isOfBytes: true }), ['76-120: 10'], 'read ahead');
    assert.deepEqual(
      gaps({ times: withGap, complaints: [null] }),
      ['76-120: 10'],
      'of the decoder, in the first seconds',
    );
    assert.deepEqual(
      gaps({ times: withGap, complaints: [null], isCutIn: true }),
      [],
      'what a start between key frames lacks',
    );
    const second = withGap.map((time) => time + 130);
    assert.deepEqual(gaps({ times: second, complaints: [null] }), []);
    const late = withGap.map((time) => time + 1000);
    assert.deepEqual(gaps({ times: late, complaints: [null], isOfBytes: true }), [], 'too late for that');
    assert.deepEqual(gaps({ times: withGap, lost: [3.1] }), ['76-120: 10']);
    assert.deepEqual(gaps({ times: withGap, lost: [3.3] }), []);
    for (const time of [76, 120]) assert.deepEqual(gaps({ times: withGap, damaged: [time] }), ['76-120: 10']);
    for (const time of [75, 121]) assert.deepEqual(gaps({ times: withGap, damaged: [time] }), []);
    const sound = (silent: readonly [number, number]): number[] =>
      every4(0, 200)
        .map((tick) => tick / 100)
        .filter((time) => time <= silent[0] || time >= silent[1]);
    assert.deepEqual(gaps({ times: withGap, sound: sound([0.8, 1.16]) }), ['76-120: 10']);
    assert.deepEqual(gaps({ times: withGap, sound: sound([0.8, 0.84]) }), []);
  });

  it('a step of more than 2.5 usual ones is long', () => {
    const step = (ticks: number): number[] => [...every4(0, 80), ...every4(76 + ticks, 160 + ticks - 4)];
    assert.deepEqual(gaps({ times: step(10), damaged: [76] }), []);
    assert.deepEqual(gaps({ times: step(11), damaged: [76] }), ['76-87: 2']);
    assert.deepEqual(gaps({ times: step(11), shown: [...step(11), 80].toSorted((a, b) => a - b) }), ['76-87: 2']);
  });

  it('the shortest step counts where damage has left a few frames', () => {
    const remnant = { times: [0, 48, 52, 100, 144] };
    assert.deepEqual(gaps(remnant), []);
    assert.deepEqual(gaps({ ...remnant, complaints: [null] }), []);
    assert.deepEqual(gaps({ ...remnant, complaints: [null], isOfBytes: true }), [
      '0-48: 11',
      '52-100: 11',
      '100-144: 10',
    ]);
  });

  it('single packets without a frame count where each should be one', () => {
    const times = whole.filter((time) => time !== 40);
    assert.deepEqual(gaps({ times, shown: whole, isCounted: true }), ['36-44: 1']);
    assert.deepEqual(gaps({ times, shown: whole }), []);
    const eleven = every4(0, 48).filter((time) => time !== 20);
    assert.deepEqual(gaps({ times: eleven, shown: every4(0, 48), isCounted: true }), ['16-24: 1'], 'a tenth');
    const hidden = whole.filter((_, i) => i % 2 === 0);
    assert.deepEqual(gaps({ times: hidden, shown: whole, isCounted: true }), [], 'fields, or hidden frames');
    const few = whole.filter((time) => time > 48 || ![8, 16, 24, 32, 40, 48].includes(time));
    assert.deepEqual(gaps({ times: few, shown: whole, isCounted: true }), [], 'more than a tenth');
    const near = { times: few, shown: whole, isCounted: true, complaints: [0.3] };
    assert.equal(gaps(near).length, 6, 'none is hidden where nothing is complained of');
    const fields = { times: hidden, shown: whole, isCounted: true, complaints: [0.3] };
    assert.deepEqual(gaps(fields), [], 'fields');
    const until = (end: number, all = few) => ({
      ...near,
      times: all.filter((time) => time < end),
      shown: every4(0, end),
    });
    assert.equal(gaps(until(116)).length, 6, 'eight steps without complaints');
    assert.deepEqual(gaps(until(112)), [], 'seven do not tell');
    assert.deepEqual(gaps(until(80, hidden)), [], 'fields, with a complaint near all of them');
    const one = times.map((time) => (time === 44 ? 45 : time)); // moved by a tick
    assert.deepEqual(gaps({ times: one, shown: whole, isCounted: true }), ['36-45: 1']);
  });

  it('a step of one tick has no room for a frame beside its packet', () => {
    const ticks = Array.from({ length: 20 }, (_, i) => i);
    assert.deepEqual(gaps({ times: ticks.filter((i) => i !== 8), shown: ticks, isCounted: true }), ['7-9: 1']);
    assert.deepEqual(gaps({ times: ticks.slice(0, 19), shown: ticks, isCounted: true }), ['18-20: 1']);
  });

  it('the end and the start count, from the first key frame on', () => {
    assert.deepEqual(gaps({ times: every4(0, 120), shown: whole }), ['116-200: 20']);
    assert.deepEqual(gaps({ times: every4(80, 200), shown: whole }), ['-4-80: 20']);
    assert.deepEqual(gaps({ times: every4(80, 200), shown: whole, firstKey: 80 }), []);
    assert.deepEqual(gaps({ times: every4(80, 200), shown: whole, firstKey: null }), []);
    assert.deepEqual(gaps({ times: every4(80, 200), shown: whole, isCutIn: true }), []);
    const joined = { times: withGap, shown: whole, isCutIn: true, isJoined: true };
    assert.deepEqual(gaps({ ...joined, firstKey: 120 }), [], 'before the first key frame');
    assert.deepEqual(gaps({ ...joined, isJoined: false, firstKey: 120 }), ['76-120: 10']);
    assert.deepEqual(gaps({ ...joined, firstKey: 40 }), ['76-120: 10']);
    assert.deepEqual(gaps({ ...joined, firstKey: null }), ['76-120: 10']);
  });

  it('only the range counts', () => {
    assert.deepEqual(gaps({ times: withGap, shown: whole, start: 120 }), []);
    assert.deepEqual(gaps({ times: withGap, shown: whole, end: 80 }), []);
    assert.deepEqual(gaps({ times: withGap, shown: whole, start: 40, end: 160 }), ['76-120: 10']);
    assert.deepEqual(gaps({ times: withGap, shown: whole, start: 76, firstKey: null }), ['76-120: 10']);
    assert.deepEqual(gaps({ times: withGap, shown: whole, end: 80, isCounted: true }), []);
    assert.deepEqual(gaps({ times: [], shown: whole }), []);
  });
});
