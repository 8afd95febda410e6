import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import { differentVersions, makesSameBytes, thisMaker } from '../../../../../src/pipeline/jobs/restore/record/machine';

const running = { onnxruntime: '1.30.0', ffmpeg: '5.1', provider: 'cpu', threads: 0 };

describe('the maker of frames', () => {
  it('names the processor and what it can do, and neither host nor user', async () => {
    const maker = await thisMaker(running);
    assert.ok(maker.threads > 0 && maker.cpu !== '');
    if (process.platform === 'linux') assert.ok(maker.flags.length > 0);
    for (const value of Object.values(maker)) assert.ok(![hostname(), userInfo().username].includes(String(value)));
  });

  it('makes the same bytes on the same kind of machine with the same programs', async () => {
    const maker = { ...(await thisMaker(running)), flags: ['avx2'] };
    assert.ok(makesSameBytes(maker, { ...maker, threads: 1, node: 'v99', cpu: 'another name' }));
    for (const change of [
      ...[{ provider: 'cuda' }, { flags: ['avx', 'avx2'] }, { arch: 'other' }, { platform: 'other' }],
      ...[{ remaster: '0.0.1' }, { ffmpeg: '4' }, { onnxruntime: null }, { flags: [], cpu: 'other' }],
    ])
      assert.ok(!makesSameBytes(maker, { ...maker, ...change }), JSON.stringify(change));
    const card = { ...maker, provider: 'cuda', gpu: 'one' };
    assert.ok(!makesSameBytes(card, { ...card, gpu: 'another' }));
    assert.ok(makesSameBytes(maker, { ...maker, gpu: 'unused' }));
    assert.deepEqual(differentVersions(maker, { ...maker, ffmpeg: '6.0' }), ['ffmpeg 5.1, here 6.0']);
  });
});
