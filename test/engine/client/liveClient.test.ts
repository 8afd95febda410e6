import assert from 'node:assert/strict';
import { LiveClient } from '../../../src/engine/client/liveClient';
import type { Supervisor } from '../../../src/engine/client/supervisor';
import type { LiveRequest } from '../../../src/engine/liveProtocol';
import type { Request } from '../../../src/engine/protocol';
import { RemasterError } from '../../../src/errors';
import type { Mp4Part } from '../../../src/pipeline/media/mp4Boxes';
import type { LiveJpeg, LiveProgress } from '../../../src/settings/liveJob';
import { liveJob, pattern } from '../../pipeline/jobs/live/liveJob';

const CRASH = new RemasterError('ENGINE_CRASHED', 'The engine process exited unexpectedly (SIGKILL).');

describe('liveClient', () => {
  let sent: LiveRequest[];
  let isUp: boolean;
  let resets: number;
  let client: LiveClient;

  beforeEach(() => {
    [sent, isUp, resets] = [[], true, 0];
    const engine = {
      send: (request: Request) => request.type === 'live' && sent.push(request.request),
      updateRef: () => {},
      resetBackOff: () => resets++,
      kill: () => assert.fail('killed'),
      get isUp() {
        return isUp;
      },
    };
    client = new LiveClient(engine as unknown as Supervisor);
  });

  /** The requests sent since the last call, without starts. */
  const requests = (): LiveRequest[] => sent.splice(0).filter(({ what }) => what !== 'start');
  const jpeg = (id: string): void => client.receive(id, { what: 'jpeg', jpeg: {} as LiveJpeg });

  it('asks for one JPEG at a time, and for any frame of a new process', () => {
    const { id, requestJpeg } = client.run(liveJob(pattern()), {});
    requestJpeg({ newerThan: 7 });
    requestJpeg({ newerThan: 8 });
    assert.deepEqual(requests(), [{ what: 'requestJpeg', newerThan: -1 }]);
    jpeg(id);
    requestJpeg({ newerThan: 9 });
    assert.deepEqual(requests(), [{ what: 'requestJpeg', newerThan: 9 }]);
    client.onCrash(CRASH);
    client.resend();
    assert.deepEqual(requests(), [{ what: 'requestJpeg', newerThan: -1 }]);
    jpeg(id);
    client.onCrash(CRASH);
    client.resend();
    assert.deepEqual(requests(), []);
    requestJpeg({ newerThan: 9 });
    assert.deepEqual(requests(), [{ what: 'requestJpeg', newerThan: -1 }]);
  });

  it('a crash restarts a job and ends its stream; a job that is stopping ends', async () => {
    const events: string[] = [];
    const listener = {
      onFragment: (fragment: Mp4Part | null) => void events.push(fragment === null ? 'end' : 'fragment'),
      onRecoverableError: () => events.push('crash'),
    };
    const { id, ended, stop } = client.run(liveJob(pattern()), listener);
    client.onCrash(CRASH);
    client.receive(id, { what: 'fragment', fragment: { data: new Uint8Array(1) } as Mp4Part });
    client.onCrash(CRASH);
    assert.deepEqual(events.splice(0), ['crash', 'fragment', 'end', 'crash']);
    const stopped = stop();
    assert.deepEqual(requests().at(-1), { what: 'stop' });
    client.onCrash(CRASH);
    await Promise.all([stopped, ended]);
    assert.deepEqual([events, client.size], [[], 0]);
  });

  it('the end of a job ends its stream, once', async () => {
    const ends: (Mp4Part | null)[] = [];
    const listener = { onFragment: (fragment: Mp4Part | null) => void ends.push(fragment) };
    const fragment = { what: 'fragment', fragment: { data: Buffer.alloc(1) } as unknown as Mp4Part } as const;
    for (const [last, passed] of [
      [[fragment], 2],
      [[fragment, { what: 'fragment', fragment: null }], 2],
      [[], 0],
    ] as const) {
      const { id, ended } = client.run(liveJob(pattern()), listener);
      for (const event of last) client.receive(id, event);
      client.receive(id, { what: 'stopped' });
      await ended;
      assert.equal(ends.length, passed);
      assert.equal(ends.splice(0).at(-1) ?? null, null);
    }
  });

  it('an upscaled frame, and nothing before it, makes the next crash the first in a row', () => {
    const { id } = client.run(liveJob(pattern()), {});
    client.receive(id, { what: 'camera', state: { is: 'connecting' } });
    client.receive(id, { what: 'progress', progress: { out: 0 } as LiveProgress });
    assert.equal(resets, 0);
    client.receive(id, { what: 'progress', progress: { out: 1 } as LiveProgress });
    jpeg(id);
    assert.equal(resets, 2);
  });

  it('a receiver of a JPEG may request the next one at once', () => {
    const { id, requestJpeg } = client.run(liveJob(pattern()), { onJpeg: () => requestJpeg({ newerThan: 4 }) });
    requestJpeg();
    jpeg(id);
    assert.deepEqual(requests(), [
      { what: 'requestJpeg', newerThan: -1 },
      { what: 'requestJpeg', newerThan: 4 },
    ]);
  });

  it('without a running engine a job stops at once', async () => {
    const { stop, ended, requestJpeg } = client.run(liveJob(pattern()), {});
    isUp = false;
    requestJpeg();
    await Promise.all([stop(), ended]);
    requestJpeg();
    assert.deepEqual([requests(), client.size], [[], 0]);
  });
});
