'use strict';
// Everything: set-up, build, linter, formatter, then all tests (or those named on the command line).
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { build } = require('./build');
const { check } = require('./check');
const { bin, root, run, setUp } = require('./setup');

/** Tests in a real Node-RED wait for it half of the time, so they run beside all others. */
const ALL = [
  ['--recursive', 'dist/test/nodes/**/*.test.js'],
  ['--recursive', 'dist/test/**/*.test.js', '--ignore', 'dist/test/nodes/**'],
];

setUp();
rmSync(join(root, 'dist', 'test'), { recursive: true, force: true }); // a test whose source is gone must not run
build();
const named = process.argv.slice(2);
if (named.length === 0) check();
// The user's own cache of compiled graphs stays as it is.
process.env.REMASTER_CACHE = mkdtempSync(join(tmpdir(), 'remaster-test-cache-'));
process.on('exit', () => rmSync(process.env.REMASTER_CACHE, { recursive: true, force: true }));
if (named.length > 0) run(bin('mocha'), named);
else void all();

async function all() {
  const codes = await Promise.all(ALL.map(mocha));
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
}

/** One run of mocha. The first says what it does as it goes along, the others when they are done, so that lines do not mix. */
function mocha(args, index) {
  const shell = process.platform === 'win32';
  const child = spawn(bin('mocha'), args, {
    cwd: root,
    shell,
    stdio: ['ignore', index === 0 ? 'inherit' : 'pipe', 'inherit'],
  });
  const words = [];
  child.stdout?.on('data', (chunk) => words.push(chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('close', (code) => {
      process.stdout.write(Buffer.concat(words));
      resolve(code ?? 1);
    });
  });
}
