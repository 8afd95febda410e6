import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/client/engine';
import type { Shot } from './trial';

/**
 * Writes what a model has made of an image, the plain enlargement of the same, and the map of what was added, under names
 * that begin with `stem`. Both images are files; `hasVideo`: a video of that name lies beside them.
 */
export async function addedOf(
  engine: Engine,
  before: Uint8Array,
  after: Uint8Array,
  folder: string,
  stem: string,
  signal: AbortSignal | undefined,
  hasVideo = true,
): Promise<Shot> {
  const { plain, map, result, mean, share } = await engine.ask('added', { before, after }, signal);
  const files = { plain, map, image: result };
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, `${stem}-${name}.jpg`), data);
  return {
    ...{ image: `${stem}-image.jpg`, plain: `${stem}-plain.jpg`, map: `${stem}-map.jpg` },
    ...{ added: { mean, share }, video: hasVideo ? `${stem}.mp4` : null },
  };
}
