import { errorRecord, ERROR_CODES, type ErrorCode, RemasterError } from '../errors';
import { orNull, record, text } from './fields';

/** The job or its lock is not there any more: BullMQ's errors that would come again have negative codes. */
export const isLost = (error: unknown): boolean =>
  typeof (error as { readonly code?: unknown }).code === 'number' && (error as { readonly code: number }).code < 0;

const LONGEST = 2000;

/** Why a segment has failed, as it goes through the queue. */
export function failureText(error: unknown, by: string): string {
  const { code, message, remedy } = errorRecord(error);
  return JSON.stringify({ code, by, message: message.slice(0, LONGEST), remedy: remedy.slice(0, LONGEST) });
}

/** The error of a job whose segment has failed for good. */
export function segmentError(segment: string, reason: string): RemasterError {
  const said = orNull(() => {
    const fields = record(parsed(reason), 'reason');
    const code = ERROR_CODES.find((one) => one === fields['code']);
    const parts = { by: text(fields['by'], 'by', 255), message: text(fields['message'], 'message', LONGEST) };
    return { code: code ?? ('INTERNAL' satisfies ErrorCode), ...parts, remedy: fields['remedy'] };
  });
  if (said === null)
    return new RemasterError('ENGINE_CRASHED', `${segment} was given up: ${reason.slice(0, LONGEST)}.`, {
      remedy: 'Check free memory on the workers.',
    });
  return new RemasterError(said.code, `${segment} failed on ${said.by}: ${said.message}`, {
    remedy: typeof said.remedy === 'string' ? said.remedy.slice(0, LONGEST) : '',
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
