import assert from 'node:assert/strict';
import { appendFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { damageError, partialName, sourceDamage } from '../../../../src/pipeline/jobs/restore/truncation';
import type { VideoInfo } from '../../../../src/pipeline/media/probe';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { scratchFolder } from '../../../support/videos';

describe('truncation', () => {
  const path = join(scratchFolder(), 'source.mkv');
  let info: VideoInfo;

  /** Ten seconds by its header; 100 ticks a second. */
  beforeEach(() => {
    writeFileSync(path, 'ten bytes.');
    const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
    const source = { path, label: 'source.mkv', bytes, modifiedMs, isImage: false, sequence: null };
    info = { source, duration: 10, timeBase: { num: 1, den: 100 } } as VideoInfo;
  });

  const damage = (end: number, trim: Job['trim'] = null) =>
    sourceDamage(info, { ...JOB_DEFAULTS, input: path, output: 'out.mkv', trim }, end);

  it('half a second may be missing, and no more', async () => {
    assert.equal(await damage(9.5), null);
    assert.equal(await damage(9.49), 'truncated');
  });

  it('a range with an end was not read to the end of the source', async () => {
    assert.equal(await damage(6, { start: 0, end: 6 }), null);
    assert.equal(await damage(6, { start: 1, end: null }), 'truncated');
  });

  it('a source of unknown duration is never truncated', async () => {
    info = { ...info, duration: null };
    assert.equal(await damage(6), null);
  });

  it('a source that has grown, was replaced by one of equal size, or is gone has changed', async () => {
    assert.equal(await damage(10), null);
    const { atime, mtimeMs } = statSync(path);
    utimesSync(path, atime, new Date(mtimeMs + 5000));
    assert.equal(await damage(10), 'changed');
    appendFileSync(path, 'more');
    utimesSync(path, atime, new Date(mtimeMs));
    info = { ...info, source: { ...info.source, modifiedMs: statSync(path).mtimeMs } };
    assert.equal(await damage(10), 'changed');
    rmSync(path);
    assert.equal(await damage(10), 'changed');
  });

  it('partial results have a name of their own, and the error says which', () => {
    assert.equal(partialName('/a.b/out.mp4'), '/a.b/out.partial.mp4');
    for (const [kind, code] of [
      ['truncated', 'SOURCE_TRUNCATED'],
      ['changed', 'SOURCE_CHANGED'],
    ] as const) {
      const error = damageError(kind, info, '/a/out.partial.mp4');
      assert.equal(error.code, code);
      assert.match(error.message, /source\.mkv .* saved to \/a\/out\.partial\.mp4/);
    }
  });
});
