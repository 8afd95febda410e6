'use strict';
// Linter, formatter and word list. The type check is the build.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { extractScripts } = require('./htmlScripts');
const { bin, root, run, setUp } = require('./setup');
const { checkWords } = require('./wordList');

function check() {
  run(bin('oxlint'), ['--type-aware', '--deny-warnings', 'src', 'nodes', 'test', 'bench']);
  run(bin('oxlint'), ['--deny-warnings', 'resources', 'scripts']);
  lintHtml();
  run(bin('prettier'), ['--check', '--log-level', 'warn', '.']);
  checkWords();
}

function lintHtml() {
  const folder = mkdtempSync(join(tmpdir(), 'remaster-lint-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true })); // run() ends the process on failure
  extractScripts(join('dist', 'nodes'), folder); // the built pages
  run(bin('oxlint'), ['--config', join(root, '.oxlintrc.json'), '--deny-warnings', '.'], { cwd: folder });
}

module.exports = { check };
if (require.main === module) {
  setUp();
  check();
}
