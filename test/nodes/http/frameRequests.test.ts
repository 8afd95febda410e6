import assert from 'node:assert/strict';
import { FrameRequests } from '../../../nodes/http/frameRequests';

const jpeg = { data: Buffer.alloc(4), width: 1, height: 1, index: 7, time: 0, latency: 0 };

describe('requests for the next frame', () => {
  it('are all answered by one JPEG, and only by one', async () => {
    const requests = new FrameRequests();
    const both = Promise.all([requests.add(60_000, () => {}), requests.add(60_000, () => {})]);
    assert.equal(requests.isEmpty, false);
    requests.answer(jpeg);
    assert.equal(requests.isEmpty, true);
    requests.answer({ ...jpeg, index: 8 });
    assert.deepEqual(await both, [jpeg, jpeg]);
  });

  it('give up in time and then ask for nothing', async () => {
    const requests = new FrameRequests();
    await assert.rejects(
      requests.add(10, () => {}),
      /no frame arrived/,
    );
    assert.equal(requests.isEmpty, true);
  });

  it('fail at once if the frame cannot be asked for, or none comes any more', async () => {
    const requests = new FrameRequests();
    const refuse = (): never => {
      throw new Error('no camera');
    };
    await assert.rejects(requests.add(60_000, refuse), /no camera/);
    const waiting = requests.add(60_000, () => {});
    requests.close();
    await assert.rejects(waiting, /no frame arrived/);
    assert.equal(requests.isEmpty, true);
  });
});
