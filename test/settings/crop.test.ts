import assert from 'node:assert/strict';
import { areaOf, type Crop, parseCrop } from '../../src/settings/crop';

const PAL = { width: 720, height: 576 };
const area = (text: string, frame = PAL): string => {
  const { width, height, left, top } = areaOf(parseCrop(text) as Exclude<Crop, { kind: 'auto' }>, frame);
  return `${width}x${height}+${left}+${top}`;
};

describe('crop', () => {
  const CASES = {
    '704:576:8:0': '704x576+8+0',
    'bottom=8': '720x568+0+0',
    'bottom=8,left=2%': '706x568+14+0',
    ' Top=2, right=10 ': '710x574+0+2',
    'left=1,right=1': '716x576+2+0', // nothing that was to be cut stays
    'bottom=7': '720x568+0+0',
    '101:51:3:5': '100x50+4+6',
    overscan: '684x548+18+14',
  };
  for (const [text, expected] of Object.entries(CASES))
    it(`${text} of PAL: ${expected}`, () => assert.equal(area(text), expected));

  it('a side that is not cut stays odd', () => {
    assert.equal(area('bottom=3', { width: 63, height: 47 }), '63x44+0+0');
  });

  it('auto is known before the video is', () => assert.deepEqual(parseCrop('AUTO'), { kind: 'auto' }));

  for (const text of [
    '',
    '8',
    'bottom',
    'bottom=',
    'bottom=-8',
    'bottom=8,bottom=8',
    'left=50%',
    'left=1.5',
    '1:2:3',
    'a:b:c:d',
    'auto,bottom=8',
    'bottom=8;left=2',
    'crop=1',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCrop(text), { code: 'BAD_SETTING' });
    });

  for (const text of [
    '721:576:0:0',
    '720:576:1:0',
    '720:576:0:2',
    '14:576:0:0',
    'left=360,right=350',
    'bottom=600',
    'top=561',
  ])
    it(`${text} leaves too little of PAL, or asks for more than there is`, () => {
      assert.throws(() => area(text), { code: 'BAD_SETTING', message: /720×576/ });
    });
});
