'use strict';
// Makes a fresh clone ready: packages, then JavaScript. Every npm script begins here, so that one command is enough.
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
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 20) return;
  console.error(`remaster needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

/** Installs what package-lock.json names, unless that is there already. */
function install() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const isFresh = existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
  if (isFresh && existsSync(join(root, 'node_modules', 'typescript'))) return;
  console.log('Installing packages (once)…');
  // onnxruntime's install script fetches CUDA libraries from elsewhere; CPU and WebGPU need none of it.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  // The bundled ffmpeg is executable as it is shipped: no package here needs its install script.
  // Not `npm ci`: it refuses a lock without the other platforms' optional packages, which not every registry has.
  run(npm, ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { env });
}

/** node_modules/.bin without npx, which would look on the network for what is missing. */
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

const version = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

function setUp() {
  requireNode();
  install();
}

module.exports = { bin, root, run, setUp, version };
