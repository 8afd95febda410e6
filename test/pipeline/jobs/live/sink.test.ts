import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveFrame } from '../../../../src/pipeline/jobs/live/liveFrame';
import { encodingSink, type Sink, type SinkEvents } from '../../../../src/pipeline/jobs/live/sink';
import { mostReactions } from '../../../support/reactions';
import { binary, scratchFolder } from '../../../support/videos';

const colour = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' } as const;

/** Number `index`, a tenth of a second after the one before. Larger than a pipe. */
const frameOf = (index: number, width = 256, height = 144): LiveFrame => ({
  ...{ index, at: index * 100, done: index * 100, width, height, stored: { width, height }, colour },
  ...{ pixelAspect: { num: 1, den: 1 }, data: Buffer.alloc(width * height * 3, index) },
});

describe('encodingSink', function () {
  this.timeout(30_000);
  const scratch = scratchFolder();
  let errors: string[];
  let files: string[];
  const events: SinkEvents = {
    onFragment: async () => {},
    onFile: (path) => void files.push(path),
    onRecoverableError: ({ message }) => void errors.push(message),
  };
  beforeEach(() => {
    errors = [];
    files = [];
  });

  const open = async (target: Parameters<typeof encodingSink>[2], changes: Partial<SinkEvents> = {}): Promise<Sink> =>
    encodingSink(await binary(), { quality: null }, target, { ...events, ...changes });

  async function write(sink: Sink, frame: LiveFrame): Promise<void> {
    const { written } = sink.counts();
    sink.put(frame);
    while (sink.counts().written === written) await sleep(1);
  }

  it('leaves nothing behind with each frame', async () => {
    await using sink = await open({ kind: 'fragments' });
    await write(sink, frameOf(0));
    const most = await mostReactions(async () => {
      for (let i = 1; i < 100; i++) await write(sink, frameOf(i));
    });
    assert.ok(most < 20, `${most} on one promise`);
    assert.deepEqual(errors, []);
  });
});
