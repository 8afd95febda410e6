import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { segmentWriter } from '../../../../src/pipeline/jobs/restore/segments';
import { isFfmpeg, processes } from '../../../support/processes';
import { codecOf, encodingOf, never, SIZE } from '../../../support/segments';
import { binary, scratchFolder } from '../../../support/videos';

describe('the writer of segments', () => {
  const scratch = scratchFolder();
  const frame = { ...SIZE, depth: 8 as const, data: new Uint8Array(SIZE.width * SIZE.height * 3) };

  it('disposed while a frame begins a segment, leaves no encoder and begins no other', async () => {
    const ffmpeg = await binary();
    const begun: string[] = [];
    const folder = {
      done: [],
      later: new Map(),
      newSegment: async () => {
        await sleep(20);
        begun.push(join(scratch, `${begun.length}.nut`));
        return begun.at(-1)!;
      },
    } as unknown as Parameters<typeof segmentWriter>[1];
    const space = { warning: null, check: async () => {} };
    const encoding = encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv'));
    const writer = segmentWriter(ffmpeg, folder, 9, encoding, space, null, never);
    const written = writer.write(frame);
    await writer[Symbol.asyncDispose]();
    await Promise.allSettled([written]);
    await assert.rejects(writer.write(frame), /the job has ended/);
    assert.equal(begun.length, 1);
    assert.deepEqual(processes(new RegExp(scratch)).filter((line) => isFfmpeg({ command: line.replace(/^\d+ /, '') })), []); // prettier-ignore
  });
});
