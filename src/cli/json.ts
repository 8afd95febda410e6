import { printable } from '../errors';

/** A line of JSON. `JSON.stringify` leaves control characters above U+007F, which terminals obey, too. */
export const json = (value: unknown): string => `${printable(JSON.stringify(value))}\n`;
