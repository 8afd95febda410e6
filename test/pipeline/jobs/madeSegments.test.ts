import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal, writeJournal } from '../../../src/pipeline/jobs/journal';
import { identityKey } from '../../../src/pipeline/jobs/identity';
import { keepSegment, madeSegment, madeSegments, noteOf, partOf } from '../../../src/pipeline/jobs/madeSegments';
import { frameCount, hashesOf } from '../../../src/pipeline/jobs/segment';
import { scratchFolder } from '../../support/videos';

describe('segments of several machines', () => {
  const root = scratchFolder();
  let folder: string;
  let count = 0;
  const identity = { model: 'x', segment: 10 };
  const key = identityKey(identity);
  beforeEach(() => mkdirSync((folder = join(root, String(count++)))));

  async function make(index: number, { by = 'one', machine = 'a', text = `frames ${index}`, job = key } = {}) {
    const part = partOf(folder, index, by);
    writeFileSync(part, text);
    return keepSegment(folder, job, part, { index, frames: 10, by, machine, faces: null });
  }

  it('are found by their notes, and only by those of the same job', async () => {
    const made = await make(3);
    assert.deepEqual(await madeSegment(folder, key, 3), made);
    assert.match(made.file, /^000003\.[0-9a-f]{16}\.nut$/);
    assert.deepEqual(readdirSync(folder).toSorted(), [made.file, '000003.json'].toSorted());
    assert.equal(await madeSegment(folder, identityKey({ ...identity, model: 'y' }), 3), null);
    assert.equal(await madeSegment(folder, key, 2), null);
    assert.deepEqual([...(await madeSegments(folder, key)).keys()], [3]);
  });

  it('of a job with a record have the hashes of their frames beside them', async () => {
    const recorded = async (by: string) => {
      const part = partOf(folder, 0, by);
      for (const [path, text] of [
        [part, 'frames'],
        [hashesOf(part), `hashes of ${by}`],
      ])
        writeFileSync(path!, text!);
      return keepSegment(folder, key, part, { index: 0, frames: 10, by, machine: 'a', faces: null, hashBytes: 1 });
    };
    await make(0, { text: 'frames' });
    assert.equal(await madeSegment(folder, key, 0, true), null);
    const made = await recorded('one');
    assert.equal(made.hashBytes, 'hashes of one'.length);
    assert.deepEqual(await madeSegment(folder, key, 0, true), made);
    assert.deepEqual(await recorded('another'), made);
    assert.deepEqual(readdirSync(folder).toSorted(), [made.file, hashesOf(made.file), noteOf(0)].toSorted());
    rmSync(join(folder, hashesOf(made.file)));
    assert.equal(await madeSegment(folder, key, 0), null);
  });

  it('made twice count once; the first stays', async () => {
    const first = await make(0);
    assert.deepEqual(await make(0, { by: 'two' }), first);
    assert.equal(readdirSync(folder).length, 2);
  });

  it('with other bytes: a machine of the same class is named, one of another class gets the first', async () => {
    const first = await make(0);
    await assert.rejects(make(0, { by: 'two', text: 'other' }), {
      code: 'WORKER_DIFFERS',
      message: 'The worker two makes other bytes of segment 0 than one.',
    });
    assert.deepEqual(await make(0, { by: 'three', machine: 'b', text: 'other' }), first);
    assert.equal(readdirSync(folder).length, 2);
  });

  it('whose file is gone or too short, or whose note is damaged or of another job, are made again', async () => {
    const { file } = await make(0);
    const at = join(folder, file);
    const spoil: Readonly<Record<string, () => void>> = {
      gone: () => rmSync(at),
      short: () => truncateSync(at, 3),
      damaged: () => writeFileSync(join(folder, noteOf(0)), '{"key":'),
      'of another job': () =>
        writeFileSync(join(folder, noteOf(0)), readFileSync(join(folder, noteOf(0)), 'utf8').replace(key, 'x')),
      'of another file': () =>
        writeFileSync(join(folder, noteOf(0)), readFileSync(join(folder, noteOf(0)), 'utf8').replace(file, '../x')),
    };
    for (const [what, change] of Object.entries(spoil)) {
      change();
      assert.equal(await madeSegment(folder, key, 0), null, what);
      await make(0);
      assert.ok(await madeSegment(folder, key, 0), what);
    }
  });

  it('continue the journal of an interrupted job: those next in order, and those behind a gap', async () => {
    writeFileSync(join(folder, '000000.nut'), 'frames');
    const segments = [{ file: '000000.nut', frames: 10, bytes: 6 }];
    await writeJournal(folder, { identity, ffmpegs: ['7.0'], segments });
    for (const index of [1, 2, 4, 7]) await make(index);
    const found = await readJournal(folder);
    assert.ok(found !== null && found !== 'damaged');
    assert.deepEqual([found.segments.length, frameCount(found.segments), found.lost], [3, 30, 0]);
    assert.deepEqual([...found.later.keys()], [4, 7]);
  });
});
