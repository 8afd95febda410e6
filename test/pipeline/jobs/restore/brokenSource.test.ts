import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import { endedTooSoon, untilBroken } from '../../../../src/pipeline/jobs/restore/brokenSource';
import type { FrameSource } from '../../../../src/pipeline/media/decode';
import type { Frame } from '../../../../src/pipeline/media/frame';
import type { VideoInfo } from '../../../../src/pipeline/media/probe';
import { never } from '../../../support/segments';
import { scratchFolder } from '../../../support/videos';

describe('a source that breaks off', () => {
  const path = join(scratchFolder(), 'source.mkv');
  let info: VideoInfo;
  beforeEach(() => {
    writeFileSync(path, 'ten bytes.');
    const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
    info = { source: { path, bytes, modifiedMs } } as VideoInfo;
  });
  const removed = (): void => rmSync(path);

  /** `frames` frames, and then an error. */
  function failing(frames: number, error: unknown): FrameSource {
    const times: number[] = [];
    return {
      decoded: { times, resized: [], jumps: [], complaints: { heard: [], count: () => 0, hear: () => {} } },
      stderrTail: () => '',
      async *read() {
        for (let i = 0; i < frames; i++) {
          times.push(i);
          yield { index: i, pts: i } as Frame;
        }
        throw error;
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  /** Number of frames, and the code of why it ended. */
  async function read(source: FrameSource, signal = never): Promise<readonly [number, string | null]> {
    const broken = untilBroken(source, info, signal);
    let count = 0;
    for await (const _ of broken.read()) count++;
    return [count, broken.broken()?.code ?? null];
  }

  const damaged = new RemasterError('SOURCE_DAMAGED', 'decoding stopped after frame 3');
  const unreadable = new RemasterError('SOURCE_UNREADABLE', 'it cannot be read');

  it('ends where it is damaged', async () => assert.deepEqual(await read(failing(3, damaged)), [3, 'SOURCE_DAMAGED']));

  it('ends where it was read when it is gone', async () => {
    removed();
    assert.deepEqual(await read(failing(3, unreadable)), [3, 'SOURCE_UNREADABLE']);
  });

  it('any other failure is one, and so is one before the first frame', async () => {
    await assert.rejects(read(failing(3, unreadable)), unreadable);
    await assert.rejects(read(failing(0, damaged)), damaged);
    await assert.rejects(read(failing(3, new Error('a bug'))), /^Error: a bug$/);
    await assert.rejects(read(failing(3, damaged), AbortSignal.abort(new Error('stopped'))), /^Error: stopped$/);
  });

  it('gone before the first frame, it has changed; a bug is one all the same', async () => {
    removed();
    await assert.rejects(read(failing(3, new Error('a bug'))), /^Error: a bug$/);
    await assert.rejects(read(failing(0, unreadable)), { code: 'SOURCE_CHANGED', cause: unreadable });
  });

  it('one that ends within finished frames: changed, or damaged', async () => {
    const end = async (why: RemasterError | null): Promise<string> => {
      const { code, message } = await endedTooSoon({ broken: () => why }, 30, info);
      return `${code}: ${message.replace(path, 'It')}`;
    };
    assert.equal(await end(damaged), 'SOURCE_DAMAGED: It is damaged: decoding stopped after frame 3.');
    assert.match(
      await end(null),
      /^SOURCE_DAMAGED: .* ends within the 30 frames that an interrupted job has finished\.$/,
    );
    removed();
    assert.equal(await end(damaged), 'SOURCE_CHANGED: It was removed while it was being read.');
  });
});
