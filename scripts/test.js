'use strict';
// Everything: set-up, build, linter, formatter, then all tests (or those named on the command line).
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { build } = require('./build');
const { check } = require('./check');
const { bin, root, run, setUp } = require('./setup');

setUp();
rmSync(join(root, 'dist', 'test'), { recursive: true, force: true }); // a test whose source is gone must not run
build();
const named = process.argv.slice(2);
if (named.length === 0) check();
// The user's own cache of compiled graphs stays as it is.
process.env.REMASTER_CACHE = mkdtempSync(join(tmpdir(), 'remaster-test-cache-'));
process.on('exit', () => rmSync(process.env.REMASTER_CACHE, { recursive: true, force: true }));
run(bin('mocha'), named.length > 0 ? named : ['--recursive', 'dist/test/**/*.test.js']);
