/**
 * bench/matrix: restores sources of every length, clock, codec and container with one engine and an identity bundle, and
 * compares number, order and ticks of all frames with the source.
 * Usage: node dist/bench/matrix.js [kind] [codec] [container]   (`all` or a name)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import {
  difference,
  type KindName,
  KINDS,
  matrixJob,
  numberedVideo,
  SEGMENT,
  TARGETS,
} from '../test/support/timeMatrix';
import { writeIdentity } from '../test/support/tinyBundle';
import { printTable } from './table';

const [wantedKind = 'all', wantedCodec = 'all', wantedContainer = 'all'] = process.argv.slice(2);
const LENGTHS = Array.from({ length: 12 }, (_, i) => i + 1)
  .flatMap((n) => [n, SEGMENT + n])
  .toSorted((a, b) => a - b);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'remaster-matrix-'));
  const engine = createEngine();
  const rows: Record<string, string | number>[] = [];
  try {
    const model = await writeIdentity(join(folder, 'identity'));
    const { encoders, version } = await findFfmpeg();
    const missing = (codec: string): boolean =>
      codec === 'av1' && !encoders.has('libsvtav1') && !encoders.has('libaom-av1');
    for (const kind of Object.keys(KINDS) as KindName[]) {
      if (wantedKind !== 'all' && kind !== wantedKind) continue;
      const row: Record<string, string | number> = { source: kind };
      for (const [codec, container] of TARGETS) {
        if (![codec, 'all'].includes(wantedCodec) || ![container, 'all'].includes(wantedContainer)) continue;
        row[`${codec} ${container}`] = missing(codec) ? '–' : await count(kind, codec, container);
      }
      rows.push(row);
      console.error(JSON.stringify(row));
    }
    printTable(`Exact of ${LENGTHS.length} lengths (1 to 12 and ${SEGMENT} + 1 to 12 frames), ffmpeg ${version}`, rows);

    async function count(kind: KindName, codec: (typeof TARGETS)[number][0], container: string): Promise<string> {
      let exact = 0;
      for (const frames of LENGTHS) {
        const source = await numberedVideo(folder, kind, frames);
        const output = join(folder, `out.${container}`);
        const problem = await engine
          .run({ ...matrixJob(source, output, codec), model, provider: 'cpu' })
          .result.then(() => difference(source, output, kind))
          .catch((error: unknown) => String(error));
        if (problem === null) exact++;
        else console.error(`${kind}, ${frames} frames, ${codec} in ${container}: ${problem}`);
        rmSync(join(folder, `.out.${container}.remaster`), { recursive: true, force: true });
      }
      return `${exact} of ${LENGTHS.length}`;
    }
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
