import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { openSource } from '../../../src/pipeline/media/sourceFile';
import { sourceIdentity } from '../../../src/pipeline/media/sourceIdentity';
import { scratchFolder } from '../../support/videos';

const BLOCK = 65_536;
const MEGABYTE = 2 ** 20;

describe('sourceIdentity', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const identity = async (name: string): Promise<string> => sourceIdentity(await openSource(at(name)));

  /** Replaces one byte. */
  function change(name: string, position: number, byte: number): void {
    const file = openSync(at(name), 'r+');
    writeSync(file, Buffer.of(byte), 0, 1, position);
    closeSync(file);
  }

  /** Whether the identity depends on the byte, which is 0. */
  async function counts(name: string, position: number, before: string): Promise<boolean> {
    change(name, position, 1);
    const after = await identity(name);
    change(name, position, 0);
    return before !== after;
  }

  it('a copy has the same identity, whatever its name, folder and time', async () => {
    writeFileSync(at('a.mkv'), 'hello');
    mkdirSync(at('other'));
    copyFileSync(at('a.mkv'), at('other/b.mp4'));
    utimesSync(at('other/b.mp4'), 1, 2);
    assert.equal(await identity('other/b.mp4'), await identity('a.mkv'));
    // Jobs of earlier versions can be resumed only while this stays unchanged.
    assert.equal(await identity('a.mkv'), createHash('sha256').update('5\0hello').digest('hex'));
  });

  it('every byte of a small file counts', async () => {
    for (const size of [1, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 7]) {
      writeFileSync(at('small'), Buffer.alloc(size));
      const before = await identity('small');
      for (const share of [0, 0.25, 0.5, 0.75, 1]) {
        const position = Math.floor((size - 1) * share);
        assert.ok(await counts('small', position, before), `byte ${position} of ${size}`);
      }
      writeFileSync(at('small'), Buffer.alloc(size + 1));
      assert.notEqual(await identity('small'), before);
    }
  });

  it('64 MiB are read whole', async () => {
    writeFileSync(at('whole'), '');
    truncateSync(at('whole'), 64 * MEGABYTE);
    const before = await identity('whole');
    for (const block of [1, 511, 1023])
      for (const position of [block * BLOCK, (block + 1) * BLOCK - 1])
        assert.ok(await counts('whole', position, before), `byte ${position}`);
  });

  it('of a larger file, 1024 evenly spread blocks are read, with the first and the last', async () => {
    const size = 200 * MEGABYTE + 11;
    writeFileSync(at('large'), '');
    truncateSync(at('large'), size);
    const before = await identity('large');
    for (const block of [0, 1, 512, 1023]) {
      const from = Math.round((block * (size - BLOCK)) / 1023);
      assert.ok(await counts('large', from, before), `block ${block}`);
      assert.ok(await counts('large', from + BLOCK - 1, before), `block ${block}`);
      if (block > 0) assert.ok(!(await counts('large', from - 1, before)), `block ${block}`);
      if (block < 1023) assert.ok(!(await counts('large', from + BLOCK, before)), `block ${block}`);
    }
    truncateSync(at('large'), size + 1);
    assert.notEqual(await identity('large'), before);
  });

  describe('of a folder of images', () => {
    const image = (i: number): string => `images/${String(i).padStart(4, '0')}.png`;
    function write(count: number): void {
      rmSync(at('images'), { recursive: true, force: true });
      mkdirSync(at('images'));
      for (let i = 0; i < count; i++) writeFileSync(at(image(i)), Buffer.alloc(i === 2 ? 1 : 9));
    }

    /** Whether the folder's identity depends on the content of an image. */
    async function isRead(i: number, before: string): Promise<boolean> {
      change(image(i), 8, 1);
      const after = await identity('images');
      change(image(i), 8, 0);
      return before !== after;
    }

    it('a copy has the same identity, and other files do not count', async () => {
      write(4);
      const before = await identity('images');
      cpSync(at('images'), at('copied'), { recursive: true });
      utimesSync(at('copied/0001.png'), 1, 2);
      for (const name of ['notes.txt', '.DS_Store', '._0001.png']) writeFileSync(at(`copied/${name}`), 'other');
      assert.equal(await identity('copied'), before);
    });

    it('names, contents and the number of images count', async () => {
      for (const count of [4, 256]) {
        write(count);
        const before = await identity('images');
        for (const i of [0, 1, count - 1]) assert.ok(await isRead(i, before), `image ${i} of ${count}`);
        renameSync(at(image(1)), at('images/0001b.png'));
        assert.notEqual(await identity('images'), before);
        renameSync(at('images/0001b.png'), at(image(1)));
        assert.equal(await identity('images'), before);
        writeFileSync(at('images/9999.png'), Buffer.alloc(9));
        assert.notEqual(await identity('images'), before);
        rmSync(at('images/9999.png'));
        rmSync(at(image(count - 1)));
        assert.notEqual(await identity('images'), before);
      }
    });

    it('of more than 256 images, the contents of 256 and the sizes of all are read', async () => {
      for (const [count, period] of [
        [256, 1],
        [512, 2],
        [768, 3],
      ] as const) {
        write(count);
        const before = await identity('images');
        for (const i of [0, 1, 3, 4, 6, count - 2, count - 1])
          assert.equal(await isRead(i, before), i % period === 0, `${i} of ${count}`);
        for (const i of [1, count - 1]) {
          writeFileSync(at(image(i)), Buffer.alloc(10));
          assert.notEqual(await identity('images'), before);
          writeFileSync(at(image(i)), Buffer.alloc(9));
        }
        renameSync(at(image(1)), at('images/0001b.png'));
        assert.notEqual(await identity('images'), before);
      }
    });
  });
});
