import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import {
  checkImageJob,
  IMAGE_DEFAULTS,
  type ImageJob,
  type ImageResult,
  type ImageSource,
} from '../../src/settings/imageJob';
import { maskError } from '../../src/settings/maskError';
import { modelChoice } from '../../src/settings/restoreJob';
import { deployedModel } from '../message/deployedModel';
import { readImageFile, readImagePayload } from '../message/imagePayload';
import type { DeployedModel } from '../message/nodeRegistry';
import { allowedSource, type Origin, pathRules } from '../message/pathPolicy';
import { evaluate, originOf, typedField } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';
import { type ImageConfig, type Settings, settingsFor } from './imageSettings';

/** An image upscale node with valid settings. */
export interface ImageHost {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: ImageConfig;
  readonly settings: Settings;
  readonly modelNode: ModelNode | null;
}

export interface UpscaledImage {
  /** The image as it was in the message. */
  readonly original: unknown;
  readonly result: ImageResult;
}

/** Upscales the image in a message. */
export async function upscaleImage(
  host: ImageHost,
  msg: NodeMessageInFlow,
  signal: AbortSignal,
): Promise<UpscaledImage> {
  const { RED, node, config, settings } = host;
  const property = typedField(config, 'property', 'payload', 'msg');
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const readFrom = (origin: Origin) => async (path: string) => readImageFile(await allowedSource(path, origin, rules));
  const original = await evaluate(RED, node, property, msg);
  const source = await readImagePayload(original, settings.files ? readFrom(originOf(property)) : null);
  const { mask, maskColor } = await maskOf(msg, settings.files ? readFrom('message') : null);
  const model = modelOf(host.modelNode);
  const job = { ...(await jobFor(host, model, msg)), maskColor };
  const result = await engineFor(model).ask('image', { source, mask, job, queue: onQueue(model) }, signal);
  return { original, result };
}

const onQueue = ({ runsOn }: DeployedModel) => runsOn && { address: runsOn.queue, password: runsOn.password };

/** `msg.mask`, for inpainting models: an image that is white where they fill, or a colour, `#rrggbb`. */
async function maskOf(
  { mask: given }: NodeMessageInFlow & { readonly mask?: unknown },
  readFile: ((path: string) => Promise<Buffer>) | null,
): Promise<{ readonly mask: ImageSource | null; readonly maskColor: string | null }> {
  if (given === undefined || given === null) return { mask: null, maskColor: null };
  if (typeof given === 'string' && given.startsWith('#'))
    return { mask: null, maskColor: checkImageJob({ maskColor: given }).maskColor };
  const mask = await readImagePayload(given, readFile).catch((error: unknown) => {
    throw maskError(error);
  });
  return { mask, maskColor: null };
}

/** Throws if the model node is missing, disabled or has an invalid setting. */
export const modelOf = (node: ModelNode | null): DeployedModel => deployedModel(node, 'image upscale');

async function jobFor(
  { RED, node, config, settings }: ImageHost,
  model: DeployedModel,
  msg: NodeMessageInFlow,
): Promise<ImageJob> {
  return checkImageJob({
    ...IMAGE_DEFAULTS,
    ...modelChoice(model),
    ...{ tile: model.tile, overlap: model.overlap },
    ...(await settingsFor(RED, node, config, msg)),
    format: settings.format,
    quality: settings.quality,
    maxPixels: settings.megapixels,
  });
}
