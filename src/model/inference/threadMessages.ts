import type { ErrorRecord } from '../../errors';
import type { Face, ModelInfo, ModelRequest, RgbImage, Prompt, Shot, TileBatch } from '../model';
import type { ProviderReport } from './probeProviders';

/** Calls to the session thread, which runs them in order. */
export interface Calls {
  open: {
    /** `version`: hash of model.json, to detect that a bundle was replaced. */
    args: { readonly folder: string; readonly version: string; readonly request: ModelRequest };
    result: {
      readonly handle: number;
      readonly info: ModelInfo;
      /** True if the model has a prompt graph, which needs the first frame of every shot. */
      readonly hasPrompt: boolean;
    };
  };
  /** `batch.data`, `batch.mask` and the result are transferred, not copied. */
  run: { args: { readonly handle: number; readonly batch: TileBatch }; result: Uint8Array };
  /** `shot.data` is transferred, not copied. */
  prompt: { args: { readonly handle: number; readonly shot: Shot }; result: Prompt };
  /** `image.data` is transferred, not copied. */
  faces: { args: { readonly image: RgbImage }; result: readonly Face[] };
  close: { args: { readonly handle: number }; result: null };
  providers: { args: null; result: RuntimeReport };
}

/** State of onnxruntime, for `remaster doctor`. */
export interface RuntimeReport {
  /** Version of onnxruntime-node; null when it cannot be loaded. */
  readonly version: string | null;
  /** True on Linux without glibc, for which onnxruntime has no build. */
  readonly musl: boolean;
  readonly problem: ErrorRecord | null;
  readonly providers: readonly ProviderReport[];
}
