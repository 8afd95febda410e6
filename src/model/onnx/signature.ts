import { type Int64, type OnnxValue, toNumber } from './graph';

/** Element type and shape of an input or output. Dynamic sizes are null; `dims` is null when the rank is unknown. */
export interface Signature {
  readonly element: number;
  readonly dims: readonly (number | null)[] | null;
}

export const signature = ({ type }: OnnxValue): Signature => ({
  element: type?.tensorType?.elemType ?? 0,
  // An absent shape means an unknown rank.
  dims: type?.tensorType?.shape?.dim?.map((dim) => (hasValue(dim.dimValue) ? toNumber(dim.dimValue) : null)) ?? null,
});

// Unset members of a oneof read as null or 0; a size of 0 never occurs.
const hasValue = (value: Int64 | null | undefined): boolean => value !== null && toNumber(value) > 0;
