/** What no case may show. */
export const FAULTS = [
  'crash',
  'hang',
  'leftover',
  'INTERNAL',
  'stack trace',
  'silent loss',
  'wrong frames',
  'wrong code',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What happened to one case. */
export interface Outcome {
  /** Row of the table. */
  readonly kind: string;
  /** How it ended, as counted in the table: `whole`, `SOURCE_DAMAGED`, … */
  readonly ending: string;
  readonly faults: readonly Fault[];
  /** For the log. */
  readonly words: string;
  /** Files and folders that are kept if there are faults. */
  readonly keep: readonly string[];
}

/** Which cases of a part to run, and where. */
export interface Plan {
  /** Number of the first case, and how many follow. */
  readonly first: number;
  readonly count: number;
  readonly seed: number;
  /** An empty folder of the part. */
  readonly folder: string;
}

/** Runs cases one after the other. A case depends on its number and the seed only. */
export type Part = (plan: Plan) => AsyncGenerator<Outcome>;

/** The numbers of the cases. */
export const numbers = ({ first, count }: Plan): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + i);

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
}

/** The faults that an error alone shows. `codes`: those that a case of this kind may end with. */
export function faultsOf(error: Failure, codes: RegExp): readonly Fault[] {
  const { code, message } = error;
  return [
    ...(code === 'ENGINE_CRASHED' ? (['crash'] as const) : []),
    ...(code === 'INTERNAL' ? (['INTERNAL'] as const) : []),
    ...(hasStack(message) ? (['stack trace'] as const) : []),
    ...(/^(ENGINE_CRASHED|INTERNAL)$/.test(code) || codes.test(code) ? [] : (['wrong code'] as const)),
  ];
}

/** Whether a text shows where in a program something happened. */
export const hasStack = (text: string): boolean => /^\s*at .*:\d+:\d+\)?$/m.test(text);
