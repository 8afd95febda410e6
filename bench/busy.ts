/**
 * bench/busy: share of a job's time in which a device works that needs 90, 21 and 11 ms for a frame and no processor: those are
 * x4 with 4 steps, x4-live and x2 on an H200. 360x288 to 1440x1152, written as rawvideo. Wanted: 0.9, 0.6 and 0.6 on two cores.
 * Usage: node dist/bench/busy.js [rounds=3]
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoreVideo } from '../src/pipeline/jobs/restore/restoreVideo';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { standInDevice } from '../test/support/standInDevice';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const rounds = Number(process.argv[2] ?? 3);
const SCALE = 4;
const CASES = [
  { ms: 90, frames: 80, wanted: 0.9 },
  { ms: 21, frames: 240, wanted: 0.6 },
  { ms: 11, frames: 400, wanted: 0.6 },
];

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const binary = await findFfmpeg();
    const rows: Record<string, string>[] = [];
    for (const { ms, frames, wanted } of CASES) {
      const input = await testVideo(join(folder, `${ms}.mp4`), '360x288', frames);
      const shares: number[] = [];
      let most = { runs: 0, idle: 0 };
      for (let round = 0; round < rounds; round++) {
        const device = standInDevice(SCALE, ms);
        const encoding = { codec: 'custom', encoder: 'rawvideo', pixelFormat: 'yuv420p' } as const;
        const output = join(folder, 'out.mkv');
        const job = { ...JOB_DEFAULTS, ...encoding, model: 'x4', input, output, overwrite: true, tileCache: null };
        const tools = { binary, openModel: async () => device.model, modelNames: async () => [] };
        await restoreVideo(job, tools, new AbortController().signal, () => {});
        shares.push(device.share);
        most = device;
      }
      rows.push({
        'ms per frame': String(ms),
        frames: String(frames),
        'share of the time in which the device works': `${median(shares).toFixed(3)} (${shares.map((share) => share.toFixed(3)).join(' ')})`,
        wanted: wanted.toFixed(1),
        'calls after which it waited': `${most.idle} of ${most.runs}`,
      });
    }
    printTable('bench/busy: 360x288 → 1440x1152, rawvideo', rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
