'use strict';
// Prepares a fresh clone: installs the packages. Every npm script starts here, so that one command is enough.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Runs a command in the repository; ends this process when it fails. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 9) || major >= 24) return;
  console.error(`remaster needs Node.js 20.19, 22.9 or 24 (or newer ones of these); this is ${process.version}.`);
  process.exit(1);
}

/** Installs the packages of package-lock.json if needed. */
function install() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const isFresh = existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
  if (isFresh && existsSync(join(root, 'node_modules', 'typescript'))) return;
  console.log('Installing packages (once)…');
  // No package needs its install script, and that of onnxruntime downloads CUDA libraries: .npmrc has ignore-scripts.
  // Not `npm ci`: npm 10 calls the lock file that npm 11 wrote incomplete (EUSAGE).
  run(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']);
}

/** A program in node_modules/.bin, without npx, which would download a missing one. */
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

const version = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

function setUp() {
  requireNode();
  install();
}

module.exports = { bin, root, run, setUp, version };
