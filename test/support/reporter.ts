import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { reporters, type Hook, type Runner, type Test } from 'mocha';
import { root } from './root';

/** What one run of mocha leaves for `scripts/test.js` and `scripts/with-ffmpegs.js` in the folder REMASTER_TEST_RESULTS. */
interface RunResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Titles of failed tests and hooks. */
  readonly failures: readonly string[];
  readonly durations: readonly { readonly title: string; readonly ms: number }[];
  /** Seconds of processor time by file of tests, with that of the processes that have ended. */
  readonly processor: Readonly<Record<string, number>>;
}

/** Tests that may be skipped when CI is set, each with its reason. */
const ALLOWED_SKIPS = JSON.parse(readFileSync(join(root, 'test', 'allowedSkips.json'), 'utf8')) as readonly {
  readonly test: string;
  readonly reason: string;
}[];

/** After the last test, this long until what it left open counts as a leak. */
const EXIT_LIMIT_MS = 30_000;

/** `fail` is how mocha's own --forbid-pending fails a skipped test; its types hide it. */
type FailingRunner = Omit<Runner, 'fail'> & { fail(test: Test, error: Error, force: true): void };

/** Mocha's spec reporter. Skipped tests fail in CI, leaks fail always, and the last line has the counts. */
export = class Reporter extends reporters.Spec {
  constructor(runner: Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const failures: string[] = [];
    runner.on('fail', (test) => void failures.push(test.fullTitle()));
    const durations: { title: string; ms: number }[] = [];
    const time = (one: Test | Hook): void => void durations.push({ title: one.fullTitle(), ms: one.duration ?? 0 });
    const processor: Record<string, number> = {};
    let used = processorSeconds();
    const charge = ({ file }: Test | Hook): void => {
      const before = used;
      used = processorSeconds();
      const name = relative(root, file ?? '').replace(/^dist\//, '');
      processor[name] = (processor[name] ?? 0) + used - before;
    };
    for (const event of ['test end', 'hook end'] as const) {
      runner.on(event, time);
      runner.on(event, charge);
    }
    if (process.env['CI']) runner.on('pending', (test) => failUnlessAllowed(runner, test));
    runner.once('end', () => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      const folder = process.env['REMASTER_TEST_RESULTS'];
      if (folder === undefined)
        process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
      else {
        const result: RunResult = { passed, failed, skipped, failures, durations, processor };
        writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(result));
      }
      setTimeout(failAsLeak, EXIT_LIMIT_MS).unref();
    });
  }
};

/** Of this process and, on Linux, of all that have ended and were waited for. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  if (process.platform !== 'linux') return own;
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' '); // from the third one on
  return own + (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** USER_HZ of Linux. */
const TICKS_PER_SECOND = 100;

function failUnlessAllowed(runner: Runner, test: Test): void {
  if (ALLOWED_SKIPS.some((allowed) => allowed.test === test.fullTitle())) return;
  const error = new Error('This test was skipped. With CI set, only the tests in test/allowedSkips.json may be.');
  (runner as unknown as FailingRunner).fail(test, error, true);
}

function failAsLeak(): void {
  const resources = process.getActiveResourcesInfo().join(', ');
  process.stderr.write(`A test left something open, so mocha does not end: ${resources}\n`);
  process.once('exit', () => (process.exitCode = 1)); // after mocha's own listener, which sets the number of failures
  process.exit();
}
