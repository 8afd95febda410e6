import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import { type SourceLoss, sourceLoss } from '../../../../src/pipeline/jobs/restore/sourceLoss';
import { resolveColour } from '../../../../src/pipeline/media/colour';
import { openVideo } from '../../../../src/pipeline/media/decode';
import { probe } from '../../../../src/pipeline/media/probe';
import type { Job } from '../../../../src/settings/restoreJob';
import { never } from '../../../support/segments';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('sourceLoss', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(async () => {
    const sound = (seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'mp2'];
    for (const [name, codec] of [
      ['long.ts', 'libx264'],
      ['long.mpg', 'mpeg2video'],
      ['long.mkv', 'libx264'],
    ] as const)
      await ff(...moving('64x48', '25', 50), ...sound(4), '-c:v', codec, at(name));
    await ff(...moving('64x48', '25', 50), ...sound(2.3), '-c:v', 'libx264', at('even.ts'));
  });

  /** Reads a file as a job does. */
  async function lossOf(
    name: string,
    trim: Job['trim'] = null,
    broken: RemasterError | null = null,
    beforeLoss = (): void => {},
  ): Promise<SourceLoss> {
    const found = await binary();
    const info = await probe(found, at(name), never);
    const sound = info.media.streams.find(({ kind }) => kind === 'audio')!.index;
    const how = {
      depth: 8,
      temporalDenoise: 'off',
      hwaccel: 'off',
      from: 0,
      sound: [sound],
    } as const;
    await using source = openVideo(found, info, { ...how, colour: resolveColour(info.colour, info) }, never);
    for await (const _ of source.read());
    beforeLoss();
    const read = { decoded: source.decoded, last: source.decoded.times.at(-1)!, broken, sound };
    return sourceLoss(found, info, { trim }, read, never);
  }

  const aloneFor = /^The sound goes on for (\d\.\d\d) s behind the last frame\.$/;

  for (const name of ['long.ts', 'long.mpg']) {
    it(`${name} whose sound is longer is whole, with a warning`, async () => {
      const loss = await lossOf(name);
      assert.equal(await loss.damage(null), null);
      assert.equal(loss.missing.warnings.length, 1, loss.missing.warnings.join('\n'));
      const [, seconds] = aloneFor.exec(loss.missing.warnings[0]!)!;
      assert.ok(Math.abs(Number(seconds) - 2) < 0.15, seconds);
      assert.deepEqual((await lossOf(name, { start: 0, end: 1 })).missing.warnings, [], 'a cut before it');
    });

    it(`${name} whose end is torn, too, is truncated`, async () => {
      const bytes = readFileSync(at(name));
      writeFileSync(at(`torn ${name}`), bytes.subarray(0, bytes.length - 300));
      const loss = await lossOf(`torn ${name}`);
      assert.deepEqual(await loss.damage(null), { kind: 'truncated' }, loss.missing.warnings.join('\n'));
      assert.equal(await (await lossOf(`torn ${name}`, { start: 0, end: 1 })).damage(null), null, 'a cut before it');
    });
  }

  it('sound that is a little longer, or that of a container that says its length, is no word', async () => {
    for (const name of ['even.ts', 'long.mkv']) {
      const loss = await lossOf(name);
      assert.deepEqual([await loss.damage(null), loss.missing.warnings], [null, []], name);
    }
    const bytes = readFileSync(at('even.ts'));
    writeFileSync(at('torn.ts'), bytes.subarray(0, bytes.length - 20));
    const loss = await lossOf('torn.ts');
    assert.equal(await loss.damage(null), null);
    assert.match(loss.missing.warnings[0]!, /^The last 20 bytes of the source are missing/);
  });

  it('the reasons in their order: changed, how it broke off, and a loss of the result', async () => {
    copyFileSync(at('even.ts'), at('gone.ts'));
    const broken = new RemasterError('SOURCE_DAMAGED', 'decoding stopped');
    assert.deepEqual(await (await lossOf('gone.ts', null, broken)).damage('no sound'), {
      kind: 'damaged',
      what: 'decoding stopped',
    });
    const loss = await lossOf('gone.ts');
    assert.deepEqual(await loss.damage('no sound'), { kind: 'damaged', what: 'no sound' });
    assert.equal(loss.isGone, false);
    const gone = await lossOf('gone.ts', null, broken, () => rmSync(at('gone.ts')));
    assert.equal(gone.isGone, true);
    for (const one of [loss, gone]) assert.deepEqual(await one.damage('no sound'), { kind: 'changed' });
  });
});
