import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import { ImageResults } from '../../../nodes/image/imageResults';
import { type ImageConfig, settingsOf } from '../../../nodes/image/imageSettings';
import type { ImageResult } from '../../../src/settings/imageJob';
import { message } from '../support/messages';

const result = {
  data: Buffer.from('png'),
  width: 8,
  height: 4,
  scale: 2,
  ms: 12.4,
  model: { name: 'x2', provider: 'cpu', steps: 1, reason: 'it is so' },
  format: 'png',
  warnings: [],
} as unknown as ImageResult;

function results(config: object = {}) {
  const all = { keep: false, drops: true, queue: '1', full: 'oldest', ...config } as unknown as ImageConfig;
  return new ImageResults({ util }, { output: 'made.image', ...config }, settingsOf(all), () => 3);
}

describe('the messages of an image upscale node', () => {
  it('a result is in the configured property, and keeps the original if it shall', () => {
    for (const keep of [false, true]) {
      const input = message({ payload: 'before' });
      results({ keep }).send(input, { original: 'before', result });
      const { made, image, original, payload } = input.msg as unknown as Record<string, Record<string, unknown>>;
      assert.deepEqual(made!['image'], Buffer.from('png'));
      const { model, ...rest } = image!;
      assert.deepEqual(rest, { width: 8, height: 4, scale: 2, ms: 12, queued: 3, dropped: 0 });
      assert.equal(model, result.model);
      assert.deepEqual([original, payload], [keep ? 'before' : undefined, 'before']);
      assert.deepEqual([input.sent, input.ends], [[[input.msg, null]], [null]]);
    }
  });

  it('its warnings are there if it has any', () => {
    const input = message({ payload: 'before' });
    results().send(input, { original: 'before', result: { ...result, warnings: ['Memory ran out.'] } });
    assert.deepEqual((input.msg as unknown as Record<string, { warnings: unknown }>)['image']!.warnings, [
      'Memory ran out.',
    ]);
  });

  it('a dropped image leaves on the second output, and is counted', () => {
    const all = results();
    all.drop(message({}), 'full');
    const input = message({});
    all.drop(input, 'stopped');
    assert.deepEqual(input.sent, [[null, { _msgid: 'm', image: { reason: 'stopped', queued: 3, dropped: 2 } }]]);
    assert.deepEqual(input.ends, [null]);
  });

  it('without a second output a dropped image only ends', () => {
    const input = message({});
    results({ drops: false }).drop(input, 'old');
    assert.deepEqual([input.sent, input.ends], [[], [null]]);
  });

  it('if a full queue is an error, a stop is none', () => {
    const all = results({ full: 'error' });
    const [full, old, stopped] = (['full', 'old', 'stopped'] as const).map((why) => {
      const input = message({});
      all.drop(input, why);
      return input;
    });
    assert.deepEqual([full!.ends, old!.ends, stopped!.ends], [['IMAGE_DROPPED'], ['IMAGE_DROPPED'], [null]]);
    assert.deepEqual([full!.sent, stopped!.sent.length], [[], 1]);
  });
});
