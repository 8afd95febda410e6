import assert from 'node:assert/strict';
import { appendFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  damageError,
  hasChanged,
  isTruncated,
  orChanged,
  partialName,
} from '../../../../src/pipeline/jobs/restore/truncation';
import type { VideoInfo } from '../../../../src/pipeline/media/probe';
import type { Job } from '../../../../src/settings/restoreJob';
import { never } from '../../../support/segments';
import { scratchFolder } from '../../../support/videos';

describe('truncation', () => {
  const path = join(scratchFolder(), 'source.mkv');
  let info: VideoInfo;

  /** Ten seconds by its header; 100 ticks a second. */
  beforeEach(() => {
    writeFileSync(path, 'ten bytes.');
    const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
    const source = { path, bytes, modifiedMs, isImage: false, sequence: null };
    info = { source, duration: 10, timeBase: { num: 1, den: 100 } } as VideoInfo;
  });

  const truncated = (end: number, trim: Job['trim'] = null) => isTruncated(info, { trim }, end);

  it('half a second may be missing, and no more', () => {
    assert.equal(truncated(9.5), false);
    assert.equal(truncated(9.49), true);
  });

  it('a range with an end was not read to the end of the source', () => {
    assert.equal(truncated(6, { start: 0, end: 6 }), false);
    assert.equal(truncated(6, { start: 1, end: null }), true);
  });

  it('a source of unknown duration is never truncated', () => {
    info = { ...info, duration: null };
    assert.equal(truncated(6), false);
  });

  it('a source that has grown, was replaced by one of equal size, or is gone has changed', async () => {
    assert.equal(await hasChanged(info), false);
    const { atime, mtimeMs } = statSync(path);
    utimesSync(path, atime, new Date(mtimeMs + 5000));
    assert.equal(await hasChanged(info), true);
    appendFileSync(path, 'more');
    utimesSync(path, atime, new Date(mtimeMs));
    info = { ...info, source: { ...info.source, modifiedMs: statSync(path).mtimeMs } };
    assert.equal(await hasChanged(info), true);
    rmSync(path);
    assert.equal(await hasChanged(info), true);
  });

  it('an error becomes SOURCE_CHANGED when the source has, and no other one', async () => {
    const error = new Error('mine');
    await assert.rejects(orChanged(info, never)(error), error);
    rmSync(path);
    await assert.rejects(orChanged(info, never)(error), { code: 'SOURCE_CHANGED', cause: error });
    await assert.rejects(orChanged(info, AbortSignal.abort(new Error('stopped')))(error), /^Error: stopped$/);
  });

  it('partial results have a name of their own, and the error says which', () => {
    assert.equal(partialName('/a.b/out.mp4'), '/a.b/out.partial.mp4');
    assert.equal(partialName('/a.b/out.mp4', 2), '/a.b/out.partial-2.mp4');
    for (const [damage, code] of [
      [{ kind: 'truncated' }, 'SOURCE_TRUNCATED'],
      [{ kind: 'changed' }, 'SOURCE_CHANGED'],
      [{ kind: 'damaged', what: '3 frames are missing' }, 'SOURCE_DAMAGED'],
    ] as const) {
      const error = damageError(damage, info, '/a/out.partial.mp4');
      assert.equal(error.code, code);
      assert.match(error.message, /source\.mkv .* saved to \/a\/out\.partial\.mp4/);
      const alone = damageError(damage, info, null);
      assert.equal(alone.code, code);
      assert.doesNotMatch(`${alone.message} ${alone.remedy}`, /saved|partial/);
    }
  });
});
