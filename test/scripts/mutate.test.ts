import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

interface Guards {
  readGuards(): readonly object[];
  problemsOf(guard: object): readonly string[];
}
interface Mutants {
  mutantsOf(condition: string): readonly string[];
}

const script = (name: string): string => join(root, 'scripts', 'mutate', name);

describe('test/guards.tsv', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a script without types
  const { problemsOf, readGuards } = require(script('guards.js')) as Guards;

  it('lists at least 40 guards', () => assert.ok(readGuards().length >= 40));

  it('names conditions where they stand, tests that exist, and no mutant that is none', () =>
    assert.deepEqual(readGuards().flatMap(problemsOf), []));
});

describe('the mutants of a condition', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a script without types
  const { mutantsOf } = require(script('mutants.js')) as Mutants;

  for (const [condition, byOne] of [
    ['isOpen', []],
    ['a < b', ['a <= b']],
    ['a <= b', ['a < b']],
    ['a > 0.5', ['a >= 0.5', 'a > 1.5']],
    ['a >= 1_000', ['a > 1_000', 'a >= 1001']],
    ['low < a && a < high', ['low <= a && a < high', 'low < a && a <= high']],
    ['a === b', ['a !== b']],
    ['a !== null', ['a === null']],
    ['a.length === 0', ['a.length === 1']],
    ['1 << a', ['2 << a']],
    ['list.some((a1) => a1.b2)', []],
    ["name === 'h264 > 9'", ["name !== 'h264 > 9'"]],
    ['/^[/0-9]{2} < 3$/.test(text)', []],
    ['/\\/4/.test(text) && a / b > c / d', ['/\\/4/.test(text) && a / b >= c / d']],
  ] as const) {
    it(condition, () => assert.deepEqual(mutantsOf(condition), ['true', 'false', ...byOne]));
  }

  it('a bound only changes by one', () => {
    assert.deepEqual(mutantsOf('1, 100_000'), ['2, 100_000', '1, 100001']);
    assert.deepEqual(mutantsOf('3'), ['4']);
  });
});

describe('scripts/mutate', function () {
  this.timeout(120_000);

  const SOURCE = 'export const isLarge = (n: number): boolean => n > 10;\n';
  const HEAD = 'file\tline\tcondition\ttests\tgrep\tequivalent\n';
  const row = (line: number, more = ''): string => `src/index.ts\t${line}\tn > 10\ttest/index.test.ts${more}\n`;
  const THOROUGH =
    "it('knows ten', () => { for (const n of [10, 11]) if (isLarge(n) !== n > 10) throw Error(`not ${n}`); });";

  /** A project with one source file, its test, and the scripts of this one. */
  function project(guards: string, test: string, source = SOURCE) {
    const folder = scratchFolder();
    const temporary = scratchFolder();
    const at = (...names: string[]): string => join(folder, ...names);
    for (const name of ['src', 'test', 'nodes']) mkdirSync(at(name));
    cpSync(join(root, 'scripts'), at('scripts'), { recursive: true });
    for (const name of ['tsconfig.json', 'package.json']) copyFileSync(join(root, name), at(name));
    symlinkSync(join(root, 'node_modules'), at('node_modules'), 'junction');
    writeFileSync(at('src', 'index.ts'), source);
    writeFileSync(at('test', 'index.test.ts'), `import { isLarge } from '../src/index';\n${test}\n`);
    writeFileSync(at('test', 'guards.tsv'), HEAD + guards);
    const env = { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary };
    const run = (...args: string[]) => {
      const command = [at('scripts', 'mutate.js'), ...args];
      const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8' });
      assert.deepEqual(readdirSync(temporary), [], 'it leaves no copy');
      assert.equal(readFileSync(at('src', 'index.ts'), 'utf8'), source, 'it changes no source');
      return { status, lines: stdout.split('\n'), stderr };
    };
    return { at, env, run, temporary };
  }

  it('prints which test kills each mutant, and writes a table', () => {
    const { at, run } = project(row(1), THOROUGH);
    const { status, lines } = run('--table', 'table.md', '--jobs', '2', '--only', 'nothing', '--only', 'index.ts:1');
    assert.equal(status, 0);
    assert.deepEqual(lines.slice(0, 4).toSorted(), [
      'killed     src/index.ts:1  n > 10  →  false  (“knows ten”: not 11)',
      'killed     src/index.ts:1  n > 10  →  n > 11  (“knows ten”: not 11)',
      'killed     src/index.ts:1  n > 10  →  n >= 10  (“knows ten”: not 10)',
      'killed     src/index.ts:1  n > 10  →  true  (“knows ten”: not 10)',
    ]);
    assert.match(lines[5]!, /^4 mutants of 1 guards: 4 killed, 0 survived, 0 equivalent/);
    assert.match(readFileSync(at('table.md'), 'utf8'), /^\| src\/index\.ts:1 \| `n > 10` \| 4 of 4 \| {2}\|$/m);
  });

  it('fails when a mutant survives, unless it is listed as equivalent', () => {
    const test = "it('knows two', () => { if (isLarge(2) || !isLarge(20)) throw Error(); });";
    const { status, lines } = project(row(1, '\t\tn > 11: nothing is 11'), test).run();
    assert.equal(status, 1);
    assert.ok(lines.includes('SURVIVED   src/index.ts:1  n > 10  →  n >= 10  (1 tests pass)'), lines.join('\n'));
    assert.ok(lines.includes('equivalent src/index.ts:1  n > 10  →  n > 11  (nothing is 11)'), lines.join('\n'));
  });

  it('finds a condition that has moved, and writes its line', () => {
    const { at, run } = project(row(1), THOROUGH, `\n\n${SOURCE}`);
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /^src\/index\.ts:1: “n > 10” .* but in line 3: run node scripts\/mutate\.js --update\.$/m);
    assert.equal(run('--update').status, 0);
    assert.equal(readFileSync(at('test', 'guards.tsv'), 'utf8'), HEAD + row(3));
  });

  it('leaves it to the author which of several lines is meant', () => {
    const { at, run } = project(
      row(1),
      THOROUGH,
      `\n${SOURCE}export const isLarger = (n: number): boolean => n > 10;\n`,
    );
    const { status, stderr } = run('--update');
    assert.equal(status, 1);
    assert.match(stderr, /but in the lines 2, 3: write the right one/);
    assert.equal(readFileSync(at('test', 'guards.tsv'), 'utf8'), HEAD + row(1));
  });

  it('refuses rows of no use', () => {
    for (const [guards, says] of [
      [row(1).replace('n > 10', 'n > 1'), /nor in any other: write today's condition/],
      [row(1).replace('index.test', 'none.test'), /names the test test\/none\.test\.ts, which does not exist/],
      [row(1, '\t\tn > 12: never'), /“n > 12: never” is not a mutant and a reason/],
      [row(1, '\tanother name'), /No test ran: test\/index\.test\.ts another name/],
      [row(1).replace('src/index', 'src/none'), /src\/none\.ts:1 does not exist/],
    ] as const) {
      const { status, stderr } = project(guards, THOROUGH).run();
      assert.equal(status, 1);
      assert.match(stderr, says);
    }
  });

  it('fails when a mutant does not compile', () => {
    const { status, lines } = project(row(1).replace('n > 10', '> 10'), THOROUGH).run();
    assert.equal(status, 1);
    assert.match(
      lines[0]!,
      /^INVALID {4}src\/index\.ts:1 {2}> 10 {2}→ {2}true {2}\(it does not compile: src\/index\.ts/,
    );
  });

  it('refuses tests that fail without a mutant', () => {
    const { status, stderr } = project(
      row(1),
      "it('always fails', () => { throw Error(isLarge(1) ? 'yes' : 'no'); });",
    ).run();
    assert.equal(status, 1);
    assert.match(stderr, /Without a mutant, test\/index\.test\.ts fails with “always fails”: no/);
  });

  it('without a row that contains the text, has nothing to mutate', () =>
    assert.match(
      project(row(1), THOROUGH).run('--only', 'nothing').stderr,
      /no row of test\/guards\.tsv contains nothing/,
    ));

  it('without a copy to work in, refuses to start', () => {
    for (const jobs of ['0', '-1', 'two', '']) {
      const { status, stderr } = project(row(1), THOROUGH).run(`--jobs=${jobs}`);
      assert.deepEqual([status, stderr], [1, '--jobs must be a number from 1\n']);
    }
  });

  it('stopped, it leaves no copy and no process', async function () {
    if (process.platform !== 'linux') this.skip(); // only there are processes outside the group found
    const mark = `left-behind-${process.pid}`;
    const test = `import { spawn } from 'node:child_process';
      it('hangs', async () => {
        if (isLarge(11)) return;
        spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { detached: true, stdio: 'ignore' });
        await new Promise((resolve) => setTimeout(resolve, 50_000));
      });`;
    const { at, env, temporary } = project(row(1), test);
    const marked = (): boolean => execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).includes(mark);
    const running = spawn(process.execPath, [at('scripts', 'mutate.js'), '--jobs', '1'], { env, stdio: 'ignore' });
    const ended = once(running, 'exit');
    while (!marked()) {
      assert.equal(running.exitCode, null);
      await sleep(50);
    }
    running.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
    assert.deepEqual([marked(), readdirSync(temporary)], [false, []]);
  });
});
