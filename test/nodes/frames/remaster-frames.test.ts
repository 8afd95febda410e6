import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { descendants, isEngine, isFfmpeg } from '../../support/processes';
import { makeClip } from '../support/clip';
import { frames, image, inject, model, place, reporter, upscale, videoIn } from '../support/flows';
import {
  installedPackage,
  nodeRed4,
  nodeRed5,
  remove,
  Runtime,
  userDirectory,
  type FlowNode,
  type Major,
} from '../support/nodeRed';

const FRAMES = 30;

/** video in → video frames, with a reporter behind every output. */
const flow = (changes: object = {}, more: readonly FlowNode[] = []): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model(),
  inject('go', ['in']),
  videoIn({}, ['frames']),
  inject('ask', ['frames']),
  frames(changes),
  reporter('output'),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], ...place },
  reporter('caught'),
  { id: 'complete', type: 'complete', z: 'tab', scope: ['frames'], uncaught: false, wires: [['completed']], ...place },
  reporter('completed'),
  ...more,
];

describe('video frames in a real Node-RED', () => {
  let installed: string;
  before(async function () {
    this.timeout(300_000);
    installed = await installedPackage();
  });

  for (const [name, find] of [
    ['Node-RED 4', async () => nodeRed4],
    ['Node-RED 5', nodeRed5],
  ] as const) {
    describe(name, function () {
      this.timeout(120_000);
      let major: Major;
      let red: Runtime;
      let folder: string;
      let clip: string;
      let long: string;
      const play = (filename: string): Promise<void> => red.inject('go', [{ p: 'filename', v: filename, vt: 'str' }]);
      const act = (p: string, v = '1'): Promise<void> => red.inject('ask', [{ p, v, vt: 'str' }]);
      const images = (): Record<string, unknown>[] => red.reported('output');
      const seen = (count: number): Promise<void> =>
        red.until(() => images().length >= count, `image ${count}`, 60_000);
      const completed = (count: number): Promise<void> =>
        red.until(() => red.reported('completed').length >= count, `completed ${count}`, 60_000);
      const caught = async (count = 1): Promise<{ code: string }> => {
        await red.until(() => red.reported('caught').length >= count, `error ${count}`, 60_000);
        return red.reported('caught')[count - 1]!['error'] as { code: string };
      };
      const noFfmpeg = (): Promise<void> =>
        red.until(() => !descendants(red.pid).some(isFfmpeg), 'no ffmpeg is left', 5000);

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        clip = await makeClip(join(folder, 'clip.mp4'), FRAMES);
        long = await makeClip(join(folder, 'long.mp4'), 1000, { width: 320, height: 180 });
        red = await Runtime.start(major, folder);
      });
      after(async () => {
        await red.stop();
        remove(folder);
      });
      beforeEach(() => {
        for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
      });

      it('sends the selected frames as a sequence; its last message has the count', async () => {
        await red.deploy(flow());
        await play(clip);
        await completed(1);
        const all = images();
        assert.deepEqual(
          all.map(({ frame }) => (frame as { index: number }).index),
          [0, 10, 20],
        );
        const parts = all.map(
          (msg) => msg['parts'] as { id: string; index: number; count?: number; type: string; len: number },
        );
        assert.deepEqual(
          parts.map(({ index, count, type, len }) => [index, count, type, len]),
          [
            [0, undefined, 'array', 1],
            [1, undefined, 'array', 1],
            [2, 3, 'array', 1],
          ],
        );
        assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
        const { time, width, height, dropped } = all[2]!['frame'] as Record<string, number>;
        assert.deepEqual([time, width, height, dropped], [0.8, 64, 36, 9]);
        assert.deepEqual([all[0]!['topic'], all[0]!['video'], all[0]!['filename']], ['clip.mp4', undefined, clip]);
        const data = Buffer.from((all[0]!['payload'] as { data: number[] }).data);
        const { format, width: wide } = await sharp(data).metadata();
        assert.deepEqual([format, wide], ['png', 64]);
        assert.equal(red.text('frames'), '3 sent');
        assert.equal(red.reported('completed').length, 1);
      });

      it('sends restored frames after a video upscale node', async () => {
        await red.deploy(
          flow({ format: 'jpeg', width: '200', every: '15' }, [upscale({}, ['frames'])]).map((node) =>
            node.id === 'in' ? { ...node, wires: [['up']] } : node,
          ),
        );
        await play(clip);
        await completed(1);
        assert.deepEqual(
          images().map(({ frame }) => {
            const { width, height } = frame as Record<string, number>;
            return [width, height];
          }),
          [
            [200, 113],
            [200, 113],
          ],
        );
      });

      it('sends one frame per request', async () => {
        await red.deploy(flow({ flow: 'request', most: '2', pick: 'times', times: '0, 0.2, 0.4, 0.6, 00:00:01' }));
        await play(clip);
        await seen(2);
        await red.until(() => red.text('frames') === 'waiting for request', 'the node waits');
        await sleep(500);
        assert.equal(images().length, 2);
        await act('tick');
        await seen(3);
        await act('action', 'next');
        await seen(4);
        assert.equal(red.reported('completed').filter((msg) => 'video' in msg).length, 0);
        await act('tick');
        await red.until(() => red.reported('completed').some((msg) => 'video' in msg), 'the video is complete');
        assert.deepEqual(
          images().map(({ frame }) => (frame as { index: number }).index),
          [0, 5, 10, 15, 25],
        );
      });

      it('automatic back-pressure: image upscale drops no frame', async () => {
        await red.deploy(
          flow({ flow: 'auto', most: '2', every: '3', wires: [['image']] }, [
            image({ wires: [['output'], ['dropped']] }),
            reporter('dropped'),
          ]),
        );
        await play(clip);
        await completed(1);
        await seen(10);
        assert.equal(red.reported('dropped').length, 0);
        assert.deepEqual(
          images().map(({ parts }) => (parts as { index: number }).index),
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        );
        assert.equal((images()[9]!['parts'] as { count: number }).count, 10);
        assert.equal((images()[9]!['image'] as { width: number }).width, 256);
      });

      it('gets acknowledgements of failed images', async () => {
        await red.deploy(flow({ flow: 'auto', wires: [['image']] }, [image({ megapixels: '0.001' })]));
        await play(clip);
        await completed(1);
        assert.equal((await caught(3)).code, 'IMAGE_TOO_LARGE');
      });

      it('stop ends all videos, skip ends one, and no process is left', async () => {
        await red.deploy(flow({ flow: 'request', every: '1' }));
        await play(long);
        await seen(1);
        await play(clip);
        await sleep(300);
        await act('action', 'skip');
        await seen(2);
        assert.equal(images()[1]!['topic'], 'clip.mp4');
        await act('reset');
        await red.until(() => red.text('frames') === 'stopped', 'the status shows it');
        await noFfmpeg();
        await completed(4); // two videos, two actions
        assert.deepEqual(red.reported('caught'), []);
        await play(clip);
        await seen(3);
      });

      it('a deploy during a video leaves no ffmpeg, and the node still works', async () => {
        await red.deploy(flow({ flow: 'request', every: '1' }));
        await play(long);
        await seen(1);
        assert.ok(descendants(red.pid).some(isFfmpeg));
        await red.deploy(flow());
        await noFfmpeg();
        await play(clip);
        await seen(4);
        assert.deepEqual(red.logs, []);
      });

      it('reports a killed engine with a code, and the next video works', async () => {
        await red.deploy(flow({ flow: 'request', every: '1' }));
        await play(long);
        await seen(1);
        for (const { pid, command } of descendants(red.pid)) if (isEngine({ command })) process.kill(pid, 'SIGKILL');
        for (let i = 0; i < 3; i++) await act('tick');
        assert.equal((await caught()).code, 'ENGINE_CRASHED');
        await noFfmpeg();
        await play(clip);
        await seen(2);
      });

      it('rejects invalid messages and settings', async () => {
        await red.deploy(flow({ pick: 'times', times: 'noon' }));
        await act('topic', 'nothing');
        assert.equal((await caught()).code, 'NO_PLAN');
        await play(clip);
        assert.equal((await caught(2)).code, 'BAD_SETTING');
        assert.match(red.text('frames'), /failed: bad setting/);
      });
    });
  }
});
