import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { discardWork, openOutputFolder, type OutputFolder } from '../../../src/pipeline/jobs/outputFolder';
import { workFolder } from '../../../src/pipeline/jobs/workFolder';
import { failing } from '../../support/failing';
import { withMount } from '../../support/mounts';
import { scratchFolder } from '../../support/videos';

describe('outputFolder', () => {
  const folder = scratchFolder();
  const never = new AbortController().signal;
  let count = 0;
  let output = '';
  beforeEach(() => (output = join(folder, `out ${count++}.mkv`)));

  const open = (identity = { seed: 1 }, changes: object = {}): Promise<OutputFolder> =>
    openOutputFolder(
      output,
      identity,
      { overwrite: false, resume: true, discard: false, ffmpeg: '5.1', ...changes },
      never,
    );

  /** Finishes `segments` segments of 10 frames and stops. */
  async function interrupted(segments = 2, identity = { seed: 1 }, changes: object = {}): Promise<void> {
    const work = await open(identity, changes);
    for (let i = 0; i < segments; i++) await segment(work);
    await work.close({ keepSegments: true });
  }

  async function segment(work: OutputFolder): Promise<void> {
    const path = await work.newSegment();
    writeFileSync(path, `segment ${path}`);
    await work.commitSegment(path, 10);
  }

  const journal = (): string => join(workFolder(output), 'journal.json');
  const files = (): string[] => readdirSync(workFolder(output)).toSorted();

  it('a job with the same identity continues after the last finished segment', async () => {
    await interrupted();
    const work = await open();
    assert.deepEqual(
      work.done.map(({ file, frames }) => [file, frames]),
      [
        ['000000.nut', 10],
        ['000001.nut', 10],
      ],
    );
    assert.equal(await work.newSegment(), join(workFolder(output), '000002.nut'));
    assert.deepEqual(work.otherFfmpegs, []);
    await segment(work);
    await work.close({ keepSegments: true });
    assert.equal((await open()).done.length, 3);
  });

  for (const [what, identity, changes, words] of [
    [
      'other settings',
      { seed: 2 },
      {},
      /20 finished frames exists for .*, and this job cannot continue it: it differs in seed\./,
    ],
    ['no resume', { seed: 1 }, { resume: false }, /20 finished frames .* resuming is off\./],
  ] as const) {
    it(`with ${what} it refuses, names the finished frames, and deletes nothing`, async () => {
      await interrupted();
      const before = files();
      await assert.rejects(open(identity, changes), { code: 'RESUME_MISMATCH', message: words, remedy: /--discard/ });
      assert.deepEqual(files(), before);
      assert.equal((await open()).done.length, 2);
    });

    it(`with ${what} and discard it starts from the beginning`, async () => {
      await interrupted();
      const work = await open(identity, { ...changes, discard: true });
      assert.deepEqual([work.done, await work.newSegment()], [[], join(workFolder(output), '000000.nut')]);
      assert.deepEqual(files(), ['lock']);
    });
  }

  it('names all settings that differ', async () => {
    await interrupted(1, { seed: 1, steps: 4, model: 'a' } as never);
    await assert.rejects(open({ seed: 1, steps: 2, scale: 2 } as never), {
      message: /differs in model, scale, steps\./,
    });
  });

  it('another ffmpeg continues, and both are named', async () => {
    await interrupted(1, { seed: 1 }, { ffmpeg: '5.1' });
    const work = await open({ seed: 1 }, { ffmpeg: '7.0' });
    assert.deepEqual([work.done.length, work.otherFfmpegs], [1, ['5.1']]);
    await segment(work);
    await work.close({ keepSegments: true });
    assert.deepEqual((await open({ seed: 1 }, { ffmpeg: '9.0' })).otherFfmpegs, ['5.1', '7.0']);
  });

  it('a moved folder continues', async () => {
    await interrupted();
    const moved = join(folder, 'moved');
    mkdirSync(moved);
    const target = join(moved, 'other.mkv');
    renameSync(workFolder(output), workFolder(target));
    output = target;
    assert.equal((await open()).done.length, 2);
  });

  it('a segment that is missing or has another size is made again, and those before it are kept', async () => {
    await interrupted(3);
    writeFileSync(join(workFolder(output), '000001.nut'), 'cut');
    const work = await open();
    assert.deepEqual(
      work.done.map(({ file }) => file),
      ['000000.nut'],
    );
    assert.equal(work.lost, 20);
    await work.close({ keepSegments: true });
    rmSync(join(workFolder(output), '000000.nut'));
    assert.equal((await open()).done.length, 0);
  });

  it('a journal that cannot be read is an error, and nothing is deleted', async () => {
    await interrupted();
    rmSync(journal());
    mkdirSync(journal());
    await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /EISDIR/ });
    assert.deepEqual(files(), ['000000.nut', '000001.nut', 'journal.json']);
  });

  it('a single finished frame is refused too, and none is nothing to refuse', async () => {
    const work = await open();
    const path = await work.newSegment();
    writeFileSync(path, 'one frame');
    await work.commitSegment(path, 1);
    await work.close({ keepSegments: true });
    await assert.rejects(open({ seed: 2 }), { code: 'RESUME_MISMATCH', message: /with 1 finished frame exists/ });
    writeFileSync(journal(), JSON.stringify({ version: 2, identity: { seed: 1 }, ffmpegs: [], segments: [] }));
    assert.equal((await open({ seed: 2 })).done.length, 0);
  });

  it('missing files of finished segments are counted, and refused to another job all the same', async () => {
    await interrupted(3);
    rmSync(join(workFolder(output), '000000.nut'));
    const before = files();
    await assert.rejects(open({ seed: 2 }), { code: 'RESUME_MISMATCH', message: /with 30 finished frames/ });
    assert.deepEqual(files(), before);
    const work = await open();
    assert.deepEqual([work.done, work.lost], [[], 30]);
    await work.close({ keepSegments: true });
    assert.equal((await open()).lost, 0);
  });

  it('a segment whose size cannot be read is an error, and nothing is deleted', async () => {
    await interrupted();
    const real = fs.stat;
    fs.stat = ((path: string) =>
      path.endsWith('.nut')
        ? Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
        : real(path)) as typeof fs.stat;
    try {
      await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /EIO/ });
    } finally {
      fs.stat = real;
    }
    assert.equal((await open()).done.length, 2);
  });

  it('a folder that another job removes in the same moment is made once more, and only then', async () => {
    const mkdir = fs.mkdir;
    let made = 0;
    fs.mkdir = ((path: string) => (made++ === 0 ? Promise.resolve(undefined) : mkdir(path))) as typeof fs.mkdir;
    try {
      const work = await open();
      assert.equal(made, 2);
      await assert.rejects(open(), { code: 'OUTPUT_BUSY' });
      assert.equal(made, 3);
      await work.close({ keepSegments: false });
    } finally {
      fs.mkdir = mkdir;
    }
  });

  it('a damaged journal is refused and stays', async () => {
    await interrupted();
    for (const text of [
      '',
      '{"version":2',
      'null',
      '{"version":1}',
      '{"version":2,"identity":{"seed":1},"ffmpegs":[]}',
    ]) {
      writeFileSync(journal(), text);
      await assert.rejects(open(), { code: 'RESUME_MISMATCH', message: /list of finished segments is damaged\./ });
      assert.equal(readFileSync(journal(), 'utf8'), text);
    }
    assert.deepEqual(files(), ['000000.nut', '000001.nut', 'journal.json']);
    assert.equal((await open({ seed: 1 }, { discard: true })).done.length, 0);
  });

  it('the segments of version 0.1 are refused with their number of frames', async () => {
    mkdirSync(workFolder(output));
    writeFileSync(join(workFolder(output), '000000.mp4'), 'segment');
    writeFileSync(journal(), JSON.stringify({ version: 1, key: 'k', segments: [{ file: '000000.mp4', frames: 100 }] }));
    await assert.rejects(open(), {
      code: 'RESUME_MISMATCH',
      message: /100 finished frames .* another version of remaster/,
    });
    assert.ok(existsSync(join(workFolder(output), '000000.mp4')));
  });

  it('everything but finished segments is deleted', async () => {
    await interrupted(1);
    for (const name of ['000001.nut', 'whole.mkv', 'journal.json.new'])
      writeFileSync(join(workFolder(output), name), 'half');
    await (await open()).close({ keepSegments: true });
    assert.deepEqual(files(), ['000000.nut', 'journal.json']);
  });

  it('keeps the file with which another process takes the lock, unless that process died long ago', async () => {
    const work = await open();
    for (const name of ['lock.new', 'lock.old']) writeFileSync(join(workFolder(output), name), '');
    utimesSync(join(workFolder(output), 'lock.old'), new Date(0), new Date(Date.now() - 61_000));
    await work.close({ keepSegments: false });
    assert.deepEqual(files(), ['lock.new']);
  });

  it('closing without finished segments leaves nothing, also if they were to be kept', async () => {
    for (const keepSegments of [true, false]) {
      await (await open()).close({ keepSegments });
      assert.ok(!existsSync(workFolder(output)));
    }
    const work = await open();
    await segment(work);
    await work.close({ keepSegments: false });
    assert.ok(!existsSync(workFolder(output)));
  });

  it('a second job is refused while the first runs, and neither loses anything', async () => {
    const work = await open();
    await segment(work);
    await assert.rejects(open(), { code: 'OUTPUT_BUSY' });
    await assert.rejects(open({ seed: 2 }, { discard: true }), { code: 'OUTPUT_BUSY' });
    await assert.rejects(discardWork(output, never), { code: 'OUTPUT_BUSY' });
    await segment(work);
    await work.close({ keepSegments: true });
    assert.equal((await open()).done.length, 2);
  });

  it('a job whose folder was taken over stops before it writes, and does not touch the files of the other', async () => {
    const work = await open();
    await segment(work);
    rmSync(join(workFolder(output), 'lock'));
    writeFileSync(join(workFolder(output), 'lock'), JSON.stringify({ token: 'other', pid: 1 }));
    writeFileSync(join(workFolder(output), 'whole.mkv'), 'result');
    await assert.rejects(work.newSegment(), { code: 'OUTPUT_BUSY' });
    await assert.rejects(work.commitSegment(join(workFolder(output), '000000.nut'), 10), { code: 'OUTPUT_BUSY' });
    await assert.rejects(work.publish('whole.mkv'), { code: 'OUTPUT_BUSY' });
    await work.close({ keepSegments: false });
    assert.deepEqual(files(), ['000000.nut', 'journal.json', 'lock', 'whole.mkv']);
  });

  it('discardWork deletes the folder of an interrupted job, and needs none', async () => {
    await interrupted();
    await discardWork(output, never);
    assert.ok(!existsSync(workFolder(output)));
    await discardWork(output, never);
    assert.ok(!existsSync(workFolder(output)));
  });

  it('releases the lock when it cannot delete or read the folder', async () => {
    await interrupted();
    const isSegment = (path: string): boolean => path.endsWith('.nut');
    await assert.rejects(
      failing('rm', isSegment, () => discardWork(output, never)),
      { code: 'EIO' },
    );
    await assert.rejects(
      failing('rm', isSegment, () => open({ seed: 1 }, { discard: true })),
      { code: 'OUTPUT_UNWRITABLE' },
    );
    const work = await open({ seed: 1 }, { discard: true }); // not OUTPUT_BUSY
    await work.close({ keepSegments: false });
  });

  it('publishes in one step, without replacing a file that came in the meantime', async () => {
    const work = await open();
    writeFileSync(join(workFolder(output), 'whole.mkv'), 'result');
    writeFileSync(output, 'precious');
    await assert.rejects(work.publish('whole.mkv'), { code: 'OUTPUT_EXISTS' });
    assert.equal(readFileSync(output, 'utf8'), 'precious');
    await work.close({ keepSegments: false });
    const second = await open({ seed: 1 }, { overwrite: true });
    writeFileSync(join(workFolder(output), 'whole.mkv'), 'result');
    assert.equal(await second.publish('whole.mkv'), output);
    await second.close({ keepSegments: false });
    assert.equal(readFileSync(output, 'utf8'), 'result');
  });

  it('an existing output, a missing folder and a folder as output are refused and leave nothing', async () => {
    writeFileSync(output, 'precious');
    await assert.rejects(open(), { code: 'OUTPUT_EXISTS' });
    const target = output;
    output = join(folder, 'no such folder', 'out.mkv');
    await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE' });
    output = join(folder, 'a folder.mkv');
    mkdirSync(output);
    await assert.rejects(open({ seed: 1 }, { overwrite: true }), { code: 'OUTPUT_UNWRITABLE' });
    assert.ok(!existsSync(workFolder(target)) && !existsSync(workFolder(output)));
  });

  it('a name that is too long is refused before anything is written', async () => {
    output = join(folder, `${'x'.repeat(252)}.mkv`);
    await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /its name of 256 bytes is too long/ });
    output = join(folder, `${'x'.repeat(251)}.mkv`);
    const work = await open();
    writeFileSync(join(work.folder, 'whole.mkv'), 'result');
    await work.publish('whole.mkv');
    await work.close({ keepSegments: false });
    assert.deepEqual([readFileSync(output, 'utf8'), existsSync(workFolder(output))], ['result', false]);
  });

  it('a name that the file system does not allow is refused, and the folder is left as it was', async () => {
    const { open: realOpen } = fs;
    fs.open = (async (path: string, ...rest: [string]) => {
      if (path === join(workFolder(output), basename(output)))
        throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      return realOpen(path, ...rest);
    }) as typeof fs.open;
    try {
      await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /does not allow this name/ });
    } finally {
      fs.open = realOpen;
    }
    assert.ok(!existsSync(workFolder(output)));
  });

  it('a link as output: the file it leads to is written, beside its own work folder', async () => {
    const real = join(folder, `real ${count}.mkv`);
    writeFileSync(real, 'old');
    symlinkSync(real, output);
    await assert.rejects(open(), { code: 'OUTPUT_EXISTS' });
    const work = await open(undefined, { overwrite: true });
    assert.deepEqual([work.output, work.folder], [real, workFolder(real)]);
    writeFileSync(join(work.folder, 'whole.mkv'), 'result');
    assert.equal(await work.publish('whole.mkv'), real);
    await work.close({ keepSegments: false });
    assert.deepEqual([readFileSync(real, 'utf8'), lstatSync(output).isSymbolicLink()], ['result', true]);
  });

  it('is never opened through a link, which stays with all it leads to', async () => {
    const elsewhere = join(folder, `elsewhere ${count}`);
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'theirs'), 'precious');
    symlinkSync(elsewhere, workFolder(output));
    const refused = { code: 'OUTPUT_UNWRITABLE', message: /its work folder .* is a link to another place\./ };
    await assert.rejects(open(), refused);
    await assert.rejects(open(undefined, { discard: true }), refused);
    await assert.rejects(discardWork(output, never), refused);
    assert.deepEqual([readdirSync(elsewhere), lstatSync(workFolder(output)).isSymbolicLink()], [['theirs'], true]);
  });

  it('is never opened through a link to nowhere', async () => {
    symlinkSync(join(folder, 'not there'), workFolder(output));
    await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /is a link to another place\./ });
    assert.equal(existsSync(join(folder, 'not there')), false);
  });

  it('is never one that another user has made', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a folder away
    const planted = workFolder(output);
    mkdirSync(planted, { mode: 0o777 });
    writeFileSync(join(planted, 'theirs'), 'precious');
    chownSync(planted, 4711, 4711);
    const refused = {
      code: 'OUTPUT_UNWRITABLE',
      message: /its work folder .* belongs to another user \(number 4711\)\./,
    };
    await assert.rejects(open(), refused);
    await assert.rejects(discardWork(output, never), refused);
    assert.deepEqual(readdirSync(planted), ['theirs']);
  });

  it('is not a file', async () => {
    writeFileSync(workFolder(output), 'theirs');
    await assert.rejects(open(), { code: 'OUTPUT_UNWRITABLE', message: /its work folder .* is not a folder\./ });
    assert.equal(readFileSync(workFolder(output), 'utf8'), 'theirs');
  });

  it('a source is never overwritten', async () => {
    writeFileSync(output, 'source');
    await assert.rejects(open(undefined, { overwrite: true, sources: [output] }), {
      code: 'OUTPUT_EXISTS',
      message: /same file as the source/,
    });
  });

  it('the empty file that a crashed job has left under the name is no obstacle', async () => {
    await interrupted();
    writeFileSync(join(workFolder(output), 'claim'), '');
    writeFileSync(output, '');
    const work = await open();
    assert.deepEqual([work.done.length, existsSync(output)], [2, false]);
    await work.close({ keepSegments: true });
    writeFileSync(join(workFolder(output), 'claim'), '');
    writeFileSync(output, 'theirs');
    await assert.rejects(open(), { code: 'OUTPUT_EXISTS' });
    assert.equal(readFileSync(output, 'utf8'), 'theirs');
  });

  it('a failure of ffmpeg gets the reason that the system names', async function () {
    const failed = new RemasterError('ENCODE_FAILED', 'ffmpeg ended with code 1', { detail: 'words' });
    const other = new RemasterError('SOURCE_UNREADABLE', 'no');
    const work = await open();
    assert.equal(await work.explain(failed), failed);
    assert.equal(await work.explain(other), other);
    await work.assertWritable();
    rmSync(work.folder, { recursive: true });
    const gone = { code: 'OUTPUT_UNWRITABLE', message: /folder is gone/ };
    await assert.rejects(async () => Promise.reject(await work.explain(failed)), { ...gone, detail: 'words' });
    await assert.rejects(work.assertWritable(), gone);
    assert.equal(await work.explain(other), other);
    await work.close({ keepSegments: true });
    const mount = join(folder, 'full disk');
    const isMounted = await withMount(mount, 'size=128k', async () => {
      output = join(mount, 'out.mkv');
      const full = await open();
      writeFileSync(join(full.folder, '000000.nut'), new Uint8Array(100_000));
      await assert.rejects(async () => Promise.reject(await full.explain(failed)), {
        code: 'DISK_FULL',
        detail: 'words',
      });
      await assert.rejects(full.assertWritable(), { code: 'DISK_FULL' });
      await full.close({ keepSegments: false });
    });
    if (!isMounted) this.skip();
  });

  it('a failure of ffmpeg is a full disk where its file cannot grow, and finished segments are left alone', async () => {
    const failed = new RemasterError('ENCODE_FAILED', 'ffmpeg ended with code 1');
    const work = await open();
    await segment(work);
    const before = readFileSync(join(work.folder, '000000.nut'));
    const { open: realOpen } = fs;
    const grown: string[] = [];
    fs.open = (async (path: string, flags: string) => {
      if (flags !== 'r+') return realOpen(path, flags);
      grown.push(basename(path));
      throw Object.assign(new Error('EFBIG'), { code: 'EFBIG' });
    }) as typeof fs.open;
    try {
      assert.equal(await work.explain(failed), failed);
      writeFileSync(join(work.folder, '000001.nut'), 'half');
      await assert.rejects(async () => Promise.reject(await work.explain(failed)), { code: 'DISK_FULL' });
    } finally {
      fs.open = realOpen;
    }
    assert.deepEqual(grown, ['000001.nut']);
    assert.deepEqual(readFileSync(join(work.folder, '000000.nut')), before);
    await work.close({ keepSegments: false });
  });
});
