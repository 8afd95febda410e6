import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { root } from '../support/root';

interface Script {
  readonly PAGE: string;
  redrawn(): string;
}

describe('docs/architecture.md', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a script without types
  const { PAGE, redrawn } = require(join(root, 'scripts', 'architecture.js')) as Script;

  it('shows the imports of today', () => {
    assert.equal(readFileSync(PAGE, 'utf8'), redrawn(), 'run: node scripts/architecture.js');
  });

  it('names files and folders that exist', () => {
    for (const [, path] of readFileSync(PAGE, 'utf8').matchAll(/`((?:src|nodes|scripts|test|resources)\/[\w./-]*)`/g))
      assert.ok(existsSync(join(root, path!)), path);
  });
});
