import { AsyncDisposableStack } from '../../async/asyncDisposableStack';
import { openUntilAborted } from '../../async/openUntilAborted';
import type { FaceFinder, Model, ModelRequest } from '../../model/model';
import type { Job, ModelSettings } from '../../settings/restoreJob';
import type { ModelNames } from './autoModel';
import { faceSettings } from './face/faceSettings';
import { faceProcessor } from './face/restoreFaces';
import type { FrameProcessor } from './frameProcessor';
import { type InpaintSettings, inpaintSettings } from './inpaint/inpaintSettings';
import type { FrameMasker } from './inpaint/maskFrames';
import { maskedTilesOnly } from './inpaint/maskedTilesOnly';
import { modelRequest } from './modelRequest';
import { tileProcessor, type TileSettings } from './upscaleTiles';

/** The services that processing frames uses. */
export interface ProcessorTools extends ModelNames {
  openModel(request: ModelRequest): Promise<Model>;
  /** For face models. */
  openFaceFinder?(): FaceFinder;
}

type Settings = ModelSettings & Pick<Job, 'mask' | 'maskColor' | 'maskTolerance' | 'maskGrow'>;
interface FrameFormat {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: 8 | 16;
}

/** A model and what it needs besides, opened for one job and closed together. */
export interface OpenModel extends AsyncDisposable {
  readonly model: Model;
  /** Whether only the faces of a frame are restored. */
  readonly isForFaces: boolean;
  /** Null: no model finds faces. */
  readonly finder: FaceFinder | null;
  /** Adds the mask to frames; null: it is no inpainting model. */
  readonly masker: FrameMasker | null;
  /** `first`: frames finished by an earlier run. */
  processor(settings: ProcessorSettings, warn: (warning: string) => void, first?: number): FrameProcessor;
}

export type ProcessorSettings = TileSettings & Pick<Job, 'minFace'>;

/**
 * Opens the model of a job, and what finds its faces or reads its mask. Errors: those of the model, BAD_SETTING,
 * MODEL_INCOMPATIBLE, MASK_INVALID.
 */
export async function openModelFor(
  settings: Settings,
  format: FrameFormat,
  tools: ProcessorTools,
  openMask: (inpaint: InpaintSettings) => Promise<FrameMasker>,
  signal: AbortSignal,
): Promise<OpenModel> {
  await using stack = new AsyncDisposableStack();
  const model = stack.use(
    await openUntilAborted(tools.openModel({ ...modelRequest(settings), depth: format.depth }), signal),
  );
  const faceMode = faceSettings(settings, model.info, format);
  const inpaint = inpaintSettings(settings, model.info);
  const masker = stack.use(inpaint && (await openMask(inpaint)));
  const finder = stack.use(faceMode === 'detect' ? tools.openFaceFinder!() : null);
  const opened = { model, isForFaces: faceMode !== null, finder, masker };
  const make = processorMaker(opened, format);
  const all = stack.move();
  const processor: OpenModel['processor'] = (...given) => {
    const made = make(...given);
    all.defer(() => made.close());
    return made;
  };
  return { ...opened, processor, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const processorMaker =
  (
    { model, isForFaces, finder, masker }: Omit<OpenModel, 'processor' | typeof Symbol.asyncDispose>,
    format: FrameFormat,
  ) =>
  (settings: ProcessorSettings, warn: (warning: string) => void, first = 0): FrameProcessor =>
    isForFaces
      ? faceProcessor(model, finder, settings)
      : tileProcessor(masker ? maskedTilesOnly(model) : model, format, settings, warn, first);
