import type { Dice } from './dice';
import { harmed } from './mutate';

/** Values that stand where others are expected. */
const STRANGERS: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e308, 2 ** 53, '', '../../etc/passwd', 'denoise.onnx', '\u0000', 'é'.repeat(300)],
  ...[[], {}, [[]], { file: 'x' }, [1, 2, 3]],
];

/** A manifest with a value that is missing, another, or moved; or with harmed text. */
export function harmedManifest(text: string, dice: Dice): { readonly how: string; readonly changed: string } {
  if (dice.next() < 0.2) {
    const { how, changed } = harmed(Buffer.from(text), dice);
    return { how, changed: changed.toString('latin1') };
  }
  const manifest = JSON.parse(text) as Record<string, unknown>;
  const places = placesIn(manifest);
  const { holder, key, path } = dice.pick(places);
  switch (dice.pick(['deleted', 'replaced', 'swapped'])) {
    case 'deleted':
      delete holder[key];
      return { how: `without ${path}`, changed: JSON.stringify(manifest) };
    case 'swapped': {
      const other = dice.pick(places);
      [holder[key], other.holder[other.key]] = [other.holder[other.key], holder[key]];
      return { how: `${path} swapped with ${other.path}`, changed: stringify(manifest) };
    }
    default:
      holder[key] = dice.pick(STRANGERS);
      return { how: `${path} is ${JSON.stringify(holder[key])?.slice(0, 40)}`, changed: JSON.stringify(manifest) };
  }
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: string;
}

function placesIn(value: object, path = ''): readonly Place[] {
  const holder = value as Record<string, unknown>;
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    { holder, key, path: `${path}/${key}` },
    ...(typeof inner === 'object' && inner !== null ? placesIn(inner, `${path}/${key}`) : []),
  ]);
}

/** A swap of a value with one inside it makes a circle, which no text can have. */
function stringify(manifest: object): string {
  try {
    return JSON.stringify(manifest);
  } catch {
    return '{}';
  }
}
