import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { util } from '@node-red/util';
import type { Node, NodeAPI } from 'node-red';
import { type FileConfig, FileIn } from '../../../nodes/in/fileIn';
import { SAMPLE } from '../../../nodes/message/sampleClip';
import { message } from '../support/messages';

const RED = { util, settings: {} } as unknown as NodeAPI;
const node = { id: 'in' } as Node;
const fileIn = (config: object): FileIn => new FileIn(RED, node, config as FileConfig);

describe('the file of a video in node', () => {
  it('is named by its settings only if no message can change it', () => {
    process.env['REMASTER_TEST_TAPE'] = '/in/env.mov';
    assert.equal(fileIn({ path: '/in/a.mov', pathType: 'str' }).ownPath, resolve('/in/a.mov'));
    assert.equal(fileIn({ path: 'REMASTER_TEST_TAPE', pathType: 'env' }).ownPath, resolve('/in/env.mov'));
    assert.equal(fileIn({ path: 'filename', pathType: 'msg' }).ownPath, null);
    assert.equal(fileIn({}).ownPath, null);
    delete process.env['REMASTER_TEST_TAPE'];
  });

  it('is that of the message, or the sample whatever the message says', async () => {
    const { msg } = message({ filename: '/in/b.mov' });
    assert.equal(await fileIn({}).pathFor(msg), '/in/b.mov');
    assert.equal(await fileIn({}).pathFor(message({}).msg), undefined);
    const sample = fileIn({ source: 'sample' });
    assert.deepEqual([await sample.pathFor(msg), sample.ownPath, sample.isSample], [SAMPLE, SAMPLE, true]);
  });

  it('an invalid part of the video is an error before anything is probed', async () => {
    const { msg } = message({});
    const file = fileIn({ source: 'sample', trimStart: 'soon', trimStartType: 'str' });
    let isProbed = false;
    await assert.rejects(
      file.planFor(msg, SAMPLE, () => (isProbed = true)),
      { code: 'BAD_SETTING' },
    );
    assert.equal(isProbed, false);
  });
});
