import assert from 'node:assert/strict';
import { type BatchConfig, batchSettings } from '../../../nodes/batch/batchSettings';
import type { DeployedModel } from '../../../nodes/message/nodeRegistry';
import { presetOf } from '../../../src/batch/presetOf';
import { layered } from '../../../src/batch/layered';
import { jobOfFile } from '../../../src/settings/batchJob';
import { JOB_DEFAULTS, modelChoice } from '../../../src/settings/restoreJob';

describe('the settings of a batch node', () => {
  const RED = { settings: {} } as never;
  const model: DeployedModel = { ...modelChoice(JOB_DEFAULTS), idleSeconds: 60 } as DeployedModel;
  /** The job of a file with a preset. */
  const job = (fields: object, preset = 'vhs-pal', chosen: Partial<DeployedModel> = {}) => {
    const { file } = batchSettings(RED, { out: '/out', ...fields } as BatchConfig, { ...model, ...chosen });
    return jobOfFile(layered(presetOf(preset), file), '/in.mov', '/out/in.mkv');
  };

  it('leave to the preset what has its default, and win elsewhere', () => {
    const usual = { codec: 'h264', quality: '', deinterlace: 'auto', crop: '', temporalDenoise: 'off', scale: '' };
    const { codec, deinterlace, crop, model: name, preset } = job(usual);
    assert.deepEqual([codec, deinterlace, name, preset], ['ffv1', 'double', 'restore', 'vhs-pal']);
    assert.match(crop!, /bottom=10/);
    const own = job({ ...usual, codec: 'prores', deinterlace: 'on', crop: 'bottom=4', record: true });
    assert.deepEqual([own.codec, own.deinterlace, own.crop, own.record], ['prores', 'on', 'bottom=4', true]);
  });
  it('have the model of the model node, unless that says auto', () => {
    assert.equal(job({}, 'dv').model, 'x2');
    assert.equal(job({}, 'dv', { model: 'x4-live' }).model, 'x4-live');
  });
  it('have an encoder with the codec custom alone, and hardware with codecs that it encodes', () => {
    const custom = { encoder: 'libx264 -preset slow', quality: '20', hardware: 'auto' };
    const { encoder, quality, hardware } = job({ ...custom, codec: 'custom' }, 'screen');
    assert.deepEqual([encoder, quality, hardware], ['libx264 -preset slow', null, 'off']);
    const other = job({ ...custom, codec: 'h265' }, 'screen');
    assert.deepEqual([other.encoder, other.quality, other.hardware], [null, 20, 'auto']);
  });
});
