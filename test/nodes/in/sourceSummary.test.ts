import assert from 'node:assert/strict';
import { sourceSummary } from '../../../nodes/in/sourceSummary';

const info = {
  ...{ width: 720, height: 576, fps: 25, frames: 45_000, duration: 1800, interlaced: false },
  ...{ audio: true, codec: 'dvvideo', bitDepth: 8 },
};
const textOf = (changes: object): string =>
  sourceSummary({ label: 'tape.mov', path: '/in/tape.mov', info: { ...info, ...changes } }).text;

describe('the summary of a source', () => {
  it('names its peculiarities', () => {
    assert.equal(textOf({}), 'tape.mov, 720x576, 25 fps, 30m, dvvideo');
    assert.equal(
      textOf({ interlaced: true, audio: false, bitDepth: 10 }),
      'tape.mov, 720x576, 25 fps, 30m, dvvideo, 10 bit, interlaced, no audio',
    );
  });

  it('leaves out unknown values', () => {
    assert.equal(textOf({ fps: null, duration: null }), 'tape.mov, 720x576, dvvideo');
  });

  it('has the fields of the source, for other nodes', () => {
    const { file, path, width } = sourceSummary({ label: 'tape.mov', path: '/in/tape.mov', info });
    assert.deepEqual([file, path, width], ['tape.mov', '/in/tape.mov', 720]);
  });
});
