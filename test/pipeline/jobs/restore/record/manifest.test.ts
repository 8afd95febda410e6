import assert from 'node:assert/strict';
import { manifestText, parseManifest } from '../../../../../src/pipeline/jobs/restore/record/manifest';

const sha256 = 'a'.repeat(64);

describe('manifests', () => {
  it('give every name again', () => {
    const entries = ['a.mkv', 'data/ä  b.mkv', '100 %.mkv', 'two\nlines', '%0A'].map((path) => ({ path, sha256 }));
    assert.deepEqual(parseManifest(manifestText(entries)), entries);
  });

  it('may have tabs, stars, capital letters and ends of lines of Windows', () => {
    assert.deepEqual(parseManifest(`${sha256.toUpperCase()}\t*a.mkv\r\n`), [{ sha256, path: 'a.mkv' }]);
  });

  it('that are none are null', () => {
    for (const text of [`${sha256.slice(1)}  a.mkv`, 'a.mkv', sha256]) assert.equal(parseManifest(text), null);
  });
});
