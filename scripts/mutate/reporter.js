'use strict';
// A mocha reporter for mutants: the first failure decides, so it ends the run. It writes what happened to REMASTER_MUTANT.
const { writeFileSync } = require('node:fs');

module.exports = function firstFailure(runner) {
  const write = (result) => writeFileSync(process.env.REMASTER_MUTANT, JSON.stringify(result));
  let passed = 0;
  runner.on('pass', () => passed++);
  runner.once('fail', (test, error) => {
    write({ passed, failed: test.fullTitle(), message: error.message });
    process.exit(1);
  });
  runner.once('end', () => write({ passed, failed: null }));
};
