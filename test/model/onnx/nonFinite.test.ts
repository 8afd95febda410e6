import assert from 'node:assert/strict';
import { ELEMENT, type OnnxTensor } from '../../../src/model/onnx/graph';
import { isNonFinite } from '../../../src/model/onnx/nonFinite';

const tensor = (dataType: number, fields: Partial<OnnxTensor> = {}): OnnxTensor => ({ dims: [1], dataType, ...fields });
const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('numbers that no network has', () => {
  for (const [type, finite, nan, infinite] of [
    ['float', Float32Array.of(3e38, -1e-40), Float32Array.of(1, NaN), Float32Array.of(-Infinity, 1)],
    ['double', Float64Array.of(1e308, -1e-310), Float64Array.of(1, NaN), Float64Array.of(-Infinity, 1)],
    ['float16', Uint16Array.of(0x7bff, 0x8001), Uint16Array.of(0, 0x7e00), Uint16Array.of(0xfc00, 0)],
    ['bfloat16', Uint16Array.of(0x7f7f, 0x8001), Uint16Array.of(0, 0x7fc0), Uint16Array.of(0xff80, 0)],
  ] as const) {
    it(`are found in ${type}; a single infinity is an open end`, () => {
      const one = tensor(ELEMENT[type]);
      const single = (data: ArrayBufferView, at: 0 | 1): Uint8Array =>
        bytes(data).subarray((at * data.byteLength) / 2, ((at + 1) * data.byteLength) / 2);
      assert.deepEqual(
        [finite, nan, infinite].map((data) => isNonFinite(one, bytes(data))),
        [false, true, true],
      );
      assert.deepEqual([isNonFinite(one, single(nan, 1)), isNonFinite(one, single(infinite, 0))], [true, false]);
    });
  }

  it('are found in the fields of a tensor, and not among integers', () => {
    assert.equal(isNonFinite(tensor(ELEMENT.float, { floatData: [1, NaN] }), null), true);
    assert.equal(isNonFinite(tensor(ELEMENT.float, { floatData: [1, 2] }), null), false);
    assert.equal(isNonFinite(tensor(ELEMENT.float, { floatData: [Infinity] }), null), false);
    assert.equal(isNonFinite(tensor(ELEMENT.double, { doubleData: [1, Infinity] }), null), true);
    assert.equal(isNonFinite(tensor(ELEMENT.float16, { int32Data: [0, 0x7c00] }), null), true);
    assert.equal(isNonFinite(tensor(ELEMENT.float16, { int32Data: [0, 0x3c00] }), null), false);
    assert.equal(isNonFinite(tensor(ELEMENT.int32), bytes(Int32Array.of(-1, -1))), false);
  });
});
