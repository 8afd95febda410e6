import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { denoise, writeFace, writeIdentity, writeTiny } from '../../test/support/tinyBundle';

interface TinyBundle {
  readonly name: string;
  /** Weights in a file of their own. */
  readonly hasWeights: boolean;
}

/** Writes a small bundle of each kind below `folder`. */
export async function makeBundles(folder: string): Promise<readonly TinyBundle[]> {
  await writeIdentity(join(folder, 'identity'));
  await writeFace(join(folder, 'face'), 32, 0.9);
  await writeTiny(join(folder, 'osediff'), 'osediff');
  await writeTiny(join(folder, 'dossr'), 'dossr');
  await writeOutside(join(folder, 'outside'));
  return [
    { name: 'identity', hasWeights: false },
    { name: 'face', hasWeights: false },
    { name: 'osediff', hasWeights: true }, // its prompt
    { name: 'dossr', hasWeights: true },
    { name: 'outside', hasWeights: true },
  ];
}

/** A bundle whose largest weights are in weights.bin. */
async function writeOutside(folder: string): Promise<void> {
  const network = denoise(true);
  const weights = network.graph.initializer.find(({ rawData }) => (rawData?.length ?? 0) > 64)!;
  const bytes = Buffer.from(weights.rawData!);
  weights.externalData = Object.entries({ location: 'weights.bin', offset: '0', length: `${bytes.length}` }).map(
    ([key, value]) => ({ key, value }),
  );
  weights.dataLocation = 1;
  delete weights.rawData;
  await writeTiny(folder, 'dossr', { network });
  writeFileSync(join(folder, 'weights.bin'), bytes);
  const path = join(folder, 'model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { graphs: { denoise: object } };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  Object.assign(manifest.graphs.denoise, { externalData: [{ file: 'weights.bin', sha256 }] });
  writeFileSync(path, JSON.stringify(manifest));
}
