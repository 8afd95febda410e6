import { extname } from 'node:path';
import { RemasterError } from '../errors';

export type Container = 'mp4' | 'mov' | 'mkv';

/** Container format by file extension. */
const CONTAINERS: Readonly<Record<string, Container>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'mkv',
};

/** Throws BAD_SETTING for any other extension. */
export function containerOf(output: string): Container {
  const container = CONTAINERS[extname(output).toLowerCase()];
  if (container) return container;
  throw new RemasterError('BAD_SETTING', `The output ${output} has an unsupported extension.`, {
    remedy: 'Use .mp4, .mov or .mkv, or for images a name like folder/%08d.png.',
  });
}
