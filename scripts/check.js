'use strict';
// Linter and formatter. The type check is the build.
const { bin, run, setUp } = require('./setup');

function check() {
  run(bin('oxlint'), ['--type-aware', '--deny-warnings', 'src', 'nodes', 'test', 'bench']);
  run(bin('prettier'), ['--check', '--log-level', 'warn', '.']);
}

module.exports = { check };
if (require.main === module) {
  setUp();
  check();
}
