import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRecorder } from '../../../../src/pipeline/jobs/live/recorder';
import { openRetention } from '../../../../src/pipeline/jobs/live/retention';
import { failing } from '../../../support/failing';
import { scratchFolder } from '../../../support/videos';

describe('retention', () => {
  const scratch = scratchFolder();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(scratch, 'kept-'))));

  const none = { count: null, hours: null, bytes: null };
  const open = (keep: object) => openRetention({ folder, name: 'door', keep: { ...none, ...keep } });
  const at = (day: string): string => `door_${day}_10-00-00+0000.mp4`;
  /** Writes a file of 1000 bytes, dated `ageHours` ago. */
  const make = (file: string, ageHours = 0): string => {
    writeFileSync(join(folder, file), Buffer.alloc(1000));
    const then = Date.now() / 1000 - ageHours * 3600;
    utimesSync(join(folder, file), then, then);
    return file;
  };
  const files = (): string[] => readdirSync(folder).toSorted();
  const [first, second, third, fourth] = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'].map(at) as [
    string,
    string,
    string,
    string,
  ];

  it('deletes the first above the count, with the one being written, and no other files', async () => {
    make(first, 3);
    make(second, 2);
    const others = [make('door_notes.txt', 9), make('doorbell_2026-01-01_10-00-00+0000.mp4', 9)];
    mkdirSync(join(folder, 'door_folder'));
    const kept = await open({ count: 2 });
    make(third);
    make(fourth); // it is being written
    const deleted = await kept.finished(third);
    assert.deepEqual(deleted.toSorted(), [first, second].map((file) => join(folder, file)).toSorted());
    assert.deepEqual(files(), [...others, 'door_folder', third, fourth].toSorted());
  });

  it('deletes above the age and the total size, but never the last one', async () => {
    make(first, 5);
    make(second, 3);
    await (await open({ hours: 4 })).finished(make(third));
    assert.deepEqual(files(), [second, third]);
    await (await open({ bytes: 500 })).finished(make(fourth));
    assert.deepEqual(files(), [fourth]);
  });

  it('keeps what was written last when the clock was set back before it started, and while it runs', async () => {
    const ahead = ['2099-01-01', '2099-01-02', '2099-01-03'].map(at);
    for (const file of ahead) make(file, -73 * 365 * 24);
    const kept = await open({ count: 3 });
    for (const file of [first, second]) {
      make(file);
      await kept.finished(file);
    }
    assert.deepEqual(files(), [first, second, ahead[2]!].toSorted());
    for (const file of [third, fourth]) {
      make(file, 24); // the clock goes back a day
      await kept.finished(file);
    }
    assert.deepEqual(files(), [second, third, fourth]);
  });

  it('takes earlier files with a date in the future for older than those with a right one', async () => {
    make(first, 3);
    const ahead = make(at('2099-01-01'), -73 * 365 * 24);
    await (await open({ count: 2 })).finished(make(second));
    assert.ok(!files().includes(ahead), files().join());
    assert.deepEqual(files(), [first, second]);
  });

  it('keeps the one being written when its date is the oldest', async () => {
    const kept = await open({ count: 1, hours: 1, bytes: 10 });
    make(second);
    make(first, 9000); // it is being written, after the clock was set back a year
    await kept.finished(second);
    assert.deepEqual(files(), [first, second]);
  });

  it('two recorders with one name in one folder have names of their own, and the next has the first name again', async () => {
    const target = { kind: 'segments', folder, name: 'door', seconds: 60, keep: { ...none, count: 1 } } as const;
    const { signal } = new AbortController();
    {
      await using one = await openRecorder(target, signal);
      await using other = await openRecorder(target, signal);
      assert.deepEqual([one.target.name, other.target.name], ['door', 'door-2']);
      make(first, 1);
      make(second, 1);
      const own = 'door-2_2026-01-01_10-00-00+0000.mp4';
      make(own, 2);
      await one.finished(first);
      await one.finished(second);
      await other.finished(own);
      assert.deepEqual(
        files().filter((file) => file.endsWith('.mp4')),
        [own, second].toSorted(),
      );
    }
    await using next = await openRecorder(target, signal);
    assert.equal(next.target.name, 'door');
  });

  it('a recorder whose folder cannot be read keeps no name', async () => {
    const target = { kind: 'segments', folder, name: 'door', seconds: 60, keep: none } as const;
    const { signal } = new AbortController();
    const isFolder = (path: string): boolean => path === folder;
    await assert.rejects(
      failing('readdir', isFolder, () => openRecorder(target, signal)),
      { code: 'EIO' },
    );
    assert.deepEqual(files(), []);
    await using next = await openRecorder(target, signal);
    assert.equal(next.target.name, 'door');
  });

  it('leaves no trace of a recorder that has stopped', async () => {
    const target = { kind: 'segments', folder, name: 'door', seconds: 60, keep: none } as const;
    await (await openRecorder(target, new AbortController().signal))[Symbol.asyncDispose]();
    assert.deepEqual(files(), []);
  });
});
