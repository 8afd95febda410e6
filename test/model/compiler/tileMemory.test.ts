import assert from 'node:assert/strict';
import { tileMemory } from '../../../src/model/compiler/tileMemory';
import { findBundle } from '../../../src/model/bundle/modelLibrary';
import { openBundle } from '../../support/openBundle';
import { withFolder, writeIdentity, writeTiny } from '../../support/tinyBundle';

describe('tileMemory', () => {
  it('estimates more for wider networks, for larger results and for latents', () =>
    withFolder(async (folder) => {
      const identity = tileMemory(await openBundle(await writeIdentity(`${folder}/identity`)));
      const live = tileMemory(await openBundle(findBundle('x4-live')));
      const x4 = tileMemory(await openBundle(findBundle('x4')));
      const latent = tileMemory(await openBundle(await writeTiny(`${folder}/latent`, 'osediff')));
      assert.ok(identity < live && live < x4, `${identity} ${live} ${x4}`);
      assert.ok(latent > identity, `${latent} ${identity}`);
      // A frame of a DVD fits into the 2 GiB of a GPU as a whole with the models of this package.
      assert.ok(x4 * 720 * 576 < 2 * 2 ** 30, String(x4));
      assert.ok(x4 > 1000);
    }));
});
