import type { TOPICS } from './topics';

/** One setting: its values, its default and its words. The command line, the docs and the dialogs are made from it. */
interface Words {
  /** What it does: half a sentence that starts in lower case. */
  readonly text: string;
  /** What null means, in words; “default (…)”. */
  readonly unset?: string;
  /** Texts count in units of so many. */
  readonly unitSize?: number;
  /** How the dialogs of nodes show it; its words are in the catalogues. Absent: they do not. */
  readonly dialog?: Dialog;
  /** How the command line calls it. Absent: the command line does not have it. */
  readonly option?: Option;
}

export interface Option {
  readonly topic: (typeof TOPICS)[number];
  /** Name of the value in the help, `N`; absent: by its kind. */
  readonly value?: string;
  /** Absent: the field's name in kebab case. */
  readonly name?: string;
  /** What the negation of a switch does: `--no-extras`. Every switch whose default is true has it. */
  readonly off?: string;
  /** It may be given several times: its text has a line for each. */
  readonly isList?: boolean;
  /** Words for values: `off`, `auto`. */
  readonly words?: Readonly<Record<string, number | null>>;
}

export interface Dialog {
  /** Of Font Awesome. */
  readonly icon: string;
  /** Tab of the dialog. */
  readonly section?: string;
  /** Where its value may come from a message too: the type of a value that is typed in. */
  readonly typed?: 'num' | 'str';
  /** Texts that a list offers; absent: the values of a choice. */
  readonly list?: readonly string[];
  /** The text in a new node; absent: the default. */
  readonly value?: string;
  /** Sources or targets with which it is shown, divided by spaces; absent: all. */
  readonly for?: string;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** `default` undefined: the setting is required. */
interface Kind<Name extends string, Default> extends Words {
  readonly kind: Name;
  readonly default: Default;
}

/** A text of `min` to `max` characters, without NUL bytes. */
export type TextRow<D extends string | null | undefined> = Kind<'text', D> & Bounds;
/** The path of a file or folder. A relative one becomes absolute. */
export type PathRow<D extends string | null | undefined> = Kind<'path', D>;
/** The name of a bundle, or the path of its folder: with a slash. */
export type BundleRow<D extends string | null> = Kind<'bundle', D>;
/** A colour as `#rrggbb`. */
export type ColourRow = Kind<'colour', null>;
export type SwitchRow = Kind<'switch', boolean>;
export type ChoiceRow<V extends string | number, D extends V | null> = Kind<'choice', D> & {
  readonly values: readonly V[];
};
export type NumberRow<D extends number | null> = Kind<'whole' | 'number' | 'seconds', D> & Bounds;
/** Several settings. `check`: what they must be together, in words; null = they are. */
export type GroupRow<R extends Rows, D extends Values<R> | null> = Kind<'group', D> & {
  readonly rows: R;
  readonly check: (values: Values<R>) => string | null;
};

export type Row =
  | TextRow<string | null | undefined>
  | PathRow<string | null | undefined>
  | BundleRow<string | null>
  | ColourRow
  | SwitchRow
  | ChoiceRow<string | number, string | number | null>
  | NumberRow<number | null>
  // oxlint-disable-next-line typescript/no-explicit-any -- the rows of any group
  | GroupRow<any, any>;

export type Rows = Readonly<Record<string, Row>>;

type OrNull<D> = null extends D ? null : never;

/** The values that a row admits. */
export type Value<R> = R extends {
  readonly kind: 'group';
  readonly rows: infer Inner extends Rows;
  readonly default: infer D;
}
  ? Values<Inner> | OrNull<D>
  : R extends { readonly kind: 'choice'; readonly values: readonly (infer V)[]; readonly default: infer D }
    ? V | OrNull<D>
    : R extends { readonly kind: 'switch' }
      ? boolean
      : R extends { readonly kind: 'whole' | 'number' | 'seconds'; readonly default: infer D }
        ? number | OrNull<D>
        : R extends { readonly default: infer D }
          ? string | OrNull<D>
          : never;

export type Values<R extends Rows> = { readonly [K in keyof R]: Value<R[K]> };

export const text = <D extends string | null | undefined>(
  min: number,
  max: number,
  fallback: D,
  words: Words,
): TextRow<D> => ({ kind: 'text', min, max, default: fallback, ...words });

export const path = <D extends string | null | undefined>(fallback: D, words: Words): PathRow<D> => ({
  ...{ kind: 'path', default: fallback, ...words },
});

export const bundle = <D extends string | null>(fallback: D, words: Words): BundleRow<D> => ({
  ...{ kind: 'bundle', default: fallback, ...words },
});

export const colour = (words: Words): ColourRow => ({ kind: 'colour', default: null, ...words });

export const toggle = (fallback: boolean, words: Words): SwitchRow => ({
  ...{ kind: 'switch', default: fallback, ...words },
});

export const choice = <const V extends string | number, const D extends V | null>(
  values: readonly V[],
  fallback: D,
  words: Words,
): ChoiceRow<V, D> => ({ kind: 'choice', values, default: fallback, ...words });

/** Of whole numbers. */
export const whole = <D extends number | null>(min: number, max: number, fallback: D, words: Words): NumberRow<D> => ({
  ...{ kind: 'whole', min, max, default: fallback, ...words },
});

export const number = <D extends number | null>(min: number, max: number, fallback: D, words: Words): NumberRow<D> => ({
  ...{ kind: 'number', min, max, default: fallback, ...words },
});

/** A time. Texts may write it as `00:01:30`. */
export const seconds = <D extends number | null>(fallback: D, words: Words): NumberRow<D> => ({
  ...{ kind: 'seconds', min: 0, max: 1e9, default: fallback, ...words },
});

export const group = <R extends Rows, D extends Values<R> | null>(
  rows: R,
  fallback: D,
  check: (values: Values<R>) => string | null,
  words: Words,
): GroupRow<R, D> => ({ kind: 'group', rows, default: fallback, check, ...words });

export const pickRows = <R extends Rows, const K extends keyof R>(rows: R, names: readonly K[]): Pick<R, K> =>
  Object.fromEntries(names.map((name) => [name, rows[name]])) as Pick<R, K>;
