import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EarlierTrials, lossesKey } from '../../../../src/pipeline/jobs/restore/earlierTrials';
import { probe } from '../../../../src/pipeline/media/probe';
import { never } from '../../../support/segments';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('earlier trials', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const path = at('trial.nut');
  /** Writes a trial; returns whether it was encoded. */
  const write = async (trials: EarlierTrials, key: string, bytes = 1): Promise<boolean> => {
    let isEncoded = false;
    writeFileSync(path, '');
    await trials.write(path, key, async () => {
      isEncoded = true;
      writeFileSync(path, key.repeat(bytes));
    });
    assert.equal(readFileSync(path, 'utf8'), key.repeat(bytes));
    return isEncoded;
  };

  it('are written again for jobs of the same kind', async () => {
    const trials = new EarlierTrials();
    assert.deepEqual(
      [await write(trials, 'a'), await write(trials, 'a'), await write(trials, 'b')],
      [...[true, false, true]],
    );
  });
  it('are few and small: those not used for longest are forgotten, and large ones are not kept', async () => {
    const trials = new EarlierTrials();
    for (let i = 0; i < 16; i++) await write(trials, String.fromCharCode(97 + i));
    assert.equal(await write(trials, 'a'), false);
    await write(trials, 'z');
    assert.deepEqual([await write(trials, 'a'), await write(trials, 'b')], [false, true]);
    await write(trials, 'L', 2 ** 20 + 1);
    assert.equal(await write(trials, 'L', 2 ** 20 + 1), true);
  });
  it('are not kept when encoding them fails', async () => {
    const trials = new EarlierTrials();
    await assert.rejects(trials.write(path, 'a', () => Promise.reject(new Error('no encoder'))));
    assert.equal(await write(trials, 'a'), true);
  });
  it('say what a video without other streams loses; a failed one is tried again', async () => {
    const [trials, lost] = [new EarlierTrials(), [{ kind: 'depth', verdict: 'warned', message: 'lost' } as const]];
    const failing = (): Promise<never> => Promise.reject(new Error('tried again'));
    await assert.rejects(trials.losses('a', failing));
    assert.equal(await trials.losses('a', async () => lost), lost);
    assert.equal(await trials.losses('a', failing), lost);
    await assert.rejects(trials.losses('b', failing));
  });
  it('are those of videos that differ in nothing but their lengths and dates', async () => {
    const video = moving('32x24', '25', 3);
    const tags = (title: string, date: string): string[] => [
      '-metadata',
      `title=${title}`,
      '-metadata',
      `creation_time=${date}`,
    ];
    const key = async (name: string, ...options: string[]): Promise<string> => {
      await ff(...video, ...options, at(name));
      return lossesKey('encoding', { extras: true }, await probe(await binary(), at(name), never));
    };
    const first = await key('a.mp4', ...tags('A', '2001-01-01'));
    assert.equal(await key('b.mp4', '-frames:v', '2', ...tags('A', '2002-02-02')), first);
    assert.notEqual(await key('c.mp4', ...tags('C', '2001-01-01')), first);
    assert.notEqual(await key('d.mp4', ...tags('A', '2001-01-01'), '-pix_fmt', 'yuv444p'), first);
    assert.notEqual(await key('e.mov', ...tags('A', '2001-01-01'), '-c:v', 'prores'), first);
  });
});
