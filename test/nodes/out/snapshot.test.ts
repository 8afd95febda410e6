import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import { FrameBroadcast } from '../../../nodes/http/frameBroadcast';
import { sendSnapshots } from '../../../nodes/out/snapshot';
import { message } from '../support/messages';

const camera = (label: string) => {
  const broadcast: FrameBroadcast = new FrameBroadcast(() =>
    queueMicrotask(() =>
      broadcast.show({ data: Buffer.from(label), width: 2, height: 1, index: 3, time: 1, latency: 2 }),
    ),
  );
  return { label, broadcast };
};
const silent = { label: 'dark', broadcast: new FrameBroadcast(() => {}) };
const hasCode = (code: string, text: RegExp) => (error: Error & { code?: string }) =>
  error.code === code && text.test(error.message);

describe('snapshots', () => {
  it('of one camera leaves with the message that requested it', async () => {
    const input = message({ topic: 'now', action: 'snapshot' });
    await sendSnapshots({ util }, [camera('door')], input);
    assert.equal((input.sent as [[unknown]])[0][0], input.msg);
    const frame = { width: 2, height: 1, index: 3, time: 1, latency: 2, source: 'door' };
    assert.deepEqual([input.msg.payload, (input.msg as { frame?: unknown }).frame], [Buffer.from('door'), frame]);
  });

  it('of several leave in copies', async () => {
    const input = message({ topic: 'now' });
    await sendSnapshots({ util }, [camera('door'), camera('yard')], input);
    const sent = (input.sent as [{ topic: string; frame: { source: string } }][]).map(([msg]) => msg);
    assert.deepEqual(
      sent.map(({ topic, frame }) => [topic, frame.source]),
      [
        ['now', 'door'],
        ['now', 'yard'],
      ],
    );
    assert.ok(!sent.includes(input.msg as never));
  });

  it('one camera without frames keeps no other from being shown', async () => {
    const input = message({ topic: 'now' });
    const cameras = [silent, camera('door'), { ...silent, label: 'black' }];
    await assert.rejects(sendSnapshots({ util }, cameras, input, 10), hasCode('NO_SIGNAL', /dark, black/));
    const sent = (input.sent as [{ frame: { source: string } }][]).map(([msg]) => msg.frame.source);
    assert.deepEqual(sent, ['door']);
  });

  it('a camera without frames, and no camera at all, are errors', async () => {
    const input = message({});
    await assert.rejects(sendSnapshots({ util }, [silent], input, 10), hasCode('NO_SIGNAL', /dark/));
    await assert.rejects(sendSnapshots({ util }, [], input), hasCode('NO_SIGNAL', /No camera/));
    assert.deepEqual(input.sent, []);
  });
});
