'use strict';
// Everything: set-up, build, linter, formatter, then all tests (or those named on the command line).
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { build } = require('./build');
const { check } = require('./check');
const { root, run, setUp } = require('./setup');

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Three runs at a time, of about the same length: tests in a real Node-RED wait for it half of the time, and those of the
 * jobs for ffmpeg. With two runs, two cores were busy for three quarters of the time.
 */
const USERS = ['nodes', 'cli', 'docs', 'tryout'].map(tests);
const RESTORE = [tests('pipeline/jobs/restore')];
const OTHERS = ['dist/test/**/*.test.js', ...[...USERS, ...RESTORE].flatMap((pattern) => ['--ignore', pattern])];

/** The suite runs on the Node.js that runs this script; processes, signals and messages between them also on Node.js 24. */
const ON_NODE_24 = ['dist/test/engine/client/engine.test.js'];

function tests(folder) {
  return `dist/test/${folder}/**/*.test.js`;
}

setUp();
build();
const named = process.argv.slice(2);
if (named.length === 0) check();
const temporary = mkdtempSync(join(tmpdir(), 'remaster-test-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));
void main();

async function main() {
  const codes = named.length > 0 ? [await mocha(process.execPath, named, 0)] : await all();
  report();
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
}

async function all() {
  const node = process.execPath;
  const runs = [USERS, OTHERS, RESTORE].map((files, index) => mocha(node, files, index));
  if (Number(process.versions.node.split('.')[0]) < 24) runs.push(runs[0].then(onNode24));
  return Promise.all(runs);
}

async function onNode24() {
  const node = node24();
  console.log(`\nOn Node.js ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}:`);
  return mocha(node, ON_NODE_24, 1);
}

/** npm's package `node` brings the program; it is installed once. */
function node24() {
  const cwd = join(root, 'test', 'node24');
  const node = join(cwd, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(node)) return node;
  run(npm, ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'], { cwd });
  // Its install script fetches the build for this machine; npm may be configured not to run it.
  run(process.execPath, ['installArchSpecificPackage.js'], { cwd: join(cwd, 'node_modules', 'node'), stdio: 'ignore' });
  return node;
}

/** One run of mocha. The first prints as it goes, the others when they are done, so that lines do not mix. */
function mocha(node, args, index) {
  const child = spawn(node, [join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'), ...args], {
    cwd: root,
    // A cache of their own: the user's compiled graphs stay untouched.
    env: { ...process.env, REMASTER_CACHE: join(temporary, 'cache'), REMASTER_TEST_RESULTS: temporary },
    stdio: ['ignore', index === 0 ? 'inherit' : 'pipe', 'inherit'],
  });
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('close', (code, signal) => {
      process.stdout.write(Buffer.concat(output));
      // Without a failed test, this line is all that tells a leak or a crash at the end from a success.
      if (code !== 0) console.error(`mocha ${args.join(' ')}: ${signal ?? `exit code ${code}`}`);
      resolve(code ?? 1);
    });
  });
}

/** The slowest tests and hooks of all runs, then the counts. `test/support/reporter.ts` wrote the results. */
function report() {
  const results = readdirSync(temporary)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(temporary, name), 'utf8')));
  const slowest = results.flatMap(({ durations }) => durations).sort((a, b) => b.ms - a.ms);
  console.log('\nThe slowest 20, in seconds:');
  for (const { title, ms } of slowest.slice(0, 20)) console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${title}`);
  const processor = results.flatMap((result) => Object.entries(result.processor)).sort((a, b) => b[1] - a[1]);
  console.log('\nThe 20 files that used the most processor time, in seconds:');
  for (const [file, seconds] of processor.slice(0, 20)) console.log(`${seconds.toFixed(1).padStart(7)}  ${file}`);
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
}
