import { access, constants } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { errorRecord } from '../../errors';
import { cacheFolder } from '../../model/compiler/compileCache';
import { describeRuntime } from '../../model/inference/openModel';
import type { ProviderReport } from '../../model/inference/probeProviders';
import { runtimeFolder } from '../../model/inference/runtimeFolder';
import { encodesH264, type FfmpegBinary, searchFfmpeg } from '../../pipeline/media/findFfmpeg';
import { loadSharp } from '../../pipeline/media/image/loadSharp';
import type { DoctorReport } from '../protocol';
import { cudaFacts } from './cuda/cudaFacts';
import { diagnoseCuda } from './cuda/diagnoseCuda';
import { testedModels } from './testedModels';

type Line = DoctorReport['lines'][number];

/** Checks what works on this machine. `folder`: checked for write access; null = the working folder. */
export async function doctor(folder: string | null): Promise<DoctorReport> {
  const folders = [...new Set([...(folder === null ? [process.cwd()] : [folder]), tmpdir()])];
  const lines = await Promise.all([
    machine(),
    ffmpegLines(),
    runtimeLines(),
    modelLines(),
    imageLine(),
    cacheLine(),
    ...folders.map(writableLine),
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
  const rejected: Line[] = tried.map(({ path, reason }) => ({
    ok: null,
    what: 'ffmpeg',
    found: `${path}: ${reason}`,
    remedy: '',
  }));
  if (!found) {
    return [
      ...rejected,
      { ok: false, what: 'ffmpeg', found: 'not found', remedy: 'Install ffmpeg, or set REMASTER_FFMPEG to its path.' },
    ];
  }
  const codecs = ['libx264', 'libx265', 'libsvtav1', 'libaom-av1', 'ffv1', 'prores_ks'].filter((name) =>
    found.encoders.has(name),
  );
  const remedy = ffmpegRemedy(found);
  return [
    ...rejected,
    {
      ok: remedy === '' ? true : null,
      what: 'ffmpeg',
      found: `${found.version} (${found.origin}: ${found.path}), encodes ${codecs.join(', ')}`,
      remedy,
    },
  ];
}

function ffmpegRemedy(found: FfmpegBinary): string {
  if (found.origin === 'bundled')
    return 'This build is from 2018 and gets no security fixes; install a newer ffmpeg when you can.';
  if (encodesH264(found)) return '';
  return 'It cannot encode H.264, the default: install an ffmpeg with libx264, or choose another codec.';
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
    ...(await Promise.all(providers.map((report) => providerLine(report, version)))),
  ];
}

async function providerLine({ provider, works, reason }: ProviderReport, version: string | null): Promise<Line> {
  const what = `provider ${provider}`;
  if (works) return { ok: true, what, found: 'works', remedy: '' };
  const folder = runtimeFolder();
  const isDiagnosed = provider === 'cuda' && process.platform === 'linux' && process.arch === 'x64';
  const cause = isDiagnosed && folder && version ? diagnoseCuda(await cudaFacts(version, folder)) : null;
  return { ok: null, what, found: cause?.found ?? reason, remedy: cause?.remedy ?? '' };
}

async function modelLines(): Promise<Line[]> {
  const models = await testedModels(undefined, true);
  if (models.length === 0)
    return [{ ok: false, what: 'models', found: 'none', remedy: 'Reinstall the package, or set REMASTER_MODELS.' }];
  return models.map(({ name, path, problem, suspect }) => ({
    ok: problem ? false : suspect ? null : true,
    what: `model ${name}`,
    found: problem ? problem.message : suspect ? `${path}. ${suspect.code}: ${suspect.message}` : path,
    remedy: (problem ?? suspect)?.remedy ?? '',
  }));
}

/** sharp is optional: video works without it. */
async function imageLine(): Promise<Line[]> {
  try {
    const { sharp, vips } = loadSharp().versions;
    return [{ ok: true, what: 'images', found: `sharp ${sharp}, libvips ${vips}`, remedy: '' }];
  } catch (error) {
    const { message, remedy } = errorRecord(error);
    return [{ ok: null, what: 'images', found: message, remedy }];
  }
}

async function cacheLine(): Promise<Line[]> {
  return cacheFolder().then(
    (folder) => [{ ok: true, what: 'compiled graphs', found: `cached in ${folder}`, remedy: '' }],
    (error: Error) => [
      {
        ok: null,
        what: 'compiled graphs',
        found: `not cached (${error.message}): models take longer to load`,
        remedy: 'Set REMASTER_CACHE to a folder that this user can write to.',
      },
    ],
  );
}

async function writableLine(folder: string): Promise<Line[]> {
  const ok = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  return [
    {
      ok,
      what: 'writing',
      found: `${folder} is ${ok ? '' : 'not '}writable`,
      remedy: ok ? '' : 'Choose another folder or change its permissions.',
    },
  ];
}
