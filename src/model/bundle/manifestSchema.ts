import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';

const text = { type: 'string', minLength: 1 } as const;
const whole = (minimum: number, maximum = 1e9) => ({ type: 'integer', minimum, maximum }) as const;
const above0 = { type: 'number', exclusiveMinimum: 0 } as const;
const record = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  required: Object.keys(required),
  additionalProperties: false,
  properties: { ...required, ...optional },
});

const range = { enum: [[-1, 1], [0, 1]] } as const; // prettier-ignore
const fileEntry = {
  // A relative path inside the bundle: no drive, no root, no `..`, no backslash.
  file: { type: 'string', pattern: '^(?!/)(?!.*(^|/)\\.\\.?(/|$))[^\\\\:\\u0000]+$' },
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
};
/** Role → tensor name. */
const roles = {
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: '^[a-z][A-Za-z0-9]*$' },
  additionalProperties: text,
};
const graph = record(
  { ...fileEntry, inputs: roles, outputs: roles },
  { externalData: { type: 'array', items: record(fileEntry) }, range },
);
const constant = record({ ...fileEntry, dims: { type: 'array', items: whole(1), maxItems: 8 } });

const manifest = record(
  {
    format: { const: 1 },
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]*$' },
    title: text,
    system: { enum: ['resshift', 'osediff', 'dossr'] },
    task: { enum: ['upscale', 'restore', 'inpaint', 'face'] },
    scale: whole(1, 16),
    graphs: record(
      { denoise: graph },
      { prompt: graph, preprocess: graph, encode: graph, condition: graph, decode: graph },
    ),
    grid: record({ factor: whole(1, 64), channels: whole(1, 1024) }),
    schedule: { type: 'object' },
    defaultSteps: whole(1, 1000),
    start: { enum: ['bicubic', 'encode'] },
    range,
    multiple: whole(1, 4096),
    tile: record(
      { wholeUpTo: whole(0), size: whole(1, 65536), overlap: whole(0, 65536) },
      { fixed: { type: 'boolean' } },
    ),
    colorFix: { enum: ['none', 'wavelet'] },
    precision: { enum: ['float32', 'float16', 'int8', 'mixed'] },
    licence: record({ name: text, redistributable: { type: 'boolean' } }, { text, url: text }),
    source: text,
  },
  {
    constants: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][A-Za-z0-9]*$' },
      additionalProperties: constant,
    },
    research: { type: 'boolean' },
    notes: { type: 'array', items: text },
    quality: {
      type: 'array',
      items: record({
        set: text,
        steps: whole(1, 1000),
        values: { type: 'object', additionalProperties: { type: 'number' } },
      }),
    },
  },
);

const schedules: Record<string, object> = {
  resshift: record(
    {
      steps: whole(1, 1000),
      kappa: above0,
      minNoise: above0,
      etasEnd: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      power: above0,
      predicts: { enum: ['xstart', 'residual', 'epsilon', 'epsilonScale'] },
      input: {
        type: 'object',
        required: ['kind'],
        additionalProperties: false,
        properties: { kind: { enum: ['latent', 'pixel', 'none'] }, variance: { type: 'number', minimum: 0 } },
        if: { properties: { kind: { const: 'latent' } } },
        then: { required: ['variance'] },
        else: { properties: { variance: false } },
      },
    },
    { clamp: above0 },
  ),
  osediff: record({}),
  dossr: record({ order: { enum: [1, 2, 3] } }),
};

const compiled = new Map<string, ValidateFunction>();

/** The first schema violation in `value`, as the end of a sentence; null when it is valid. */
export function validateManifest(value: unknown): string | null {
  const defect = firstDefect('manifest', manifest, value, '');
  if (defect !== null) return defect;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- validated above
  const { system, schedule } = value as { system: string; schedule: unknown };
  return firstDefect(system, schedules[system]!, schedule, 'schedule') ?? null;
}

function firstDefect(name: string, schema: object, value: unknown, prefix: string): string | null {
  let validate = compiled.get(name);
  if (!validate) compiled.set(name, (validate = new Ajv({ strict: true, strictRequired: false }).compile(schema)));
  if (validate(value)) return null;
  return sentence(validate.errors![0]!, prefix);
}

/** "graphs.denoise.sha256 must match pattern …"; adds the allowed values where ajv's message lacks them. */
function sentence({ instancePath, keyword, message, params }: ErrorObject, prefix: string): string {
  const path = [prefix, ...instancePath.split('/').slice(1)].filter((part) => part !== '').join('.');
  const field = path === '' ? 'as a whole' : `in ${path}`;
  const given = params as Record<string, unknown>;
  switch (keyword) {
    case 'required':
      return `is invalid ${field}: the field “${String(given['missingProperty'])}” is missing`;
    case 'additionalProperties':
      return `is invalid ${field}: unknown field “${String(given['additionalProperty'])}”`;
    case 'enum':
      return `is invalid ${field}: must be one of ${JSON.stringify(given['allowedValues'])}`;
    case 'const':
      return `is invalid ${field}: must be ${JSON.stringify(given['allowedValue'])}`;
    default:
      return `is invalid ${field}: ${message ?? keyword}`;
  }
}
