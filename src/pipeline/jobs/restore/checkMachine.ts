import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import { createOnce } from '../../../files/createOnce';
import { differs, partOf, removePart } from '../madeSegments';
import type { Maker } from './segmentFarm';
import type { SegmentMaker } from './segmentMaker';

/**
 * Makes the first frame of a job and compares it with that of the first machine of the same class, before this one makes
 * any segment. Errors: WORKER_DIFFERS; MODEL_INCOMPATIBLE when its segments do not fit to those of the others.
 */
export async function checkMachine(maker: SegmentMaker, folder: string, { by, machine, owner }: Maker): Promise<void> {
  const part = partOf(folder, 0, `${owner}check`);
  try {
    await maker.make({ index: 0, first: 0, count: 1 }, part);
    if (!(await maker.canJoin(part))) throw noJoin(by);
    const sha256 = createHash('sha256')
      .update(await readFile(part))
      .digest('hex');
    const path = join(folder, `first-frame-${machine}.json`);
    await createOnce(path, JSON.stringify({ sha256, by }), `${part}.json`);
    const first = JSON.parse(await readFile(path, 'utf8')) as { readonly sha256: string; readonly by: string };
    if (first.sha256 !== sha256) throw differs(by, first.by, 'the first frame');
  } finally {
    await removePart(part);
  }
}

const noJoin = (by: string): RemasterError =>
  new RemasterError(
    'MODEL_INCOMPATIBLE',
    `The ffmpeg of the worker ${by} makes segments that do not fit to the others.`,
    {
      remedy: 'Install the same ffmpeg on all machines, or choose another codec.',
    },
  );
