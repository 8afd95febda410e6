import type { ErrorRecord } from '../../errors';
import type { Face, ModelInfo, ModelRequest, RgbImage, Prompt, Shot, TileBatch } from '../model';
import type { ProviderReport } from './probeProviders';

/** What the thread that holds the sessions can be asked. It answers in order. */
export interface Calls {
  open: {
    /** `version` tells a bundle from the one that lay in the same folder before. */
    args: { readonly folder: string; readonly version: string; readonly request: ModelRequest };
    result: {
      readonly handle: number;
      readonly info: ModelInfo;
      /** The model wants to be shown the first frame of every shot. */
      readonly hasPrompt: boolean;
    };
  };
  /** `batch.data`, `batch.mask` and the result are moved, not copied. */
  run: { args: { readonly handle: number; readonly batch: TileBatch }; result: Uint8Array };
  /** `shot.data` is moved, not copied. */
  prompt: { args: { readonly handle: number; readonly shot: Shot }; result: Prompt };
  /** `picture.data` is moved, not copied. */
  faces: { args: { readonly picture: RgbImage }; result: readonly Face[] };
  close: { args: { readonly handle: number }; result: null };
  providers: { args: null; result: RuntimeReport };
}

/** What `remaster doctor` shows of onnxruntime. */
export interface RuntimeReport {
  /** Of onnxruntime-node; null when it cannot be loaded. */
  readonly version: string | null;
  /** Linux without glibc, for which there is no onnxruntime. */
  readonly musl: boolean;
  readonly problem: ErrorRecord | null;
  readonly providers: readonly ProviderReport[];
}

export type Call = {
  [K in keyof Calls]: { readonly id: number; readonly what: K; readonly args: Calls[K]['args'] };
}[keyof Calls];

export type Answer =
  | { readonly id: number; readonly result: Calls[keyof Calls]['result'] }
  | { readonly id: number; readonly error: ErrorRecord };
