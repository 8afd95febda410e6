import assert from 'node:assert/strict';
import { openRecording } from '../../../../../src/pipeline/jobs/restore/record/openRecording';
import { JOB_DEFAULTS } from '../../../../../src/settings/restoreJob';
import { nearest } from '../../../../support/fakeModel';
import { recordTools } from '../../../../support/recorded';
import { binary } from '../../../../support/videos';

describe('openRecording', () => {
  type Open = Parameters<typeof openRecording>[0];
  const open = async (record: boolean): Promise<Open> => ({
    ...({ opened: { model: nearest(1), masker: null, finder: null } } as unknown as Open),
    job: { ...JOB_DEFAULTS, input: '/in', output: '/out.mkv', record },
    tools: { binary: await binary(), record: recordTools() },
  });

  it('records nothing unless asked', async () => {
    assert.equal(await openRecording(await open(false), null), null);
  });

  it('refuses more frames than a record has', async () => {
    await assert.rejects(openRecording(await open(true), 3_000_001), {
      code: 'BAD_SETTING',
      message: /at most 3000000 frames, and this video 3000001/,
    });
    for (const expected of [3_000_000, null]) {
      assert.ok(await openRecording(await open(true), expected));
    }
  });
});
