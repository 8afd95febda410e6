import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describeVideo } from '../../../../src/pipeline/media/describe/describeVideo';
import { isTransparent } from '../../../../src/pipeline/media/describe/transparency';
import { bundled, never } from '../../../support/segments';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

const WAYS = [
  ['by ffprobe', binary],
  ['by ffmpeg alone', async () => ({ ...(await binary()), ffprobe: null })],
  ['by the ffmpeg of 2018 alone', async () => ({ ...(await bundled()), ffprobe: null })],
] as const;

const PALETTE = 'split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse';

/** Of the frames from `first`, the left edge is transparent; null: of none. */
const transparentFrom = (first: number | null): string =>
  first === null ? 'null' : `format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(gte(N,${first})*lt(X,5),0,255)'`;

describe('transparency', function () {
  this.timeout(60_000);
  const folder = scratchFolder();

  for (const [name, codec, format, starts] of [
    ['gif', 'gif', PALETTE, [null, 0]], // its encoder takes what becomes transparent for unchanged
    ['apng', 'apng', 'format=rgba', [null, 0, 20]],
    ['qtrle.mov', 'qtrle', 'format=argb', [null, 20]],
    ['png.mov', 'png', 'format=rgba64be', [null, 20]],
    ['prores.mov', 'prores_ks', 'format=yuva444p10le', [null, 20]], // 2018 cannot name the format
    ['alpha.mkv', 'ffv1', 'format=yuva420p', [null, 20]], // tagged `alpha_mode`
  ] as const)
    for (const first of starts) {
      const path = join(folder, `${first}.${name}`);
      let made: Promise<Buffer> | undefined;
      for (const [way, ffmpeg] of WAYS)
        it(`${name} that is ${first === null ? 'opaque' : `transparent from frame ${first}`}, ${way}`, async () => {
          const filters = `[0]${transparentFrom(first)},${format}`;
          await (made ??= ff(...moving('64x48', '25', 24), '-filter_complex', filters, '-c:v', codec, path));
          const found = await describeVideo(await ffmpeg(), ['-i', `file:${path}`], never);
          assert.ok(!('empty' in found));
          assert.equal(found.pixels.hasAlpha, first !== null);
        });
    }

  it('what cannot be read is not taken for opaque', async () => {
    const nothing = ['-i', `file:${join(folder, 'nothing.mkv')}`];
    assert.equal(await isTransparent(await binary(), nothing, 0, 24, never), true);
  });
});
