import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { embedXmp } from '../../../src/pipeline/media/embedXmp';
import { boxesIn, childOf } from '../../../src/pipeline/media/mp4Tree';
import { ff, moving, pixels, scratchFolder } from '../../support/videos';

const XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">é</x:xmpmeta>';
const PACKET = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>${XMP}<?xpacket end="w"?>`;

describe('embedXmp', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const make = (name: string, ...more: string[]) =>
    ff(
      ...moving('32x24', '25', 5),
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-metadata',
      'title=Tape',
      ...more,
      at(name),
    );

  /** Embeds, and checks that the frames are the same. */
  async function embedded(name: string, container: 'mp4' | 'mov'): Promise<Buffer> {
    const before = await pixels(at(name));
    await embedXmp(at(name), container, XMP);
    assert.ok(before.equals(await pixels(at(name))));
    return readFileSync(at(name));
  }
  const last = (file: Buffer) => boxesIn(file, 0, file.length).at(-1)!;

  it('adds a uuid box to the end of an MP4 file', async () => {
    await make('a.mp4');
    const file = await embedded('a.mp4', 'mp4');
    const { type, content, end } = last(file);
    assert.equal(type, 'uuid');
    assert.equal(file.subarray(content, content + 16).toString('hex'), 'be7acfcb97a942e89c71999491e3afac');
    assert.equal(file.subarray(content + 16, end).toString(), PACKET);
  });

  it('adds XMP_ to the user data of a MOV file, and keeps the data that is there; a second time, it replaces it', async () => {
    await make('a.mov');
    const title = readFileSync(at('a.mov')).includes('Tape');
    await embedded('a.mov', 'mov');
    const file = await embedded('a.mov', 'mov');
    const moov = last(file);
    assert.equal(moov.type, 'moov');
    const data = childOf(file, moov, 'udta')!;
    const boxes = boxesIn(file, data.content, data.end).filter(({ type }) => type === 'XMP_');
    assert.deepEqual(
      boxes.map(({ content, end }) => file.subarray(content, end).toString()),
      [PACKET],
    );
    assert.equal(file.includes('Tape'), title);
  });

  it('makes user data where a MOV file has none', async () => {
    await make('bare.mov', '-map_metadata', '-1', '-fflags', '+bitexact');
    const file = await embedded('bare.mov', 'mov');
    assert.ok(childOf(file, last(file), 'udta'));
  });

  it('adds the uuid box where moov comes first and cannot grow', async () => {
    await make('fast.mov', '-movflags', '+faststart');
    assert.equal(last(await embedded('fast.mov', 'mov')).type, 'uuid');
  });
});
