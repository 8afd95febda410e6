import { listModels } from '../../model/bundle/modelLibrary';
import { type Preview } from '../../pipeline/frames/comparison';
import { discard } from '../../pipeline/jobs/outputFolder';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { jpegOf } from '../../pipeline/media/jpegEncoder';
import { probe } from '../../pipeline/media/probe';
import { thumbnail } from '../../pipeline/media/thumbnail';
import { JOB_DEFAULTS } from '../../settings/restoreJob';
import type { Ask, SourceSummary, ThumbnailRequest } from '../protocol';
import type { Pairs } from './comparisons';
import { doctor } from './doctor';
import type { Taps } from './frameStreams';
import type { ImageDesk } from './imageRequests';
import type { ModelShelf } from './modelCache';
import type { Films } from './videoAssemblies';

/** Who does what is asked. */
export interface Desks {
  readonly shelf: ModelShelf;
  readonly images: ImageDesk;
  readonly taps: Taps;
  readonly films: Films;
  /** Of a job at work; null when it is not here. */
  readonly previewOf: (job: string) => Promise<Preview | null>;
  readonly pairs: Pairs;
}

/** What the engine can tell without restoring anything. */
export async function answer(
  what: keyof Ask,
  args: unknown,
  { shelf, images, taps, films, previewOf, pairs }: Desks,
  signal: AbortSignal,
): Promise<Ask[keyof Ask]['result']> {
  switch (what) {
    case 'probe':
      return summary(args as Ask['probe']['args']);
    case 'doctor':
      return doctor((args as Ask['doctor']['args']).folder);
    case 'models':
      return listModels((args as Ask['models']['args']).folders);
    case 'discard':
      await discard((args as Ask['discard']['args']).output);
      return null;
    case 'thumbnail':
      await thumbnail(await findFfmpeg(), args as ThumbnailRequest);
      return null;
    case 'image':
      return images(args as Ask['image']['args'], signal);
    case 'openFrames': {
      const { id, job } = args as Ask['openFrames']['args'];
      return taps.open(id, job);
    }
    case 'nextFrame':
      return taps.next((args as Ask['nextFrame']['args']).id);
    case 'closeFrames':
      return taps.close((args as Ask['closeFrames']['args']).id);
    case 'openFilm': {
      const { id, job } = args as Ask['openFilm']['args'];
      return films.open(id, job);
    }
    case 'addPicture':
      return films.add(args as Ask['addPicture']['args']);
    case 'closeFilm': {
      const { id, keep } = args as Ask['closeFilm']['args'];
      return films.close(id, keep);
    }
    case 'preview': {
      const picture = await (await previewOf((args as Ask['preview']['args']).job))?.next();
      return picture ? jpegOf(await findFfmpeg(), picture) : null;
    }
    case 'pair':
      return pairs.next((args as Ask['pair']['args']).job);
    case 'test':
      return test(args as Ask['test']['args'], shelf);
  }
}

async function summary({ input, sequenceRate }: Ask['probe']['args']): Promise<SourceSummary> {
  const info = await probe(await findFfmpeg(), input, AbortSignal.timeout(60_000), sequenceRate);
  const { width, height, framesPerSecond: fps, duration, isInterlaced: interlaced, codec, bitDepth } = info;
  const frames = fps !== null && duration !== null ? Math.round(fps * duration) : null;
  const audio = info.streams.some(({ kind }) => kind === 'audio');
  return { width, height, fps, frames, duration, interlaced, audio, codec, bitDepth };
}

/** Side of the tile that `test` runs. */
const TEST_TILE = 128;

async function test(args: Ask['test']['args'], shelf: ModelShelf): Promise<Ask['test']['result']> {
  const { order, strength, noise, seed } = JOB_DEFAULTS;
  await using model = await shelf.open({ ...args, order, colorFix: null, strength, noise, seed, depth: 8 });
  const { multiple, tile: advice, provider, rejected } = model.info;
  const side = advice.fixed ? advice.size : Math.ceil(TEST_TILE / multiple) * multiple;
  const picture = () => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 37) % 256),
  });
  const signal = AbortSignal.timeout(120_000);
  const prompt = await model.prompt?.(picture(), signal);
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0, ...(prompt && { prompt }) }];
  const tile = () => ({ ...picture(), keys });
  await model.run(tile(), signal); // the first run pays for memory and noise
  const started = performance.now();
  await model.run(tile(), signal);
  return { provider, rejected, ms: performance.now() - started, tile: [side, side] };
}
