import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node } from 'node-red';
import { StageStatus } from '../../../nodes/upscale/stageStatus';
import { RemasterError } from '../../../src/errors';
import type { Progress } from '../../../src/settings/restoreJob';
import { shownBy } from '../support/messages';

const at = (frame: number): Progress => ({
  ...{ stage: 'restoring', frame, total: 10, share: null, fps: 4, eta: null, cacheStats: null },
});

function statusOf(model: () => { readonly model: string } = () => ({ model: 'face' })) {
  const published: unknown[] = [];
  const comms = { publish: (topic: string, data: unknown) => void published.push([topic, data]) };
  const node = { id: 'inner', _alias: 'outer', ...shownBy() };
  const RED = { comms, events: new EventEmitter() } as unknown as ConstructorParameters<typeof StageStatus>[0];
  return { line: new StageStatus(RED, node as unknown as Node, model), texts: node.texts, published };
}

describe('the status of a video upscale node', () => {
  it('is the speed while its stage runs, and its model before and after', () => {
    const { line, texts } = statusOf();
    line.show(null); // nothing has run
    line.added({ scale: 4, model: 'face' });
    line.show(at(1));
    line.added({ scale: 2, model: 'face' }); // the next job waits
    line.show(null);
    assert.deepEqual(texts, ['face', 'x4 · face', 'x4 4 fps', 'x2 · face']);
  });

  it('names the model that was chosen for the last source', () => {
    const { line, texts } = statusOf(() => ({ model: 'auto' }));
    line.added({ scale: 4, model: 'x4-live', reason: 'a camera does not wait' });
    line.show(at(1));
    line.show(null);
    assert.deepEqual(texts, ['auto', 'auto: x4-live', 'x4 4 fps', 'auto: x4-live']);
  });

  it('tells open previews the number of the frame, under the id that the editor knows', () => {
    const { line, published } = statusOf();
    line.show(at(3));
    assert.deepEqual(published, [['remaster/preview', { id: 'outer', n: 3 }]]);
  });

  it('a missing model is shown, and after the end nothing', () => {
    const { line, texts, published } = statusOf(() => {
      throw new RemasterError('MODEL_NOT_FOUND', '');
    });
    line.close();
    line.show(at(1));
    assert.deepEqual([texts, published, line.isClosed], [['failed: no model'], [], true]);
  });
});
