import assert from 'node:assert/strict';
import {
  candidates,
  isOutOfMemory,
  PROVIDERS,
  rejectionReason,
  sessionOptions,
} from '../../../src/model/inference/providers';

describe('Providers', () => {
  it('are tried best first, and cpu last', () => {
    const order = candidates('auto');
    assert.equal(order.at(-1), 'cpu');
    assert.deepEqual(
      order,
      PROVIDERS.filter((one) => order.includes(one)),
    );
    assert.deepEqual(candidates('cuda'), ['cuda']);
  });

  it('get the device where they know one, and never spin', () => {
    assert.deepEqual(sessionOptions('cuda', 1, 0).executionProviders, [{ name: 'cuda', deviceId: 1 }]);
    assert.deepEqual(sessionOptions('webgpu', 1, 0).executionProviders, [{ name: 'webgpu' }]);
    assert.equal(sessionOptions('cpu', 0, 0).intraOpNumThreads, undefined);
    assert.equal(sessionOptions('cpu', 0, 3).intraOpNumThreads, 3);
    assert.deepEqual(sessionOptions('cpu', 0, 0).extra, { session: { intra_op: { allow_spinning: '0' } } });
  });

  it('that fail do so for a reason one can read', () => {
    const reasons = [
      [
        'cuda',
        'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
        /cuda library is not there/,
      ],
      ['dml', 'no available backend found. ERR: [dml] backend not found.', /onnxruntime-node has no dml on/],
      ['webgpu', '… Failed to get a WebGPU adapter: No supported adapters', /no GPU that WebGPU can use/],
      ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', /no NVIDIA GPU/],
      ['cuda', 'Something new\n   at /build/x.cc:12', /^Something new$/],
    ] as const;
    for (const [provider, text, says] of reasons) assert.match(rejectionReason(provider, new Error(text)), says);
  });

  it('that run out of memory are told from those that fail', () => {
    for (const text of [
      'std::bad_alloc',
      'Failed to allocate memory for requested buffer of size 99',
      'CUDA error: out of memory',
      'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
      'Exception(1) 8007000E Not enough memory resources are available',
      'Array buffer allocation failed',
    ]) assert.equal(isOutOfMemory(new Error(text)), true, text); // prettier-ignore
    assert.equal(isOutOfMemory(new Error('Invalid rank for input: x')), false);
  });
});
