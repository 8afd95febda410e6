'use strict';
// The tests of media files, jobs, cameras and the command line once with each ffmpeg, then a Markdown table.
//   node scripts/with-ffmpegs.js [--only 9.0] [--no-ffprobe] [-- mocha arguments]
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { build } = require('./build');
const { ffprobeFor, findFfmpegs } = require('./ffmpegs');
const { root, setUp } = require('./setup');

/** What depends on ffmpeg. Test files among the arguments of mocha replace these. */
const FILES = [
  'dist/test/pipeline/media/**/*.test.js',
  'dist/test/pipeline/jobs/**/*.test.js',
  'dist/test/cli/*.test.js',
];

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, 'no-ffprobe': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const hasFiles = positionals.some((one) => one.endsWith('.js'));
const mochaArgs = hasFiles ? positionals : [...FILES, ...positionals];

setUp();
const ffmpegs = findFfmpegs(values.only ?? null);
if (ffmpegs.length === 0) {
  console.error('No such ffmpeg was found.');
  process.exit(1);
}
build();
const rows = ffmpegs.map(testWith);
console.log('\n| ffmpeg | ffprobe | passed | failed | skipped | failed tests |\n|---|---|---|---|---|---|');
for (const { version, ffprobe, passed, failed, skipped, failures } of rows) {
  const names = failures.map((name) => name.replaceAll('|', '\\|')).join('<br>');
  console.log(`| ${version} | ${ffprobe} | ${passed} | ${failed} | ${skipped} | ${names} |`);
}
process.exitCode = rows.every(({ status }) => status === 0) ? 0 : 1;

/** One run of mocha. `test/support/reporter.ts` writes its results. */
function testWith({ path, version }) {
  const ffprobe = values['no-ffprobe'] ? 'none' : ffprobeFor(path);
  console.log(`\nffmpeg ${version}, ffprobe: ${ffprobe}`);
  const folder = mkdtempSync(join(tmpdir(), 'remaster-test-'));
  try {
    const own = { REMASTER_FFMPEG: path, REMASTER_CACHE: join(folder, 'cache'), REMASTER_TEST_RESULTS: folder };
    // Another ffmpeg may lack what a test needs: with CI set, the tests that are skipped then would fail.
    const { CI: _, ...inherited } = process.env;
    const env = { ...inherited, ...own, ...(values['no-ffprobe'] && { REMASTER_FFPROBE: 'none' }) };
    const mocha = [join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'), ...mochaArgs];
    const { status } = spawnSync(process.execPath, mocha, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    return { version, ffprobe, status, ...resultIn(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts and names. Where mocha itself did not end, there are none. */
function resultIn(folder) {
  const name = readdirSync(folder).find((one) => one.endsWith('.json'));
  if (name) return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return { passed: '?', failed: '?', skipped: '?', failures: ['mocha did not end'] };
}
