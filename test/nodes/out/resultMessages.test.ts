import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import type { Plan } from '../../../nodes/message/plan';
import { sendOutcome } from '../../../nodes/out/resultMessages';
import { RemasterError } from '../../../src/errors';
import type { Progress, Result } from '../../../src/settings/restoreJob';
import { message } from '../support/messages';

const plan = { source: { label: 'tape', info: { fps: 25 } }, stages: [] } as unknown as Plan;
const progress = { frame: 7, fps: 5 } as Progress;
const result = { output: '/made/a.mp4', framesIn: 10, framesOut: 9, fps: 5, elapsed: 2 } as Result;

describe('the result of a file job', () => {
  it('a finished or stopped job sends its message on', () => {
    const [done, stopped] = [message({ topic: 'a' }), message({ topic: 'b' })];
    sendOutcome({ util }, plan, { status: 'done', result }, done);
    sendOutcome({ util }, plan, { status: 'stopped', progress }, stopped);
    const { filename, payload } = done.msg as { filename?: string; payload?: Record<string, unknown> };
    assert.deepEqual([filename, payload!['dropped'], payload!['speed']], ['/made/a.mp4', 1, 0.2]);
    assert.deepEqual([done.sent, stopped.sent], [[[done.msg, null]], [[stopped.msg, null]]]);
    assert.deepEqual([done.ends, stopped.ends], [[null], [null]]);
    assert.equal((stopped.msg.payload as { framesIn: number }).framesIn, 7);
  });

  it('a failed job sends a copy, because the Catch node gets the original message', () => {
    const input = message({ topic: 'a', payload: 'before' });
    const error = new RemasterError('DISK_FULL', 'The disk is full.');
    sendOutcome({ util }, plan, { status: 'failed', error, progress }, input);
    const [[copy]] = input.sent as [[{ payload: { status: string; error: { code: string } } }]];
    assert.deepEqual([copy.payload.status, copy.payload.error.code], ['failed', 'DISK_FULL']);
    assert.deepEqual([input.msg.payload, input.ends], ['before', ['DISK_FULL']]);
  });
});
