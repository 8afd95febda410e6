import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

const MOCHA = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const SUITE = `describe('suite', () => {
  it('passes', () => {});
  it('is skipped', function () { this.skip(); });
  it('is skipped at its end', function () { if (1 + 1 === 2) this.skip(); });
  describe('without what it needs', () => {
    before(function () { this.skip(); });
    it('is skipped, too', () => {});
  });
});`;

describe('the reporter', () => {
  const folder = scratchFolder();

  function run(env: Readonly<Record<string, string>>): { status: number | null; last: string | undefined } {
    const file = join(folder, 'suite.test.js');
    writeFileSync(file, SUITE);
    const { CI: _, REMASTER_TEST_RESULTS: __, ...rest } = process.env;
    const options = { cwd: root, env: { ...rest, ...env }, encoding: 'utf8' } as const;
    const { status, stdout } = spawnSync(process.execPath, [MOCHA, file], options);
    return { status, last: stdout.trim().split('\n').at(-1) };
  }

  it('ends with the counts', () => assert.deepEqual(run({}), { status: 0, last: '1 passed, 0 failed, 3 skipped' }));

  it('fails each skipped test in CI, also below a hook that skips', () =>
    assert.deepEqual(run({ CI: 'true' }), { status: 3, last: '1 passed, 3 failed, 3 skipped' }));

  it('leaves counts, failures and durations for the scripts', () => {
    const results = join(folder, 'results');
    mkdirSync(results);
    assert.equal(run({ REMASTER_TEST_RESULTS: results, CI: 'true' }).status, 3);
    const [name] = readdirSync(results);
    const { passed, skipped, failures, durations } = JSON.parse(readFileSync(join(results, name!), 'utf8')) as {
      passed: number;
      skipped: number;
      failures: string[];
      durations: { title: string }[];
    };
    assert.deepEqual([passed, skipped, failures.length, durations[0]!.title], [1, 3, 3, 'suite passes']);
  });
});
