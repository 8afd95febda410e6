import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { closest } from '../errors';
import type { Row } from '../settings/row';
import { PRESET_ROWS } from './presetRows';

/** Letters, digits and hyphens: it is the name of a file too. */
export const PRESET_NAME = '^[a-z0-9][a-z0-9-]{0,63}$';
/** Names of bundles, not of folders. */
const MODEL_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

const settings = Object.fromEntries(Object.entries(PRESET_ROWS).map(([name, row]) => [name, schemaOf(name, row)]));

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['format', 'name', 'settings'],
  properties: {
    format: { const: 1 },
    name: { type: 'string', pattern: PRESET_NAME },
    title: { type: 'string', maxLength: 200 },
    about: { type: 'string', maxLength: 2000 },
    settings: { type: 'object', additionalProperties: false, properties: settings },
  },
};

function schemaOf(name: string, row: Row): object {
  const value = valueOf(name, row);
  return row.default === null || row.unset !== undefined ? { anyOf: [value, { type: 'null' }] } : value;
}

function valueOf(name: string, row: Row): object {
  switch (row.kind) {
    case 'choice':
      return { enum: name === 'codec' ? row.values.filter((value) => value !== 'custom') : row.values };
    case 'whole':
      return { type: 'integer', minimum: row.min, maximum: row.max };
    case 'number':
    case 'seconds':
      return { type: 'number', minimum: row.min, maximum: row.max };
    case 'switch':
      return { type: 'boolean' };
    case 'bundle':
      return { type: 'string', pattern: MODEL_NAME };
    case 'text':
      return { type: 'string', minLength: row.min, maxLength: row.max };
    case 'path':
    case 'colour':
    case 'group':
      throw new TypeError(`A preset has no setting like ${name}.`);
  }
}

/** The first thing that is wrong with a preset, as the end of a sentence; null: nothing. */
export function presetDefect(value: unknown): string | null {
  compiled ??= new Ajv({ strict: true, allowUnionTypes: true }).compile(SCHEMA);
  if (compiled(value)) return null;
  const errors = compiled.errors!;
  return sentence(errors.find(({ keyword }) => keyword !== 'anyOf') ?? errors[0]!);
}

/** Compiled when first needed. */
let compiled: ValidateFunction | undefined;

function sentence({ instancePath, keyword, message, params }: ErrorObject): string {
  const field = instancePath.split('/').slice(1).join('.');
  const given = params as Record<string, unknown>;
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(given['additionalProperty']).slice(0, 60);
      if (field !== 'settings') return `has an unknown field “${name}”`;
      const near = closest(name, Object.keys(PRESET_ROWS));
      return `may not have the setting “${name}”${near === null ? '' : `; did you mean ${near}?`}`;
    }
    case 'required':
      return `lacks the field “${String(given['missingProperty'])}”`;
    case 'enum':
      return `has a wrong ${field}: it must be one of ${JSON.stringify(given['allowedValues'])}`;
    default:
      return `has a wrong ${field === '' ? 'form' : field}: it ${message ?? keyword}`;
  }
}
