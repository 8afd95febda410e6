import { RemasterError } from '../../../errors';

export type Sharp = typeof import('sharp');

/** What is asked for when sharp is absent: it comes as prebuilt packages, without install scripts. */
const INSTALL_SHARP = 'npm install sharp@0.35 --ignore-scripts';

let loaded: Sharp | undefined;

/**
 * sharp, loaded on first use: the package is optional, and has no build for some systems. It may open JPEG, PNG and WebP
 * from memory and nothing else: libvips also knows formats that name other files.
 */
export function loadSharp(): Sharp {
  if (loaded) return loaded;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of this very package
    const sharp = require('sharp') as Sharp;
    sharp.cache(false); // pictures are seen once
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: ['Jpeg', 'Png', 'Webp'].map((name) => `VipsForeignLoad${name}Buffer`) });
    loaded = sharp;
    return sharp;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RemasterError('RUNTIME_MISSING', `sharp, which reads and writes pictures, cannot be loaded here.`, {
      remedy: `Run: ${INSTALL_SHARP}`,
      detail,
      cause,
    });
  }
}
