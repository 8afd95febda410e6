import { usableModels } from '../../model/bundle/modelLibrary';
import { withModel } from '../../pipeline/frames/autoModel';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { decodeImage } from '../../pipeline/media/image/decodeImage';
import { probe } from '../../pipeline/media/probe';
import { readAs } from '../../pipeline/media/reading';
import { imageTraits } from '../../pipeline/media/traits/imageTraits';
import { videoTraits } from '../../pipeline/media/traits/videoTraits';
import { AUTO } from '../../settings/chooseModel';
import type { SourceTraits } from '../../settings/sourceTraits';
import type { EngineRequests } from '../protocol';

type Choose = EngineRequests['choose'];

/** Chooses the model for a source before there is a job. Errors: those of the source, MODEL_NOT_FOUND. */
export async function chooseFor({ source, wants }: Choose['args'], signal: AbortSignal): Promise<Choose['result']> {
  const traits = await traitsOf(source, signal);
  const { chosen } = await withModel({ ...wants, model: AUTO }, { modelNames: usableModels }, async () => traits);
  return { ...chosen!, traits };
}

async function traitsOf(source: Choose['args']['source'], signal: AbortSignal): Promise<SourceTraits> {
  switch (source.kind) {
    case 'camera':
      return source;
    case 'image': {
      const image = await decodeImage({ kind: 'file', data: source.data }, source.maxPixels);
      return imageTraits(image, image.format, source.data.length);
    }
    case 'file': {
      const binary = await findFfmpeg();
      const info = await probe(binary, source.input, signal, source.sequenceRate);
      return videoTraits(binary, info, await readAs(binary, info, source, signal), source.trim, signal);
    }
  }
}
