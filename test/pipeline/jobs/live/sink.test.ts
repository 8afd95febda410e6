import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamEvents } from '../../../../src/pipeline/jobs/live/encodeStream';
import type { LiveFrame } from '../../../../src/pipeline/jobs/live/liveFrame';
import { encodingSink, type Sink } from '../../../../src/pipeline/jobs/live/sink';
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
  const events: StreamEvents = {
    onFragment: async () => {},
    onFile: (path) => void files.push(path),
    onRecoverableError: ({ message }) => void errors.push(message),
  };
  beforeEach(() => {
    errors = [];
    files = [];
  });

  const open = async (target: Parameters<typeof encodingSink>[2], changes: Partial<StreamEvents> = {}): Promise<Sink> =>
    encodingSink(await binary(), { quality: null, hardware: 'off' }, target, { ...events, ...changes });

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

  it('says why the stream ended, not that its encoder ended', async () => {
    const onFragment = async () => Promise.reject(new Error('the viewer is gone'));
    await using sink = await open({ kind: 'fragments' }, { onFragment });
    for (let i = 0; errors.length === 0; i++) {
      sink.put(frameOf(i));
      await sleep(20);
    }
    assert.deepEqual(errors, ['the viewer is gone']);
  });

  it('keeps the files of the last two streams for players; a change of size is no restart after a failure', async () => {
    const folder = join(scratch, 'hls');
    {
      await using sink = await open({ kind: 'hls', folder });
      for (const [stream, width] of [256, 128, 256, 128].entries())
        for (let i = 0; i < 3; i++) await write(sink, frameOf(10 * stream + i, width));
      const streams = new Set(readdirSync(folder).map((name) => /^live-(\d+)-/.exec(name)?.[1] ?? 'none'));
      streams.delete('none'); // the playlist
      assert.ok(streams.size >= 1 && streams.size <= 2, [...streams].join());
      assert.deepEqual([sink.counts().restarts, errors], [0, []]);
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  it('counts restarts after failures', async () => {
    let failures = 0;
    const onFragment = async (): Promise<void> => {
      if (failures++ === 0) throw new Error('once');
    };
    await using sink = await open({ kind: 'fragments' }, { onFragment });
    for (let i = 0; failures < 3; i++) {
      sink.put(frameOf(i));
      await sleep(20);
    }
    assert.deepEqual([sink.counts().restarts, errors], [1, ['once']]);
  });

  it('says why the encoder ended', async function () {
    if (process.platform === 'win32') this.skip();
    const path = join(scratch, 'failing');
    writeFileSync(path, '#!/bin/sh\necho the reason >&2\nexit 1\n', { mode: 0o755 });
    const failing = { ...(await binary()), path };
    await using sink = encodingSink(failing, { quality: null, hardware: 'off' }, { kind: 'fragments' }, events);
    while (errors.length === 0) {
      sink.put(frameOf(0));
      await sleep(20);
    }
    assert.match(errors[0]!, /^ffmpeg ended with code 1: the reason$/);
  });

  it('a recording that cannot be deleted is reported, and the recording goes on', async () => {
    const folder = join(scratch, 'recordings');
    const old = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => `door_${day}_10-00-00+0000.mp4`);
    for (const name of old) writeOld(join(folder, name), name === old[1]);
    const keep = { count: 1, hours: null, bytes: null };
    await using sink = await open({ kind: 'segments', folder, name: 'door', seconds: 1, keep });
    for (let i = 0; files.length < 2; i++) {
      await write(sink, frameOf(i));
      await sleep(100); // the name of the next file is of another second
    }
    assert.equal(sink.counts().restarts, 0);
    assert.ok(errors.length > 0);
    assert.match(errors[0]!, new RegExp(old[1]!.replaceAll('+', '\\+')));
    assert.deepEqual(
      readdirSync(folder).filter((name) => old.includes(name)),
      [old[1]],
    );
  });
});

/** An old recording, or a folder of that name, which `rm` refuses. */
function writeOld(path: string, isFolder: boolean): void {
  if (isFolder) mkdirSync(path, { recursive: true });
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'a recording');
  }
}
