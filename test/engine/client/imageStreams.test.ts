import assert from 'node:assert/strict';
import type { Engine } from '../../../src/engine/client/engine';
import { assembleImages, extractImages } from '../../../src/engine/client/imageStreams';
import { ASSEMBLE_DEFAULTS } from '../../../src/settings/assembleJob';
import { FRAMES_DEFAULTS } from '../../../src/settings/framesJob';

describe('imageStreams', () => {
  let asked: string[];
  let pid: number | null;

  beforeEach(() => ([asked, pid] = [[], 1]));

  /** An engine whose answers are these, one after the other. */
  const engine = (...answers: readonly unknown[]): Engine => {
    const left = [...answers];
    const ask = async (what: string, { keep }: { keep?: boolean }): Promise<unknown> => {
      asked.push(keep === undefined ? what : `${what}, keep: ${keep}`);
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return {
      ask,
      get pid() {
        return pid;
      },
    } as unknown as Engine;
  };

  async function extracted(from: Engine, atMost = Infinity): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const image of extractImages(from, { ...FRAMES_DEFAULTS, input: '/in.mp4' })) {
      found.push(image);
      if (found.length === atMost) break;
    }
    return found;
  }

  it('extracts frames until there are no more, then closes', async () => {
    assert.deepEqual(await extracted(engine(null, 'a', 'b', null, null)), ['a', 'b']);
    assert.deepEqual(asked, ['openFrames', 'nextFrame', 'nextFrame', 'nextFrame', 'closeFrames']);
  });

  it('closes when the loop ends early, and when a frame fails', async () => {
    assert.deepEqual(await extracted(engine(null, 'a', 'b'), 1), ['a']);
    assert.deepEqual(asked.splice(0), ['openFrames', 'nextFrame', 'closeFrames']);
    await assert.rejects(extracted(engine(null, new Error('unreadable'))), /unreadable/);
    assert.deepEqual(asked, ['openFrames', 'nextFrame', 'closeFrames']);
  });

  it('closes what a stop may have opened', async () => {
    await assert.rejects(extracted(engine(new Error('stopped'))), /stopped/);
    assert.deepEqual(asked, ['openFrames', 'closeFrames']);
  });

  it('does not start an engine to close in it', async () => {
    pid = null;
    assert.deepEqual(await extracted(engine(null, null)), []);
    assert.deepEqual(asked, ['openFrames', 'nextFrame']);
  });

  async function* images(fails = false) {
    for (const time of [0, 1]) yield { source: { path: `/${time}.png` }, time } as never;
    if (fails) throw new Error('no more');
  }
  const job = { ...ASSEMBLE_DEFAULTS, output: '/out.mp4' };

  it('assembles images and keeps the video', async () => {
    assert.equal(await assembleImages(engine(null, null, null, 'result'), job, images()), 'result');
    assert.deepEqual(asked, ['openAssembly', 'addImage', 'addImage', 'closeAssembly, keep: true']);
  });

  it('deletes the video when an image fails, or the images end with an error', async () => {
    await assert.rejects(assembleImages(engine(null, new Error('unreadable'), null), job, images()), /unreadable/);
    assert.deepEqual(asked.splice(0), ['openAssembly', 'addImage', 'closeAssembly, keep: false']);
    await assert.rejects(assembleImages(engine(), job, images(true)), /no more/);
    assert.equal(asked.at(-1), 'closeAssembly, keep: false');
  });

  it('without an engine there is no video to delete', async () => {
    pid = null;
    await assert.rejects(assembleImages(engine(new Error('gone')), job, images()), /gone/);
    assert.deepEqual(asked.splice(0), ['openAssembly']);
    pid = 1;
    await assert.rejects(assembleImages(engine(null, null, null, new Error('full')), job, images()), /full/);
    assert.deepEqual(asked.slice(3), ['closeAssembly, keep: true', 'closeAssembly, keep: false']);
  });
});
