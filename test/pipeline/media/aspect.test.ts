import assert from 'node:assert/strict';
import { pixelAspectOf } from '../../../src/pipeline/media/aspect';

describe('pixelAspectOf', () => {
  const CASES = [
    // width, height, 4:3, 16:9: as ITU-R BT.601 has them
    [720, 576, '12:11', '16:11'],
    [704, 576, '12:11', '16:11'],
    [720, 480, '10:11', '40:33'],
    [704, 480, '10:11', '40:33'],
    [720, 486, '10:11', '40:33'],
    [352, 576, '24:11', '32:11'],
    [352, 288, '12:11', '16:11'],
    [352, 240, '10:11', '40:33'],
    // others: the whole frame has the shape
    [640, 480, '1:1', '4:3'],
    [1440, 1080, '1:1', '4:3'],
    [1920, 1080, '3:4', '1:1'],
    [100, 50, '2:3', '8:9'],
  ] as const;
  for (const [width, height, narrow, wide] of CASES)
    it(`of ${width}×${height}: ${narrow} for 4:3, ${wide} for 16:9`, () => {
      const shown = (['4:3', '16:9'] as const).map((aspect) => {
        const { num, den } = pixelAspectOf(aspect, { width, height })!;
        return `${num}:${den}`;
      });
      assert.deepEqual(shown, [narrow, wide]);
    });

  it('is that of the file with auto', () => {
    assert.equal(pixelAspectOf('auto', { width: 720, height: 576 }), null);
  });
});
