'use strict';
// A copy of the working tree in which one guard at a time is mutated and tested.
const { spawn } = require('node:child_process');
const { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } = require('node:fs');
const { rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { basename, join, relative } = require('node:path');
const { root } = require('../setup');
const { replaced } = require('./guards');

/** What git ignores. Packages are linked, not copied. */
const NOT_COPIED = ['.git', '.remaster', '.venv', '__pycache__', 'dist'];
/** For tests without a limit of their own yet, and for the compiler. */
const LIMIT_MS = 600_000;

class WorkCopy {
  /** Everything that its processes write goes in here, so that closing removes it. */
  #folder = mkdtempSync(join(tmpdir(), 'remaster-mutate-'));
  #tree = join(this.#folder, 'tree');
  #temporary = join(this.#folder, 'tmp');
  #running = null;
  #isClosed = false;
  /** Files whose JavaScript was compared with that of the whole build. */
  #compared = new Set();

  /** Copies and compiles everything. */
  async build() {
    chmodSync(this.#folder, 0o755); // some tests drop privileges, and must still get to their files
    cpSync(root, this.#tree, { recursive: true, filter: (from) => this.#isCopied(from) });
    const { code, output } = await this.#run(['-e', "require('./scripts/build').build()"], LIMIT_MS);
    if (code !== 0) throw new Error(`The project does not compile:\n${output}`);
  }

  #isCopied(from) {
    if (basename(from) !== 'node_modules') return !NOT_COPIED.includes(basename(from));
    symlinkSync(from, join(this.#tree, relative(root, from)), 'junction');
    return false;
  }

  /**
   * Runs the guard's tests with its condition replaced, or unchanged. Returns `passed`, the number of passed tests,
   * `killedBy`, null when all of them passed, and the duration; or `invalid`, why the mutant does not compile.
   */
  async test(guard, mutant = null, limitMs = LIMIT_MS) {
    const source = join(this.#tree, guard.file);
    const compiled = join(this.#tree, 'dist', guard.file.replace(/\.ts$/, '.js'));
    const before = [source, compiled].map((file) => [file, readFileSync(file, 'utf8')]);
    try {
      if (mutant !== null) {
        await this.#compareCompilers(guard, compiled);
        writeFileSync(source, replaced(readFileSync(source, 'utf8'), guard, mutant));
        const errors = await this.#compile(guard);
        if (errors !== '') return { invalid: errors };
      }
      return await this.#mocha(guard, limitMs);
    } finally {
      if (!this.#isClosed) for (const [file, text] of before) writeFileSync(file, text);
    }
  }

  /** Compiling a file alone must give the same JavaScript as compiling all. */
  async #compareCompilers(guard, compiled) {
    if (this.#compared.has(guard.file)) return;
    const whole = readFileSync(compiled, 'utf8');
    await this.#compile(guard);
    if (readFileSync(compiled, 'utf8') !== whole)
      throw new Error(`${guard.file} compiles to other JavaScript alone than with all files.`);
    this.#compared.add(guard.file);
  }

  /** One file, without the types: a mutant may have code that is never reached. Returns the errors. */
  async #compile(guard) {
    const compilerOptions = { noCheck: true, noResolve: true, declaration: false, types: [] };
    const config = { extends: './tsconfig.json', compilerOptions, include: [], files: [guard.file] };
    writeFileSync(join(this.#tree, 'tsconfig.mutant.json'), JSON.stringify(config));
    const { code, output } = await this.#run(
      [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.mutant.json'],
      LIMIT_MS,
    );
    return code === 0 ? '' : output;
  }

  async #mocha({ tests, grep }, limitMs) {
    const report = join(this.#folder, 'report.json');
    rmSync(report, { force: true });
    const files = tests.map((test) => join('dist', test.replace(/\.ts$/, '.js')));
    const names = grep === '' ? [] : ['--fgrep', grep];
    const reporter = ['--reporter', join(this.#tree, 'scripts', 'mutate', 'reporter.js')];
    // A test that hangs should fail by name, before the limit of the whole run.
    const timeout = ['--timeout', String(limitMs - 20_000)];
    const mocha = join('node_modules', 'mocha', 'bin', 'mocha.js');
    const started = performance.now();
    const { code, output } = await this.#run([mocha, ...files, ...names, ...reporter, ...timeout], limitMs, report);
    const ms = performance.now() - started;
    const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
    const passed = result?.passed ?? 0;
    if (result?.failed) {
      const message = result.message.replaceAll(`${this.#tree}/`, '').split('\n')[0];
      return { ms, passed, killedBy: `“${result.failed}”: ${message}` };
    }
    if (code === null) return { ms, passed, killedBy: `the limit of ${Math.round(limitMs / 1000)} s` };
    return { ms, passed, killedBy: code === 0 ? null : `the start of the tests: ${output.trim().split('\n').at(-1)}` };
  }

  /** Runs Node.js in the copy. `code` is null when the limit has ended it. */
  async #run(args, limitMs, report = '') {
    if (this.#isClosed) throw new Error('the copy is closed');
    mkdirSync(this.#temporary, { recursive: true });
    const { REMASTER_TEST_RUN: _, ...env } = process.env;
    const temporary = { TMPDIR: this.#temporary, TMP: this.#temporary, TEMP: this.#temporary };
    const child = spawn(process.execPath, args, {
      cwd: this.#tree,
      env: { ...env, ...temporary, REMASTER_CACHE: join(this.#folder, 'cache'), REMASTER_MUTANT: report },
      detached: process.platform !== 'win32', // a process group, so that its children end with it
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-8192)));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#kill();
    }, limitMs);
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      // Not 'close': a process that outlives the tests may hold the pipes.
      child.once('exit', resolve);
    });
    clearTimeout(timer);
    this.#kill();
    this.#running = null; // its number may soon be another process's
    rmSync(this.#temporary, { recursive: true, force: true, maxRetries: 5 });
    return { code: isLate ? null : (code ?? 1), output };
  }

  /** Ends the running process and everything that it has started, also in other process groups, as engines are. */
  #kill() {
    const child = this.#running;
    if (!child) return;
    if (process.platform === 'win32') child.kill('SIGKILL');
    else kill(-child.pid);
    for (const pid of withVariable(`TMPDIR=${this.#temporary}`)) kill(pid);
  }

  close() {
    this.#isClosed = true;
    this.#kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has exited already
  }
}

/** Processes with this variable in their environment; none on systems without /proc. */
function withVariable(variable) {
  if (!existsSync('/proc/self/environ')) return [];
  const hasIt = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      return false; // it has exited, or is another user's
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && hasIt(name))
    .map(Number);
}

module.exports = { WorkCopy };
