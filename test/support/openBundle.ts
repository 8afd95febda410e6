import { type Bundle, readBundle } from '../../src/model/bundle/bundle';
import { verifyChecksums } from '../../src/model/bundle/verifyChecksums';

/** Verifies and reads a bundle. */
export async function openBundle(folder: string): Promise<Bundle> {
  return readBundle(await verifyChecksums(folder));
}
