import assert from 'node:assert/strict';
import {
  candidates,
  isOutOfMemory,
  PROVIDERS,
  rejectionReason,
  sessionOptions,
} from '../../../src/model/inference/providers';

describe('providers', () => {
  it('tries the fastest provider first and cpu last', () => {
    const order = candidates('auto');
    assert.equal(order.at(-1), 'cpu');
    assert.deepEqual(
      order,
      PROVIDERS.filter((one) => order.includes(one)),
    );
    assert.deepEqual(candidates('cuda'), ['cuda']);
  });

  it('passes the device to providers that support it, and disables spinning', () => {
    assert.deepEqual(sessionOptions('cuda', 1, 0).executionProviders, [{ name: 'cuda', deviceId: 1 }]);
    assert.deepEqual(sessionOptions('webgpu', 1, 0).executionProviders, [{ name: 'webgpu' }]);
    assert.equal(sessionOptions('cpu', 0, 0).intraOpNumThreads, undefined);
    assert.equal(sessionOptions('cpu', 0, 3).intraOpNumThreads, 3);
    assert.deepEqual(sessionOptions('cpu', 0, 0).extra, { session: { intra_op: { allow_spinning: '0' } } });
  });

  it('gives a plain reason why a provider fails', () => {
    const reasons = [
      [
        'cuda',
        'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
        /cuda library is missing/,
      ],
      ['dml', 'no available backend found. ERR: [dml] backend not found.', /onnxruntime-node has no dml on/],
      ['webgpu', '… Failed to get a WebGPU adapter: No supported adapters', /no GPU that WebGPU can use/],
      ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', /no NVIDIA GPU/],
      ['cuda', 'Something new\n   at /build/x.cc:12', /^Something new$/],
    ] as const;
    for (const [provider, text, says] of reasons) assert.match(rejectionReason(provider, new Error(text)), says);
  });

  it('distinguishes out-of-memory from other errors', () => {
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
