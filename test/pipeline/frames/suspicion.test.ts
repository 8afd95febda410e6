import assert from 'node:assert/strict';
import { suspicion } from '../../../src/pipeline/frames/suspicion';

describe('suspicion', () => {
  it('a model below 10 dB is suspect, at 10 dB it is not', () => {
    assert.equal(suspicion({ name: 'one', smoothPsnr: 9.99 })?.code, 'MODEL_SUSPECT');
    assert.equal(suspicion({ name: 'one', smoothPsnr: 10 }), null);
    assert.equal(suspicion({ name: 'one' }), null);
  });

  it('says which and how much', () => {
    const { message, remedy } = suspicion({ name: 'one', smoothPsnr: 4.44 })!;
    assert.match(message, /The model one .* 4\.4 dB PSNR .* below 10 dB/);
    assert.match(remedy, /short result/);
  });
});
