import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RemasterError } from '../../errors';
import { noteChild } from './children';
import { findFfprobe } from './findFfprobe';

/** One ffmpeg on this machine, and its capabilities. */
export interface FfmpegBinary {
  readonly path: string;
  /** How it was found: a setting, the environment, the PATH, or the old build bundled with this package. */
  readonly origin: 'setting' | 'environment' | 'path' | 'bundled';
  /** As ffmpeg prints it: `5.1.9-0+deb12u1`, `N-92718-g092cb17983`. */
  readonly version: string;
  /** Path of the ffprobe that describes sources; null: there is none, and ffmpeg does it alone. */
  readonly ffprobe: string | null;
  /** Names of its encoders. */
  readonly encoders: ReadonlySet<string>;
  /** Supports `-fps_mode` (5.1 and later); older versions use `-vsync`. */
  readonly hasFpsMode: boolean;
  /**
   * The RTSP timeout is `-timeout` (5.0 and later); in older versions it is `-stimeout`, and `-timeout` would make it
   * listen.
   */
  readonly hasRtspTimeout: boolean;
  /** Built without shared libraries: resolving a host name crashes it on Linux. */
  readonly crashesOnNames: boolean;
  /** Tests of hardware that it has passed in this process; changed by `probeEncoder`. */
  readonly passed: Set<string>;
}

/** The result, and the paths that were tried before it, with the reason why each failed. */
export interface FfmpegSearch {
  readonly found: FfmpegBinary | null;
  readonly tried: readonly { readonly path: string; readonly reason: string }[];
}

/** The encoder of the default codec. Conda's, Fedora's and many vendors' ffmpegs come without it. */
const H264 = 'libx264';

/**
 * Finds ffmpeg: the setting, then REMASTER_FFMPEG or FFMPEG_PATH, then the first on the PATH that encodes H.264, then the
 * first on the PATH, then the bundled build.
 */
export async function findFfmpeg(setting: string | null = null): Promise<FfmpegBinary> {
  const { found, tried } = await searchFfmpeg(setting);
  if (found) return found;
  throw new RemasterError('FFMPEG_MISSING', 'No working ffmpeg was found.', {
    remedy: 'Install ffmpeg (Debian: apt-get install ffmpeg), or set REMASTER_FFMPEG to its path.',
    detail: tried.map(({ path, reason }) => `${path}: ${reason}`).join('\n'),
  });
}

export async function searchFfmpeg(setting: string | null = null): Promise<FfmpegSearch> {
  const tried: { path: string; reason: string }[] = [];
  let second: FfmpegBinary | null = null; // the first that works, but cannot encode H.264
  for (const { path, origin } of candidates(setting)) {
    if (origin === 'bundled' && second) break;
    try {
      const binary = await examine(path, origin);
      if (encodesH264(binary)) return { found: binary, tried };
      tried.push({ path, reason: `it cannot encode H.264 (no ${H264})` });
      second ??= binary;
    } catch (error) {
      tried.push({ path, reason: reasonOf(error) });
      // An explicitly named binary is not replaced: silently using another would hide the mistake.
      if (origin === 'setting' || origin === 'environment') break;
    }
  }
  return { found: second, tried: tried.filter(({ path }) => path !== second?.path) };
}

export const encodesH264 = ({ encoders }: FfmpegBinary): boolean => encoders.has(H264);

/** What the user of a video made with this ffmpeg should know. */
export const ffmpegWarnings = ({ origin }: FfmpegBinary): string[] =>
  origin === 'bundled'
    ? [
        'This video was made with the ffmpeg of 2018 that comes with the package; install ffmpeg 5 or newer for exact start times, faster AV1 and security fixes.',
      ]
    : [];

const reasonOf = (error: unknown): string => {
  const { code, message, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'not executable (use chmod +x)';
  return (stderr?.trim().split('\n')[0] || message).slice(0, 200);
};

type Candidate = Pick<FfmpegBinary, 'path' | 'origin'>;

/** Synchronous, as all is until the first ffmpeg runs: an engine that starts loads its modules in the meantime. */
function candidates(setting: string | null): Candidate[] {
  if (setting) return [{ path: setting, origin: 'setting' }];
  const fromEnvironment = process.env['REMASTER_FFMPEG'] || process.env['FFMPEG_PATH'];
  if (fromEnvironment) return [{ path: fromEnvironment, origin: 'environment' }];
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const found: Candidate[] = [];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    if (isExecutable(path)) found.push({ path, origin: 'path' });
  }
  const bundled = bundledPath();
  return bundled ? [...found, { path: bundled, origin: 'bundled' }] : found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The build of @ffmpeg-installer: from 2018, so the last resort. Null where it is not installed. */
function bundledPath(): string | null {
  try {
    return (require('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  } catch {
    return null; // an optional dependency: absent on platforms it has no binary for
  }
}

const examinedBinaries = new Map<string, Promise<FfmpegBinary>>();

async function examine(path: string, origin: FfmpegBinary['origin']): Promise<FfmpegBinary> {
  const { mtimeMs } = statSync(path);
  const key = `${path}\n${mtimeMs}\n${origin}`;
  const known = examinedBinaries.get(key);
  if (known) return known;
  const examining = queryBinary(path, origin);
  examining.catch(() => examinedBinaries.delete(key)); // failures are not cached: the user may fix the installation
  examinedBinaries.set(key, examining);
  return examining;
}

async function queryBinary(path: string, origin: FfmpegBinary['origin']): Promise<FfmpegBinary> {
  const asked = Promise.all([output(path, ['-version']), output(path, ['-hide_banner', '-encoders'])]);
  const ffprobe = findFfprobe(path, (program) => output(program, ['-version']));
  ffprobe.catch(() => {}); // reported below, unless there is no ffmpeg either
  const [banner, encoders] = await asked;
  const version = /^ffmpeg version (\S+)/m.exec(banner)?.[1];
  if (!version) throw new Error('its output is not that of ffmpeg');
  return {
    path,
    origin,
    version,
    ffprobe: await ffprobe,
    encoders: new Set([...encoders.matchAll(/^ [VAS][F.][S.][X.][B.][D.] (\S+)/gm)].map(([, name]) => name!)),
    hasFpsMode: libavformat(banner) >= 59_027, // ffmpeg 5.1
    hasRtspTimeout: libavformat(banner) >= 59_000, // ffmpeg 5.0
    crashesOnNames:
      process.platform === 'linux' && /--enable-static|-static\b/.test(banner) && !banner.includes('--enable-shared'),
    passed: new Set(),
  };
}

/**
 * The version of libavformat as one number, 59.27 → 59027: unlike the version of a custom build, it is always numeric.
 */
function libavformat(banner: string): number {
  const [, major = '0', minor = '0'] = /^libavformat +(\d+)\. *(\d+)\./m.exec(banner) ?? [];
  return Number(major) * 1000 + Number(minor);
}

const output = (path: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      path,
      args,
      { maxBuffer: 1 << 24, timeout: 20_000, windowsHide: true },
      (error, stdout, stderr) => (error ? reject(Object.assign(error, { stderr })) : resolve(stdout)),
    );
    noteChild(child);
  });
