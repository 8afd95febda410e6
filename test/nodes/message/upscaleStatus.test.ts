import assert from 'node:assert/strict';
import { NodeRegistry } from '../../../nodes/message/nodeRegistry';
import { UpscaleStatus } from '../../../nodes/message/upscaleStatus';
import type { Progress } from '../../../src/settings/restoreJob';

const at = (frame: number): Progress => ({
  ...{ stage: 'restoring', frame, total: 10, share: null, fps: 1, eta: null, cacheStats: null },
});

describe('the status of upscale nodes', () => {
  it('is shown by the nodes that run, and cleared once by those that have shown it', () => {
    const nodes = new NodeRegistry();
    const shown: string[] = [];
    const deployed = (id: string) =>
      nodes.registerUpscale(id, {
        model: () => assert.fail(),
        namesMask: () => false,
        show: (progress) => shown.push(`${id} ${progress?.frame ?? 'ready'}`),
      });
    for (const id of ['a', 'b', 'c']) deployed(id);
    const removed = deployed('d');
    const line = new UpscaleStatus(nodes);
    line.show('a', at(1));
    line.show('b', at(2));
    line.show('a', at(3));
    line.show('d', at(4));
    removed();
    line.clear();
    line.clear();
    assert.deepEqual(shown, ['a 1', 'b 2', 'a 3', 'd 4', 'a ready', 'b ready']);
  });
});
