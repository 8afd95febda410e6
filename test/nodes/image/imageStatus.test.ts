import assert from 'node:assert/strict';
import { ImageStatus } from '../../../nodes/image/imageStatus';
import * as status from '../../../nodes/message/status';
import { shownBy } from '../support/messages';

describe('the status of an image upscale node', () => {
  it('shows at most one update per second, evaluated when it is shown', async () => {
    const node = shownBy();
    const queue = { isServing: false, length: 0 };
    const line = new ImageStatus(node, status.idle, () => queue);
    assert.deepEqual(node.texts, ['idle']);
    queue.isServing = true;
    line.update();
    line.finished(84);
    line.dropped();
    queue.length = 3;
    while (node.texts.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(node.texts.slice(1), ['drop 1/s', '84ms q3']);
    queue.isServing = false;
    line.update();
    while (node.texts.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    line.close();
    line.update();
    assert.deepEqual(node.texts.slice(3), ['84ms']);
  }).timeout(20_000);
});
