import { basename } from 'node:path';
import type { NodeMessage } from 'node-red';
import type { BatchFile } from '../../src/batch/batchFile';
import type { BatchTotals } from '../../src/batch/totals';
import type { Variables } from '../message/variables';

/** The message about a file that is done or has failed. A failed one has no file name: that is of a result. */
export function fileMessage(file: BatchFile, variables: Pick<Variables, 'hide'>): NodeMessage {
  const { input, output, state, error, seconds, frames, model, warnings } = file;
  const topic = basename(input);
  if (state === 'failed') {
    const { code, message, remedy } = error!;
    const record = { code, message: variables.hide(message), remedy: variables.hide(remedy) };
    return { topic, payload: { status: 'failed', input, error: record } };
  }
  const hidden = warnings.map((warning) => variables.hide(warning));
  const payload = { status: 'done', input, elapsed: seconds, framesOut: frames, model, warnings: hidden };
  return { topic, ...{ filename: output }, payload };
}

/** The message at the end of a batch: `done` only if all files are. */
export function summaryMessage(out: string, { eta: _eta, share: _share, ...counts }: BatchTotals): NodeMessage {
  const status = counts.failed > 0 ? 'failed' : 'done';
  return { topic: 'batch', payload: { status, ...counts, folder: out } };
}
