import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus } from 'node-red';
import { ImageWriter } from '../../../nodes/out/imageWriter';
import { VideoAssembly } from '../../../nodes/out/videoAssembly';
import type { ImageMessage } from '../../../nodes/out/waitingImages';
import { createEngine, type Engine } from '../../../src/engine/client/engine';
import { ASSEMBLE_DEFAULTS, type AssembleJob } from '../../../src/settings/assembleJob';
import { message, type Sent } from '../support/messages';

const pixels = { data: Buffer.alloc(32 * 32 * 3, 99), width: 32, height: 32, channels: 3 };

describe('a video from images', function () {
  this.timeout(60_000);
  let engine: Engine;
  let folder: string;
  let job: AssembleJob;
  let shown: string[];
  before(() => {
    engine = createEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'remaster-test-assembly-'));
    job = { ...ASSEMBLE_DEFAULTS, output: join(folder, 'made.mkv'), codec: 'ffv1', fps: 5 };
    shown = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const writer = (): ImageWriter => new ImageWriter(engine, job, ({ text }) => shown.push(text!));
  const image = (payload: unknown, parts: object): ImageMessage & Sent => ({
    ...message({ payload, parts }),
    ...{ parts, hasImage: true },
  });
  /** Settles when every message is done. */
  const allDone = async (images: readonly Sent[]): Promise<void> => {
    while (!images.every(({ ends }) => ends.length > 0)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const assembly = (lostMs?: number): { video: VideoAssembly; ends: () => number } => {
    let ends = 0;
    const showFinal = ({ text }: NodeStatus): void => void shown.push(`${text} (final)`);
    return { video: new VideoAssembly(writer(), { showFinal, onEnd: () => ends++ }, lostMs), ends: () => ends };
  };

  it('the writer counts what it has written and returns the file', async () => {
    const images = writer();
    void images.write(message({ payload: pixels }).msg);
    await images.write(message({ payload: pixels }).msg);
    const { output, frames } = await images.finish();
    assert.deepEqual([output, frames, existsSync(output)], [job.output, 2, true]);
    assert.deepEqual(shown, ['starting', '1 images', '2 images', 'finishing']);
  });

  it('a writer that is discarded leaves no file and rejects every call with the reason', async () => {
    const images = writer();
    await images.write(message({ payload: pixels }).msg);
    const pending = assert.rejects(images.write(message({ payload: pixels }).msg), /stopped/);
    await images.discard(new Error('stopped'));
    await pending;
    await assert.rejects(images.finish(), /stopped/);
    assert.deepEqual([readdirSync(folder), shown.includes('finishing')], [[], false]);
  });

  it('writes the images in order, and its last message carries the result', async () => {
    const { video, ends } = assembly();
    const images = [1, 0, 2].map((index) => image(pixels, { index, count: 3 }));
    assert.deepEqual(
      images.map((one) => video.take(one)),
      [false, false, true],
    );
    await allDone(images);
    const { payload, filename } = images[2]!.msg as {
      payload: { framesIn: number; framesOut: number };
      filename?: string;
    };
    assert.deepEqual([payload.framesIn, payload.framesOut, filename, ends()], [3, 3, job.output, 1]);
    assert.deepEqual(
      images.map(({ ends: all, sent }) => [all, sent.length]),
      [
        [[null], 0],
        [[null], 0],
        [[null], 1],
      ],
    );
    assert.match(shown.at(-1)!, /^done \d+s \(final\)$/);
  });

  it('one unreadable image fails the video: one error, and every message is done once', async () => {
    const { video, ends } = assembly();
    const images = [0, 1, 2].map((index) => image(index === 1 ? Buffer.from('no image') : pixels, { index, count: 3 }));
    for (const one of images) video.take(one);
    await allDone(images);
    const errors = images.flatMap((one) => one.ends).filter((error) => error !== null);
    assert.deepEqual([errors.length, images[1]!.ends.length, images[2]!.sent, ends()], [1, 1, [], 1]);
    assert.match(shown.at(-1)!, /^failed/);
  });

  for (const [what, came] of [
    ['in between', [0, 2]],
    ['at the end', [0, 1]],
  ] as const)
    it(`an announced image that was lost ${what} does not keep it open`, async () => {
      const { video, ends } = assembly(50);
      const images = came.map((index) => image(pixels, { index, count: 3 }));
      for (const one of images) assert.equal(video.take(one), false);
      await allDone(images);
      while (images[1]!.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const { payload } = images[1]!.msg as { payload: { framesIn: number; framesOut: number; dropped: number } };
      assert.deepEqual([payload.framesIn, payload.framesOut, payload.dropped, ends()], [3, 2, 1, 1]);
      const late = image(pixels, { index: 1, count: 3 });
      assert.deepEqual([video.take(late), late.ends, images.map((one) => one.ends)], [true, [null], [[null], [null]]]);
    });

  it('an index that is none fails the video', async () => {
    const { video, ends } = assembly();
    const wrong = image(pixels, { index: 0.5 });
    assert.equal(video.take(wrong), false);
    assert.deepEqual([wrong.ends, ends()], [['BAD_SETTING'], 1]);
  });

  it('a stop ends its messages without an error and leaves no file', async () => {
    const { video } = assembly();
    const images = [0, 2].map((index) => image(pixels, { index, count: 3 }));
    for (const one of images) video.take(one);
    await video.stop();
    assert.deepEqual([images.map(({ ends }) => ends), readdirSync(folder)], [[[null], [null]], []]);
  });
});
