import { RemasterError } from '../../../errors';

export type Sharp = typeof import('sharp');

/** Shown when sharp is missing: it has prebuilt packages and needs no install scripts. */
const INSTALL_SHARP = 'npm install sharp@0.35 --ignore-scripts';

let loaded: Sharp | undefined;

/**
 * Loads sharp on first use: the package is optional and not available for some systems. It may open only JPEG, PNG and
 * WebP from memory: libvips also supports formats that refer to other files.
 */
export function loadSharp(): Sharp {
  if (loaded) return loaded;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of this very package
    const sharp = require('sharp') as Sharp;
    sharp.cache(false); // each image is opened once
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: ['Jpeg', 'Png', 'Webp'].map((name) => `VipsForeignLoad${name}Buffer`) });
    loaded = sharp;
    return sharp;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RemasterError('RUNTIME_MISSING', 'sharp, which reads and writes images, cannot be loaded.', {
      remedy: `Run: ${INSTALL_SHARP}`,
      detail,
      cause,
    });
  }
}
