import { access, constants } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { errorRecord } from '../../errors';
import { listModels } from '../../model/bundle/modelLibrary';
import { cacheFolder } from '../../model/compiler/compileCache';
import { describeRuntime } from '../../model/inference/openModel';
import { searchFfmpeg } from '../../pipeline/media/findFfmpeg';
import { loadSharp } from '../../pipeline/media/image/loadSharp';
import type { DoctorReport } from '../protocol';

type Line = DoctorReport['lines'][number];

/** What works on this machine, what does not, and what to do. `folder`: somewhere the user wants to write. */
export async function doctor(folder: string | null): Promise<DoctorReport> {
  const folders = [...new Set([...(folder === null ? [process.cwd()] : [folder]), tmpdir()])];
  const lines = await Promise.all([
    machine(),
    ffmpegLines(),
    runtimeLines(),
    modelLines(),
    pictureLine(),
    cacheLine(),
    ...folders.map(writable),
  ]);
  return { lines: lines.flat() };
}

async function machine(): Promise<Line[]> {
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const found = `${process.platform} ${process.arch}, Node ${process.version}, ${availableParallelism()} cores, ${memory}`;
  return [{ ok: true, what: 'machine', found, remedy: '' }];
}

async function ffmpegLines(): Promise<Line[]> {
  const { found, tried } = await searchFfmpeg();
  const passed: Line[] = tried.map(({ path, reason }) => ({
    ok: null,
    what: 'ffmpeg',
    found: `${path}: ${reason}`,
    remedy: '',
  }));
  if (!found) {
    return [
      ...passed,
      { ok: false, what: 'ffmpeg', found: 'none works', remedy: 'Install ffmpeg, or set REMASTER_FFMPEG to its path.' },
    ];
  }
  const codecs = ['libx264', 'libx265', 'libsvtav1', 'libaom-av1', 'ffv1', 'prores_ks'].filter((name) =>
    found.encoders.has(name),
  );
  const isOld = found.origin === 'bundled';
  return [
    ...passed,
    {
      ok: isOld ? null : true,
      what: 'ffmpeg',
      found: `${found.version} (${found.origin}: ${found.path}), encodes ${codecs.join(', ')}`,
      remedy: isOld ? 'This build is from 2018 and gets no security fixes; install a newer ffmpeg when you can.' : '',
    },
  ];
}

async function runtimeLines(): Promise<Line[]> {
  const { version, musl, problem, providers } = await describeRuntime();
  const libc: Line[] = musl
    ? [
        {
          ok: false,
          what: 'system',
          found: 'musl (Alpine)',
          remedy: 'onnxruntime needs glibc: use a Debian image, e.g. nodered/node-red:latest-debian.',
        },
      ]
    : [];
  if (problem) return [...libc, { ok: false, what: 'onnxruntime', found: problem.message, remedy: problem.remedy }];
  return [
    ...libc,
    { ok: true, what: 'onnxruntime', found: version ?? 'unknown version', remedy: '' },
    ...providers.map(({ provider, works, reason }) => ({
      ok: works ? true : null,
      what: `provider ${provider}`,
      found: works ? 'works' : reason,
      remedy: '',
    })),
  ];
}

async function modelLines(): Promise<Line[]> {
  const models = await listModels();
  if (models.length === 0)
    return [{ ok: false, what: 'models', found: 'none', remedy: 'Reinstall the package, or set REMASTER_MODELS.' }];
  return models.map(({ name, path, problem }) => ({
    ok: problem === null,
    what: `model ${name}`,
    found: problem ? problem.message : path,
    remedy: problem?.remedy ?? '',
  }));
}

/** Videos need none of it. */
async function pictureLine(): Promise<Line[]> {
  try {
    const { sharp, vips } = loadSharp().versions;
    return [{ ok: true, what: 'pictures', found: `sharp ${sharp}, libvips ${vips}`, remedy: '' }];
  } catch (error) {
    const { message, remedy } = errorRecord(error);
    return [{ ok: null, what: 'pictures', found: message, remedy }];
  }
}

async function cacheLine(): Promise<Line[]> {
  return cacheFolder().then(
    (found) => [{ ok: true, what: 'compiled graphs', found: `kept in ${found}`, remedy: '' }],
    (error: Error) => [
      {
        ok: null,
        what: 'compiled graphs',
        found: `not kept (${error.message}): models take a little longer to load`,
        remedy: 'Set REMASTER_CACHE to a folder that this user may write to.',
      },
    ],
  );
}

async function writable(folder: string): Promise<Line[]> {
  const ok = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  return [
    {
      ok,
      what: 'writing',
      found: `${folder} ${ok ? 'can' : 'cannot'} be written`,
      remedy: ok ? '' : 'Choose another folder or change its rights.',
    },
  ];
}
