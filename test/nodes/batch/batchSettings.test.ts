import assert from 'node:assert/strict';
import { type BatchConfig, batchSettings } from '../../../nodes/batch/batchSettings';
import { inputOf } from '../../../nodes/batch/batchInputs';
import type { DeployedModel } from '../../../nodes/message/nodeRegistry';
import { layered } from '../../../src/batch/layered';
import { jobOfFile } from '../../../src/settings/batchJob';
import { JOB_DEFAULTS } from '../../../src/settings/restoreJob';

describe('the settings of a batch node', () => {
  const RED = { settings: { fileWorkingDirectory: '/srv' } } as never;
  const { model, provider, device, threads, tile, overlap, batch, loadLimit } = JOB_DEFAULTS;
  /** The job of a file, as the batch makes it. */
  const jobOf = async (line: string, config: object = {}, choice: object = {}) => {
    const own = { model, provider, device, threads, tile, overlap, batch, loadLimit };
    const deployed: DeployedModel = { ...own, idleSeconds: 1, ...choice };
    const { file } = batchSettings(RED, { out: 'done', outType: 'str', ...config } as unknown as BatchConfig, deployed);
    const { settings } = await inputOf(RED, { path: line, origin: 'config' });
    return jobOfFile(layered(settings!, file), '/in.avi', '/out.mkv');
  };

  it('leave to the preset of an input what has its default, and win over it with other values', async () => {
    const tape = await jobOf('tapes=vhs-pal');
    assert.deepEqual([tape.preset, tape.deinterlace, tape.codec], ['vhs-pal', 'double', 'ffv1']);
    assert.notEqual(tape.model, model);
    const changed = await jobOf('tapes=vhs-pal', { deinterlace: 'off' }, { model: 'x4-live' });
    assert.deepEqual([changed.preset, changed.deinterlace, changed.model], ['vhs-pal', 'off', 'x4-live']);
  });
  it('are those of the dialog without a preset', async () => {
    const { preset, deinterlace, record } = await jobOf('tapes', { record: true });
    assert.deepEqual([preset, deinterlace, record], [null, JOB_DEFAULTS.deinterlace, true]);
  });
});
