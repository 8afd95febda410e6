import Ajv, { type ValidateFunction } from 'ajv';
import { RECORD_VERSION } from './record';

/** Frames of a record: 33 hours at 25 per second. With a hash of the decoded frame, 134 bytes each. */
export const MOST_FRAMES = 3_000_000;

const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum }) as const;
const text = (maxLength: number, minLength = 0) => ({ type: 'string', minLength, maxLength }) as const;
const seconds = { type: 'number', minimum: 0, maximum: 1e10 } as const;
const orNull = <T extends { readonly type: string }>(one: T) => ({ ...one, type: [one.type, 'null'] }) as const;
const fields = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object' as const,
  required: Object.keys(required),
  properties: { ...required, ...optional },
});

const hash = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const bytes = whole(0, Number.MAX_SAFE_INTEGER);
/** A name in a folder, and no path to another one. */
const name = { ...text(255, 1), pattern: '^(?!\\.{1,2}$)[^/\\\\\\u0000]+$' } as const;
/** Of a bundle, as manifests have it. */
const modelName = { ...text(255, 1), pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' } as const;
const pixelFormat = { type: 'string', pattern: '^[a-z0-9_]{1,32}$' } as const;
const side = whole(1, 65_536);
const source = fields({ name, bytes, sha256: hash }, { images: whole(1, 1e8) });
const hashes = { type: 'array', items: hash, minItems: 1, maxItems: MOST_FRAMES } as const;
const sample = { type: 'array', items: [whole(0, MOST_FRAMES), text(65_536)], minItems: 2, maxItems: 2 } as const;
const maker = fields({
  frames: whole(1, MOST_FRAMES),
  ...{ remaster: text(100), node: text(100), onnxruntime: orNull(text(100)), ffmpeg: text(1000) },
  ...{ platform: text(100), arch: text(100), cpu: text(1000), gpu: orNull(text(1000)), provider: text(100) },
  ...{ flags: { type: 'array', items: text(100), maxItems: 1000 }, threads: whole(0, 65_536) },
});

const schema = fields({
  record: { const: RECORD_VERSION },
  result: fields(
    {
      ...{ name, bytes, sha256: hash, frames: whole(1, MOST_FRAMES), width: side, height: side },
      ...{ container: text(10), encoder: text(100) },
    },
    { images: whole(1, MOST_FRAMES) },
  ),
  source,
  mask: orNull(source),
  command: { type: 'array', items: text(10_000), maxItems: 1000 },
  job: { type: 'object', maxProperties: 200 },
  tiles: fields({ tile: orNull(whole(16, 8192)), overlap: orNull(whole(0, 4096)) }),
  sound: { type: 'array', items: whole(0, 10_000), maxItems: 1000 },
  model: fields(
    {
      ...{ name: modelName, sha256: hash, licence: text(10_000), steps: whole(1, 1000), scale: whole(1, 16) },
      faceFinder: orNull(text(1000)),
      files: { type: 'array', maxItems: 1000, items: fields({ name: text(1000, 1), bytes, sha256: hash }) },
    },
    { reason: text(1000) },
  ),
  seed: whole(0, 2 ** 32 - 1),
  makers: { type: 'array', items: maker, minItems: 1, maxItems: 100_000 },
  run: fields({
    ...{ started: text(100), finished: text(100), seconds, hashSeconds: seconds },
    resumedFrom: whole(0, MOST_FRAMES),
    cacheShare: orNull({ type: 'number', minimum: 0, maximum: 1 }),
    warnings: { type: 'array', items: text(100_000), maxItems: 10_000 },
  }),
  restored: fields({
    ...{ pixelFormat: { enum: ['rgb24', 'rgb48le'] }, width: side, height: side, sha256: hashes },
    samples: { type: 'array', items: sample, maxItems: 100_000 },
  }),
  decoded: fields({ pixelFormat, sha256: hashes }),
});

/** The fault of a record, as half a sentence; null: nothing. Fields that are not known are no fault. */
export function recordDefect(value: unknown): string | null {
  compiled ??= new Ajv({ strict: false }).compile(schema);
  if (compiled(value)) return null;
  const { instancePath, message = 'is invalid' } = compiled.errors![0]!;
  const field = instancePath.slice(1).replaceAll('/', '.');
  return field === '' ? `it ${message}` : `${field} ${message}`;
}

/** Compiled when first needed. */
let compiled: ValidateFunction | undefined;
