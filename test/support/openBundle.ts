import { type Bundle, checkBundle, readBundle } from '../../src/model/bundle/bundle';

/** Verifies and reads a bundle. */
export async function openBundle(folder: string): Promise<Bundle> {
  return readBundle(await checkBundle(folder));
}
