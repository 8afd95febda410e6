import { checkSettings } from './checkRows';
import { bundle, path, type Values, whole } from './row';
import { INPUT, MODEL } from './topics';
import { MASK_ROWS } from './videoRows';

/** Comparing a result with its record. */
export const VERIFY_ROWS = {
  /** A result, its record, or a BagIt folder. */
  file: path(undefined, { text: 'a result with a record, or a BagIt folder' }),
  /** Null: a file of the recorded name beside the result. */
  source: path(null, {
    text: 'the source, if it is not beside FILE',
    unset: 'beside FILE',
    option: { topic: INPUT },
  }),
  mask: path(null, {
    text: 'the mask, if it is not beside the source',
    unset: 'beside it',
    option: MASK_ROWS.mask.option!,
  }),
  /** How many frames are restored again from the source. */
  frames: whole(0, 3_000_000, 3, {
    text: 'restore N frames again and compare them; 0 = the source is not needed',
    option: { topic: INPUT },
  }),
  /** Null: the one of the recorded name. */
  model: bundle(null, {
    text: 'the model, if it has another name or place here',
    unset: 'as recorded',
    option: { topic: MODEL },
  }),
} as const;

export type VerifyJob = Values<typeof VERIFY_ROWS>;

/** Checks a job; its paths become absolute. Throws BAD_SETTING. */
export const checkVerifyJob = (given: unknown): VerifyJob => checkSettings(VERIFY_ROWS, given);

/** What a comparison will take. */
export interface VerifyCost {
  /** Bytes of the files that are read. */
  readonly bytes: number;
  /** Frames of the result that are decoded. */
  readonly decoded: number;
  /** Frames that are restored again. */
  readonly remade: number;
  /** Frames that must be restored before them, because they decide which tiles are skipped. */
  readonly before: number;
  /** About so many seconds, on a machine like the one that made it. */
  readonly seconds: number;
}

/** What may differ from a record, the same in every version. */
export const VERIFY_CODES = [
  ...(['BAG_INVALID', 'RECORD_CHANGED', 'FILE_CHANGED', 'FRAMES_CHANGED', 'FRAMES_DIFFER'] as const),
  ...(['SOURCE_NOT_FOUND', 'SOURCE_CHANGED', 'MASK_NOT_FOUND', 'MASK_CHANGED'] as const),
  ...(['MODEL_NOT_FOUND', 'MODEL_CHANGED', 'VERSION_CHANGED'] as const),
] as const;

export type VerifyCode = (typeof VERIFY_CODES)[number];

/** One thing that was compared. */
export interface Finding {
  readonly what: 'bag' | 'record' | 'file' | 'frames' | 'source' | 'mask' | 'model' | 'versions' | 'restored';
  /** `note`: it could not be compared, or differs without harm. */
  readonly verdict: 'same' | 'differs' | 'note';
  /** Null: nothing differs. */
  readonly code: VerifyCode | null;
  readonly message: string;
}

export interface RemadeFrame {
  readonly frame: number;
  readonly isEqual: boolean;
  /** In dB, by some of the pixels; null where there are none to compare with. */
  readonly psnr: number | null;
}

/** How a result compares with its record. */
export interface VerifyReport {
  readonly result: string;
  readonly record: string;
  /** Nothing differs. */
  readonly isVerified: boolean;
  readonly findings: readonly Finding[];
  readonly remade: readonly RemadeFrame[];
}
