import assert from 'node:assert/strict';
import { joinedStart } from '../../../../src/pipeline/media/gaps/joinedStart';
import type { SourcePackets } from '../../../../src/pipeline/media/gaps/sourcePackets';

/** Every 4 ticks of 1/100 s. */
const every4 = (from: number, to: number): number[] => Array.from({ length: (to - from) / 4 }, (_, i) => from + 4 * i);

describe('joinedStart', () => {
  const start = (times: readonly number[], packets: Partial<SourcePackets>, [from, to] = [-Infinity, Infinity]) =>
    joinedStart({
      timeBase: { num: 1, den: 100 },
      decoded: { times, resized: [], jumps: [], complaints: { heard: [], count: () => 0, hear: () => {} } },
      packets: {
        ...{
          shown: [],
          early: every4(0, 80),
          damaged: [],
          damagedCount: 0,
          firstKey: 80,
          isCutIn: true,
          isJoined: true,
          sound: [],
        },
        ...packets,
      },
      ...{ lost: [], isCounted: false, start: from, end: to },
    });

  it('counts frames that were decoded before the first key frame, and those that were not', () => {
    assert.deepEqual(start(every4(0, 200), {}), { torn: 20, left: 0, seconds: 0.8 });
    assert.deepEqual(start(every4(80, 200), {}), { torn: 0, left: 20, seconds: 0.8 });
    assert.deepEqual(start(every4(40, 200), {}), { torn: 10, left: 10, seconds: 0.8 });
  });

  it('fields in packets of their own are half a frame each', () => {
    const fields = Array.from({ length: 100 }, (_, i) => 2 * i);
    assert.deepEqual(start(every4(80, 200), { early: fields.filter((time) => time < 80) }), {
      torn: 0,
      left: 20,
      seconds: 0.8,
    });
  });

  it('frames whose packets are gone as well are not counted', () => {
    const early = every4(0, 80).filter((time) => time !== 40);
    assert.deepEqual(start(every4(80, 200), { early }), { torn: 0, left: 19, seconds: 0.8 });
  });

  it('nothing of a video that begins with a key frame, has none, or whose range begins with one', () => {
    assert.equal(start(every4(0, 200), { isJoined: false }), null);
    assert.equal(start(every4(0, 200), { firstKey: null }), null);
    assert.equal(start(every4(80, 200), {}, [80, Infinity]), null);
    assert.deepEqual(start(every4(0, 200), {}, [76, Infinity]), { torn: 1, left: 0, seconds: 0.04 });
    assert.deepEqual(start(every4(0, 200), {}, [0, 40])!.torn, 10);
  });

  it('a single frame has no step', () => {
    assert.deepEqual(start([80], { early: [76] }), { torn: 0, left: 1, seconds: 0.04 });
    assert.deepEqual(start([], { early: [76] }), { torn: 0, left: 1, seconds: 0.04 });
  });
});
