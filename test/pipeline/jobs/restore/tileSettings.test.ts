import assert from 'node:assert/strict';
import { tileSettings } from '../../../../src/pipeline/jobs/restore/tileSettings';
import { JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';

describe('the tiles of a job', () => {
  it('are not chosen by the frames where no smaller ones are possible', async () => {
    const job = { ...JOB_DEFAULTS, model: 'x2', input: 'in', output: 'out' };
    const video = (width: number) => ({ width, height: 48 }) as Parameters<typeof tileSettings>[2];
    const read = (): never => assert.fail('read');
    assert.deepEqual(await tileSettings(job, nearest(2), video(64), read), { tile: null, overlap: null });
    await assert.rejects(tileSettings(job, nearest(2), video(65), read), { message: 'read' });
  });
});
