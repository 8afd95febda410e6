import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../src/engine/client/engine';
import type { RemasterError } from '../../src/errors';
import { IMAGE_DEFAULTS, type ImageSource } from '../../src/settings/imageJob';
import { type Dice, diceOf } from './dice';
import { harmedManifest } from './harmedManifest';
import { leftovers, ownFolders } from './leftovers';
import { harmed as harmedBytes } from './mutate';
import { type Fault, faultsOf, numbers, type Part } from './outcome';
import { makeBundles } from './tinyBundles';

const LIMIT = 90_000; // milliseconds
const SIDE = 32; // pixels

/** What of a bundle is harmed. With its checksum made right again, onnxruntime itself meets the harmed bytes. */
const KINDS = ['manifest', 'graph', 'graph, right checksum', 'weights', 'weights, right checksum'] as const;

/** Upscales an image with harmed bundles, one engine for all. */
export const bundles: Part = async function* (plan) {
  const { folder, seed } = plan;
  const { temporary } = ownFolders(folder);
  const [whole, results, harmed] = [join(folder, 'whole'), join(folder, 'results'), join(folder, 'harmed')];
  for (const each of [whole, results]) mkdirSync(each);
  const names = await makeBundles(whole);
  const source: ImageSource = {
    ...{ kind: 'pixels', width: SIDE, height: SIDE, channels: 3 },
    data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 256),
  };
  const engine = createEngine(600); // it must not be idle for so long that it exits
  try {
    for (const number of numbers(plan)) {
      const dice = diceOf(seed, number);
      const kind = KINDS[number % KINDS.length]!;
      const name = dice.pick(names.filter((each) => each.hasWeights || !kind.startsWith('weights'))).name;
      rmSync(harmed, { recursive: true, force: true });
      cpSync(join(whole, name), harmed, { recursive: true });
      const how = harm(harmed, kind, dice);
      const before = engine.pid;
      const error = await upscaled(engine, source, harmed);
      const left = await leftovers({ results, may: /^$/, temporary, hasEngine: true });
      const faults = new Set<Fault>(error && error !== 'late' ? faultsOf(error, /^(MODEL_\w+|FRAME_TOO_LARGE)$/) : []);
      if (error === 'late') faults.add('hang');
      if (before !== null && engine.pid !== before) faults.add('crash');
      if (left.length > 0) faults.add('leftover');
      const ending = error === null ? 'works' : error === 'late' ? 'hangs' : error.code;
      const said = error === null || error === 'late' ? '' : `${error.message} ${error.detail}`;
      yield {
        ...{ kind, ending, faults: [...faults], keep: [harmed] },
        words: [`${kind} of ${name}, ${how}: ${ending}; ${said}`, ...left].join('; '),
      };
    }
  } finally {
    await engine.close();
  }
};

function harm(folder: string, kind: (typeof KINDS)[number], dice: Dice): string {
  const path = join(folder, 'model.json');
  const text = readFileSync(path, 'utf8');
  if (kind === 'manifest') {
    const { how, changed } = harmedManifest(text, dice);
    writeFileSync(path, changed);
    return how;
  }
  const wanted = kind.startsWith('graph') ? /\.onnx$/ : /\.bin$/;
  const file = dice.pick(readdirSync(folder).filter((each) => wanted.test(each)).toSorted()); // prettier-ignore
  const bytes = readFileSync(join(folder, file));
  const { how, changed } = harmedBytes(bytes, dice);
  writeFileSync(join(folder, file), changed);
  if (kind.endsWith('right checksum')) writeFileSync(path, text.replaceAll(sha256(bytes), sha256(changed)));
  return `${file}, ${how}`;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Null: an image came out. */
async function upscaled(engine: Engine, source: ImageSource, model: string): Promise<RemasterError | 'late' | null> {
  const late = new AbortController();
  const job = { ...IMAGE_DEFAULTS, model, provider: 'cpu', format: 'png' } as const;
  const image = engine.ask('image', { source, mask: null, job }, late.signal).then(
    () => null,
    (error: RemasterError) => error,
  );
  const inTime = new AbortController();
  const limit = sleep(LIMIT, 'late' as const, { signal: inTime.signal }).catch(() => 'late' as const);
  const ended = await Promise.race([image, limit]);
  inTime.abort();
  late.abort();
  return ended;
}
