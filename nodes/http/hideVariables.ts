import { type ErrorRecord, errorRecord, printable } from '../../src/errors';

type Fields = Readonly<Record<string, unknown>>;

/** These say nothing of what was asked for. */
const OF_THE_MACHINE = ['ENGINE_CRASHED', 'FFMPEG_MISSING', 'RUNTIME_MISSING'];

/**
 * The error of a request whose fields may name environment variables. It does not repeat their values: a user who may open
 * a dialog would otherwise read any variable of Node-RED, by its name as the name of a model.
 */
export function withoutValues(error: unknown, request: Fields): ErrorRecord {
  const record = errorRecord(error);
  const names = variablesIn(request);
  if (names.length === 0) return record;
  if (OF_THE_MACHINE.includes(record.code)) return { ...record, detail: '' };
  return {
    code: record.code,
    message: printable(`What the environment variable ${names.join(' or ')} says cannot be used.`),
    remedy: 'Look at its value where Node-RED is started: it is not shown here.',
    detail: '',
  };
}

/** The variables in the fields of a dialog, and in those of the model that it uses. */
function variablesIn(fields: Fields): readonly string[] {
  const own = (['model', 'path'] as const).filter((name) => fields[`${name}Type`] === 'env');
  const { work } = fields;
  const inner = typeof work === 'object' && work !== null ? variablesIn(work as Fields) : [];
  return [...own.map((name) => String(fields[name]).slice(0, 100)), ...inner];
}
