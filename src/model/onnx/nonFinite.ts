import { ELEMENT, type OnnxTensor } from './graph';

/** Bytes of an element, and the bits of its exponent in the last two bytes: all are set in NaN and infinity. */
const FLOATS: Readonly<Record<number, readonly [bytes: number, exponent: number]>> = {
  [ELEMENT.float]: [4, 0x7f80],
  [ELEMENT.float16]: [2, 0x7c00],
  [ELEMENT.double]: [8, 0x7ff0],
  [ELEMENT.bfloat16]: [2, 0x7f80],
};

/**
 * Whether a tensor has a number that is NaN or infinite. A single infinity is none of them: it is the open end of a
 * Clip. `raw`: its elements, little-endian; null if they are in the fields of the tensor.
 */
export function isNonFinite(tensor: OnnxTensor, raw: Uint8Array | null): boolean {
  const { dataType, floatData = [], doubleData = [], int32Data = [] } = tensor;
  const [size, exponent] = FLOATS[dataType] ?? [0, 0];
  if (size === 0) return false;
  if (raw === null || raw.length === 0) {
    if (size === 2) return int32Data.length > 1 && int32Data.some((bits) => (bits & exponent) === exponent);
    const numbers = dataType === ELEMENT.double ? doubleData : floatData;
    return numbers.length === 1 ? Number.isNaN(numbers[0]) : numbers.some((value) => !Number.isFinite(value));
  }
  // The end of each element, where the exponent is; copied, because a view may begin at an odd byte.
  const step = size / 2;
  const words = new Uint16Array(new Uint8Array(raw).buffer, 0, Math.floor(raw.length / size) * step);
  if (words.length === step) return isNaN(words, exponent);
  for (let i = step - 1; i < words.length; i += step) if ((words[i]! & exponent) === exponent) return true;
  return false;
}

/** One element: NaN has bits below its exponent, infinity has none. */
function isNaN(words: Uint16Array, exponent: number): boolean {
  const last = words.at(-1)!;
  const below = (exponent & -exponent) - 1;
  return (last & exponent) === exponent && ((last & below) !== 0 || words.subarray(0, -1).some((word) => word !== 0));
}
