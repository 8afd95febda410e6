import { extname } from 'node:path';
import { RemasterError } from '../errors';
import type { Values } from './row';
import type { OUTPUT_ROWS } from './videoRows';

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

type CodecName = Values<typeof OUTPUT_ROWS>['codec'];

/** The usual extension of the files of each codec, without the dot. */
const EXTENSIONS: Readonly<Record<CodecName, string>> = {
  h264: 'mp4',
  h265: 'mp4',
  av1: 'mp4',
  ffv1: 'mkv',
  prores: 'mov',
  png: 'png',
  tiff: 'tif',
  custom: 'mkv',
};

export const extensionOf = (codec: CodecName): string => EXTENSIONS[codec];

/** Whether a file of this name would be a container that is written. */
export const hasContainer = (name: string): boolean => Object.hasOwn(CONTAINERS, extname(name).toLowerCase());
