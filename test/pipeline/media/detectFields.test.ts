import assert from 'node:assert/strict';
import { join } from 'node:path';
import { detectFields, type DetectedFields, type FieldFlag } from '../../../src/pipeline/media/detectFields';
import { cinema, interlaced, telecined } from '../../support/interlaced';
import { binary, ff, moving, scratchFolder } from '../../support/videos';

describe('detectFields', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const joined = async (name: string, parts: readonly string[]): Promise<void> => {
    const inputs = parts.flatMap((part) => ['-i', at(part)]);
    const graph = `${parts.map((_, i) => `[${i}:v]`).join('')}concat=n=${parts.length}`;
    await ff(...inputs, '-filter_complex', graph, '-c:v', 'ffv1', at(name));
  };
  const detect = async (
    name: string,
    { flag = null, duration = null }: { readonly flag?: FieldFlag; readonly duration?: number | null } = {},
    framesPerSecond = 25,
  ): Promise<DetectedFields> => {
    const video = { stream: 0, codec: 'ffv1', duration, framesPerSecond };
    return detectFields(await binary(), ['-i', at(name)], video, flag, new AbortController().signal);
  };

  before(async () => {
    await interlaced(at('top.mkv'), 225);
    await interlaced(at('bottom.mkv'), 225, { first: 'bottom' });
    // Still edges look interlaced to idet, in progressive video too.
    const move = "gblur=1.5,crop=96:64:'100+100*sin(n/9)':'80+80*sin(n/7)'";
    await ff(...moving('320x240', '25', 225), '-vf', move, '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', at('plain.mkv'));
  });

  it('tells the order of the fields, whatever the file says', async () => {
    for (const [name, fieldOrder] of [
      ['top.mkv', 'top'],
      ['bottom.mkv', 'bottom'],
    ] as const) {
      // prettier-ignore
      const found = await detect(name);
      assert.deepEqual(found, { isInterlaced: true, fieldOrder, isTelecined: false, fieldNotes: [] });
    }
  });

  it('a file that says progressive is believed, and one that says interlaced is examined', async () => {
    assert.equal((await detect('top.mkv', { flag: false })).isInterlaced, false);
    assert.equal((await detect('plain.mkv', { flag: true })).isInterlaced, false);
  });

  it('what moves up in a progressive video without a flag is no field', async () => {
    const line = "drawbox=x=20:y='mod(120-t*25,120)':w=60:h=2:color=white:t=fill";
    const credits = [
      '-f',
      'lavfi',
      '-i',
      'color=black:s=128x96:r=25:d=3',
      '-vf',
      `${line},format=yuv420p`,
      '-c:v',
      'ffv1',
    ];
    await ff(...credits, at('credits.mkv'));
    await ff('-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=25:d=2', '-c:v', 'mpeg4', at('bars.avi'));
    for (const name of ['credits.mkv', 'bars.avi']) assert.equal((await detect(name)).isInterlaced, false, name);
    assert.equal(
      (await detect('bars.avi', { flag: true })).isInterlaced,
      true,
      'the comparison with other frames alone',
    );
  });

  it('examines five places of a long video, and names parts that differ', async () => {
    await joined('mixed.mkv', ['plain.mkv', 'top.mkv']);
    const { isInterlaced, fieldNotes } = await detect('mixed.mkv', { duration: 18 });
    assert.equal(isInterlaced, true);
    assert.match(fieldNotes.join(), /^The video is interlaced at (9.0 s, )?12.6 s, 16.2 s and progressive at 1.8 s, 5.4 s(, 9.0 s)?\.$/); // prettier-ignore
    // The same video, of which only the start is examined.
    assert.equal((await detect('mixed.mkv', { duration: 9 })).isInterlaced, false);
  });

  it('two orders in one video leave it to the flags of its frames, and are named', async () => {
    await joined('orders.mkv', ['top.mkv', 'bottom.mkv']);
    const { fieldOrder, fieldNotes } = await detect('orders.mkv', { duration: 18 });
    assert.equal(fieldOrder, null);
    assert.match(fieldNotes.join(), /order of the fields differs/);
  });

  it('tells telecined video', async () => {
    await cinema(at('24p.mkv'), 96);
    await telecined(at('24p.mkv'), at('ntsc.mkv'));
    assert.equal((await detect('ntsc.mkv', {}, 30000 / 1001)).isTelecined, true);
    assert.equal((await detect('top.mkv', {}, 30000 / 1001)).isTelecined, false);
  });
});
