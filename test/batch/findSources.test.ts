import assert from 'node:assert/strict';
import { linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { findSources } from '../../src/batch/findSources';
import { RemasterError } from '../../src/errors';
import { scratchFolder } from '../support/videos';

describe('the sources of a batch', () => {
  const folder = realpathSync(scratchFolder());
  const at = (name: string): string => join(folder, name);
  const write = (...names: readonly string[]): void => {
    for (const name of names) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), name);
    }
  };
  /** The sources with the folders that their results get, and what could not be read. */
  const found = async (inputs: readonly string[], out = 'none', results: readonly string[] = []) => {
    const isResult = (path: string): boolean => results.includes(relative(folder, path));
    const { sources, unreadable } = await findSources(
      inputs.map((input) => ({ path: at(input) })),
      { path: at(out), isResult },
    );
    return {
      files: sources.map(({ path, subfolder }) => [relative(folder, path), subfolder].join(' > ')),
      errors: unreadable.map(({ path, error }) => `${relative(folder, path)} ${error.code}`),
    };
  };

  it('are the videos of a folder and the folders in it, without hidden, partial and other files', async () => {
    write('a/1.mov', 'a/b/2.MP4', 'a/b/c/3.mkv', 'a/.4.mov', 'a/.w.remaster/5.mov', 'a/notes.txt', 'a/6.partial.mp4');
    write('a/report.csv', 'a/7.partial-2.mkv');
    assert.deepEqual(await found(['a']), { files: ['a/1.mov > ', 'a/b/2.MP4 > b', 'a/b/c/3.mkv > b/c'], errors: [] });
    assert.deepEqual((await found(['a/b/2.MP4', 'a/notes.txt'])).files, ['a/b/2.MP4 > ', 'a/notes.txt > ']);
    assert.deepEqual((await found(['a/**/*.mkv'])).files, ['a/b/c/3.mkv > b/c']);
    assert.deepEqual((await found(['a/*'])).files, ['a/1.mov > ', 'a/b/2.MP4 > b', 'a/b/c/3.mkv > b/c']);
    assert.deepEqual((await found(['a/*.txt'])).errors, ['a/*.txt SOURCE_NOT_FOUND']);
  });
  it('are each found once, however they are reached', async () => {
    symlinkSync(at('a'), at('a/b/loop'));
    symlinkSync(at('a/1.mov'), at('a/again.mov'));
    const all = await found(['a', 'a/b', 'a/1.mov', 'a/../a/1.mov', 'a/*.mov', 'a']);
    assert.deepEqual([all.files.length, all.errors], [3, []]);
    linkSync(at('a/1.mov'), at('a/hard.mov')); // another name for the same content is another file
    assert.equal((await found(['a', 'a'])).files.length, 4);
  });
  it('are not the results, wherever the output folder is', async () => {
    write('tapes/1.mov', 'tapes/restored/1.mp4', 'tapes/1_x2.mp4');
    assert.deepEqual((await found(['tapes'], 'tapes/restored')).files, ['tapes/1.mov > ', 'tapes/1_x2.mp4 > ']);
    assert.deepEqual((await found(['tapes'], 'tapes', ['tapes/1_x2.mp4', 'tapes/restored/1.mp4'])).files, [
      'tapes/1.mov > ',
    ]);
    assert.equal((await found(['tapes'], '.', [])).files.length, 3, 'an input in the output folder is read');
  });
  it('may be a folder of numbered images; a cover beside videos is none', async () => {
    write('reel/0001.png', 'reel/0002.png', 'reels/a/1.dpx', 'reels/a/2.dpx', 'cover/front.jpg', 'cover/back.jpg');
    assert.deepEqual((await found(['reel', 'reels'])).files, ['reel > ', 'reels/a > ']);
    assert.deepEqual((await found(['cover'])).errors, ['cover SOURCE_NOT_FOUND']);
  });
  it('that cannot be read are named, and the others are found', async () => {
    write('bad/1.mov', 'bad/locked/2.mov');
    mkdirSync(at('bad/empty'));
    symlinkSync('nowhere.mov', at('bad/dead.mov'));
    symlinkSync('round.mov', at('bad/round.mov'));
    assert.deepEqual(await found(['bad/empty', 'bad', 'gone', 'bad/*.avi', 'a\0b']), {
      files: ['bad/1.mov > ', 'bad/locked/2.mov > locked'],
      errors: [
        ...['bad/empty SOURCE_NOT_FOUND', 'bad/dead.mov SOURCE_NOT_FOUND', 'bad/round.mov SOURCE_NOT_FOUND'],
        ...['gone SOURCE_NOT_FOUND', 'bad/*.avi SOURCE_NOT_FOUND', 'a\0b SOURCE_NOT_FOUND'],
      ],
    });
  });
  it('that are not allowed are named, and such a folder is not read', async () => {
    write('mine/1.mov', 'mine/no.mov', 'mine/no/2.mov');
    const asked: string[] = [];
    const assertAllowed = async (path: string, isFolder: boolean): Promise<void> => {
      asked.push(relative(folder, path) + (isFolder ? '/' : ''));
      if (/no(\.mov)?$/.test(path)) throw new RemasterError('PATH_NOT_ALLOWED', 'no');
    };
    const results = { path: at('none'), isResult: () => false };
    const { sources, unreadable } = await findSources([{ path: at('mine'), assertAllowed }], results);
    assert.deepEqual(
      [sources.map(({ path }) => path), asked],
      [[at('mine/1.mov')], ['mine/', 'mine/1.mov', 'mine/no/', 'mine/no.mov']],
    );
    assert.deepEqual(
      unreadable.map(({ path, error }) => [path, error.code]),
      [
        [at('mine/no'), 'PATH_NOT_ALLOWED'],
        [at('mine/no.mov'), 'PATH_NOT_ALLOWED'],
      ],
    );
  });
  it('in a folder without permission are passed over, and the folder is named', async () => {
    const { readdir } = fs;
    const deny = async (path: string, ...rest: []) => {
      if (path === at('bad/locked')) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
      return readdir(path, ...rest);
    };
    Object.assign(fs, { readdir: deny }); // root may read everything
    try {
      const { files, errors } = await found(['bad']);
      assert.deepEqual(files, ['bad/1.mov > ']);
      assert.ok(errors.includes('bad/locked SOURCE_UNREADABLE'));
    } finally {
      Object.assign(fs, { readdir });
    }
  });
});
