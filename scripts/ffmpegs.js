'use strict';
// The ffmpegs that the tests run with: the bundled one of 2018, the one on the PATH, and newer ones in Python wheels.
const { spawnSync } = require('node:child_process');
const { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } = require('node:fs');
const { delimiter, dirname, join } = require('node:path');
const { root } = require('./setup');

/** Releases of PyPI's `imageio-ffmpeg`, and the ffmpeg that each brings for Linux on x64. */
const WHEELS = [
  { release: '0.6.0', ffmpeg: '7.0.2' },
  { release: '0.8.1', ffmpeg: '9.0.2' },
];
const CACHE = join(root, 'node_modules', '.cache', 'ffmpegs');
const EXE = process.platform === 'win32' ? '.exe' : '';

/**
 * One ffmpeg per version, the oldest source first: `[{ path, version }]`. `version` begins with the number, or with the
 * year for the bundled build, which has none. Those that are missing are named on the standard error. `only`: the
 * beginning of the wanted versions, or null; nothing else is downloaded then.
 */
function findFfmpegs(only = null) {
  const wheels = WHEELS.filter(({ ffmpeg }) => only === null || ffmpeg.startsWith(only)).map(fromWheel);
  const found = new Map();
  for (const path of [bundled(), onPath('ffmpeg'), ...wheels]) {
    const version = path && versionOf(path);
    if (version && (only === null || version.startsWith(only)) && !found.has(version)) found.set(version, path);
  }
  return [...found].map(([version, path]) => ({ path, version }));
}

function bundled() {
  try {
    return require('@ffmpeg-installer/ffmpeg').path;
  } catch {
    return missing('The bundled ffmpeg of 2018', '@ffmpeg-installer/ffmpeg is not installed');
  }
}

/** The first program of this name on the PATH, or null. */
function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name + EXE)).find(existsSync) ?? missing(`${name} on the PATH`, 'none');
}

/** `5.1.9-0+deb12u1`, `2018 N-47683-g0e8eb07980-static`; or null where the program does not run. */
function versionOf(path) {
  const { stdout, error } = spawnSync(path, ['-version'], { encoding: 'utf8' });
  const [, version, year] = /^ffmpeg version (\S+).*?-(\d{4}) the FFmpeg/.exec(stdout ?? '') ?? [];
  if (!version) return missing(path, error?.message ?? 'its output is not that of ffmpeg');
  if (version.startsWith('N-')) return `${year} ${version}`;
  return version.replace(/^n(?=\d)/, ''); // a build of the release branch: n9.0.2-17-g2a571b6068
}

/** The program in a wheel, which is downloaded once. */
function fromWheel({ release, ffmpeg }) {
  const folder = join(CACHE, release);
  const programs = join(folder, 'imageio_ffmpeg', 'binaries');
  if (!existsSync(programs)) {
    const problem = download(release, folder);
    if (problem) return missing(`ffmpeg ${ffmpeg}`, problem);
  }
  const name = readdirSync(programs).find((one) => one.startsWith('ffmpeg-'));
  if (!name) return missing(`ffmpeg ${ffmpeg}`, `imageio-ffmpeg ${release} has none for this machine`);
  const path = join(programs, name);
  chmodSync(path, 0o755); // Python's zipfile sets no permissions
  return path;
}

/** Downloads and unpacks a wheel. Returns what went wrong, or null. */
function download(release, folder) {
  console.error(`Downloading imageio-ffmpeg ${release} (once)…`);
  const wheels = `${folder}.wheel`;
  mkdirSync(wheels, { recursive: true });
  try {
    const options = ['--no-deps', '--only-binary=:all:', '--quiet', '--disable-pip-version-check'];
    const problem = python('-m', 'pip', 'download', ...options, '--dest', wheels, `imageio-ffmpeg==${release}`);
    if (problem) return problem;
    const [wheel] = readdirSync(wheels);
    const unpacked = join(wheels, 'unpacked');
    const torn = python('-m', 'zipfile', '-e', join(wheels, wheel), unpacked);
    if (!torn) renameSync(unpacked, folder);
    return torn;
  } finally {
    rmSync(wheels, { recursive: true });
  }
}

/** Runs Python. Returns the last line of its messages when it fails, or null. */
function python(...args) {
  const program = process.platform === 'win32' ? 'python' : 'python3';
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) return `${program}: ${error.message}`;
  return status === 0 ? null : (stderr.trim().split('\n').at(-1) ?? `${program} failed`);
}

/** Which ffprobe belongs to an ffmpeg: the one in its folder, else that on the PATH. */
function ffprobeFor(path) {
  if (existsSync(join(dirname(path), `ffprobe${EXE}`))) return 'beside';
  return onPath('ffprobe') ? 'PATH' : 'none';
}

function missing(what, reason) {
  console.error(`${what}: ${reason}. The tests go on without it.`);
  return null;
}

module.exports = { ffprobeFor, findFfmpegs };
