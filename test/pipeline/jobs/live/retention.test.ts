import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepWithin } from '../../../../src/pipeline/jobs/live/retention';
import { scratchFolder } from '../../../support/videos';

describe('retention', () => {
  const folder = scratchFolder();
  const target = (keep: object) => ({
    ...{ kind: 'segments' as const, folder, name: 'door', seconds: 60 },
    keep: { count: null, hours: null, bytes: null, ...keep },
  });
  const name = (hour: number, offset = '+0000'): string => `door_2026-10-25_0${hour}-00-00${offset}.mp4`;
  const make = (file: string, ageHours = 0): void => {
    writeFileSync(join(folder, file), Buffer.alloc(1000));
    const then = Date.now() / 1000 - ageHours * 3600;
    utimesSync(join(folder, file), then, then);
  };
  const files = (): string[] => readdirSync(folder).toSorted();

  it('deletes the oldest recordings above the count, and no other files', async () => {
    for (const file of [name(1), name(2), name(3), name(4), 'door_notes.txt', 'doorbell_2026-10-25_01-00-00+0000.mp4'])
      make(file);
    mkdirSync(join(folder, 'door_folder'), { recursive: true });
    await keepWithin(target({ count: 2 }));
    assert.deepEqual(
      files(),
      [name(3), name(4), 'door_folder', 'door_notes.txt', 'doorbell_2026-10-25_01-00-00+0000.mp4'].toSorted(),
    );
  });

  it('deletes recordings above the age or total size, but never the newest', async () => {
    make(name(3), 5);
    make(name(4), 3);
    await keepWithin(target({ hours: 4 }));
    assert.ok(!files().includes(name(3)) && files().includes(name(4)));
    make(name(5));
    await keepWithin(target({ bytes: 500 }));
    assert.ok(!files().includes(name(4)) && files().includes(name(5)));
  });

  it('keeps the order of recordings at the end of daylight saving time', async () => {
    for (const file of files().filter((one) => one.startsWith('door_2026')))
      await import('node:fs/promises').then(({ rm }) => rm(join(folder, file)));
    make(name(2, '+0200'));
    make(name(2, '+0100')); // an hour later
    await keepWithin(target({ count: 1 }));
    assert.deepEqual(
      files().filter((one) => one.startsWith('door_2026')),
      [name(2, '+0100')],
    );
  });
});
