import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import type { OutConfig } from '../../../nodes/out/buildJob';
import { VideoAssemblies } from '../../../nodes/out/videoFromImages';
import { descendants, isEngine, isFfmpeg } from '../../support/processes';
import { pixels, times } from '../../support/videos';
import { countFrames, makeClip } from '../support/clip';
import {
  example,
  frames,
  func,
  image,
  inject,
  model,
  place,
  reporter,
  upscale,
  videoIn,
  videoOut,
} from '../support/flows';
import { message } from '../support/messages';
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

const FRAMES = 12;

const listeners: FlowNode[] = [
  reporter('result'),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], ...place },
  reporter('caught'),
  { id: 'complete', type: 'complete', z: 'tab', scope: ['out'], uncaught: false, wires: [['completed']], ...place },
  reporter('completed'),
];
const out = (changes: object = {}): FlowNode =>
  videoOut({ filename: '{name}.{ext}', codec: 'ffv1', pictureRate: '', wires: [['result'], []], ...changes });

/** A Function node creates images: `one(99, parts)` is a grey one. */
const made = (code: string, changes: object = {}): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  inject('go', ['make']),
  func(
    'make',
    `const one = (gray, parts, more = {}) => node.send({ topic: 'made', payload: { data: Buffer.alloc(32 * 32 * 3, gray), width: 32, height: 32, channels: 3 }, parts, ...more });
     ${code}; return null;`,
    ['out'],
  ),
  out(changes),
  ...listeners,
];

describe('the videos of a node', () => {
  it('none begins after the node has closed', async () => {
    const evaluateNodeProperty = (value: string, _type: string, _node: Node, _msg: object, done: Evaluated): void =>
      done(null, value);
    const RED = { events: new EventEmitter(), settings: {}, util: { evaluateNodeProperty } } as unknown as NodeAPI;
    const config = { filename: 'made.{ext}', folder: tmpdir(), codec: 'ffv1' } as unknown as OutConfig;
    const shown: unknown[] = [];
    const videos = new VideoAssemblies({} as Node, RED, config, ({ text }) => shown.push(text));
    const input = message({ payload: { data: Buffer.alloc(32 * 32 * 3), width: 32, height: 32, channels: 3 } });
    const taking = videos.take(input); // asks for the name of the file
    await videos.close();
    await taking;
    assert.deepEqual([input.ends, shown], [[null], []]);
  });
});

type Evaluated = (error: null, value: unknown) => void;

describe('video from images in a real Node-RED', () => {
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
      const at = (file: string): string => join(folder, 'made', file);
      const files = (): string[] => readdirSync(at(''));
      const result = async (): Promise<Record<string, unknown>> => {
        await red.until(() => red.reported('result').length > 0, 'a result', 60_000);
        return red.reported('result')[0]!;
      };
      const caught = async (count = 1): Promise<{ code: string }> => {
        await red.until(() => red.reported('caught').length >= count, `error ${count}`, 60_000);
        return red.reported('caught')[count - 1]!['error'] as { code: string };
      };
      const completed = (count: number): Promise<void> =>
        red.until(() => red.reported('completed').length >= count, `completed ${count}`, 60_000);
      /** The first sample of every frame. */
      const grays = async (file: string): Promise<number[]> => {
        const all = await pixels(file);
        return Array.from({ length: all.length / (32 * 32 * 3) }, (_, i) => all[i * 32 * 32 * 3]!);
      };

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        clip = await makeClip(join(folder, 'clip.mp4'), FRAMES);
        red = await Runtime.start(major, folder);
      });
      after(async () => {
        await red.stop();
        remove(folder);
      });
      beforeEach(() => {
        for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
        for (const file of files()) rmSync(at(file), { recursive: true });
      });

      for (const [what, between, wires] of [
        ['directly', [], ['out']],
        ['through image upscale', [image({ queue: '5', wires: [['out'], []] })], ['image']],
      ] as const) {
        it(`splits a video into frames and assembles them, ${what}`, async () => {
          await red.deploy([
            { id: 'tab', type: 'tab', label: 'test' },
            model({ batch: '' }),
            inject('go', ['in']),
            videoIn({}, ['frames']),
            frames({ flow: 'auto', most: '3', every: '1', wires: [[...wires]] }),
            ...between,
            out(),
            ...listeners,
          ]);
          await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
          const { filename, payload } = await result();
          const { status, framesIn, framesOut, dropped, width } = payload as Record<string, unknown>;
          assert.deepEqual([status, framesIn, framesOut, dropped], ['done', FRAMES, FRAMES, 0]);
          assert.equal(width, what === 'directly' ? 64 : 256);
          assert.equal(filename, at('clip.mkv'));
          assert.equal(await countFrames(at('clip.mkv')), FRAMES);
          for (const [i, second] of (await times(at('clip.mkv'))).seconds.entries())
            assert.ok(Math.abs(second - i / 25) < 0.0011);
          await completed(FRAMES);
          await red.until(() => /^done/.test(red.text('out')), 'the status shows it');
          assert.deepEqual([files(), red.reported('caught')], [['clip.mkv'], []]);
        });
      }

      it('reorders images and counts a missing one as dropped', async () => {
        await red.deploy(
          made(
            "for (const i of [2, 0, 1, 5, 4]) one(40 * i, { id: 's', index: i, ...(i === 5 ? { count: 5 } : {}) })",
            { pictureRate: '10' },
          ),
        );
        await red.inject('go');
        const { filename, payload } = await result();
        assert.deepEqual(await grays(String(filename)), [0, 40, 80, 160, 200]);
        const { framesOut, dropped } = payload as Record<string, number>;
        assert.deepEqual([framesOut, dropped], [5, 1]);
        assert.deepEqual(
          (await times(String(filename))).seconds.map((one) => Math.round(one * 10)),
          [0, 1, 2, 3, 4],
        );
        await completed(5);
      });

      it('images without a sequence form one video until msg.complete', async () => {
        await red.deploy(
          made(
            "for (let i = 0; i < 4; i++) one(10 * i); node.send({ complete: true }); one(99, undefined, { complete: true, topic: 'second' })",
          ),
        );
        await red.inject('go');
        await red.until(() => red.reported('result').length === 2, 'two results', 60_000);
        assert.deepEqual(await grays(at('made.mkv')), [0, 10, 20, 30]);
        assert.deepEqual(await grays(at('second.mkv')), [99]);
        await completed(6);
      });

      it('two sequences at a time become two videos', async () => {
        await red.deploy(
          made(
            "for (let i = 0; i < 3; i++) for (const id of ['a', 'b']) one(id === 'a' ? 0 : 200, { id, index: i, count: 3 }, { topic: id })",
          ),
        );
        await red.inject('go');
        await red.until(() => red.reported('result').length === 2, 'two results', 60_000);
        assert.deepEqual(
          [await grays(at('a.mkv')), await grays(at('b.mkv'))],
          [
            [0, 0, 0],
            [200, 200, 200],
          ],
        );
      });

      it('an unreadable image fails the video once; every message is done, and no file is left', async () => {
        await red.deploy(
          made(
            "for (let i = 0; i < 6; i++) i === 2 ? node.send({ payload: Buffer.from('89504e470d0a1a0a0000', 'hex'), parts: { id: 's', index: i } }) : one(0, { id: 's', index: i, count: 6 })",
          ),
        );
        await red.inject('go');
        assert.equal((await caught()).code, 'IMAGE_UNREADABLE');
        await completed(5);
        assert.equal(red.reported('caught').length, 1);
        await red.until(() => files().length === 0, 'no file is left');
        assert.match(red.text('out'), /failed: bad image/);
      });

      it('stop, a deploy and a killed engine leave no file and no ffmpeg', async () => {
        const endless = 'const id = String(Math.random()); for (let i = 0; i < 3; i++) one(0, { id, index: i })';
        const assembling = async (): Promise<void> => {
          red.statuses.length = 0;
          await red.inject('go');
          await red.until(() => red.text('out') === '3 images', 'three images are written');
          assert.ok(files().some((file) => file.startsWith('.made')));
        };
        const nothing = async (): Promise<void> => {
          await red.until(() => files().length === 0, 'no file is left');
          await red.until(() => !descendants(red.pid).some(isFfmpeg), 'no ffmpeg is left', 5000);
        };
        await red.deploy([...made(endless), inject('stop', ['out'])]);
        await assembling();
        await red.inject('stop', [{ p: 'action', v: 'stop', vt: 'str' }]);
        await nothing();
        await assembling();
        for (const { pid, command } of descendants(red.pid)) if (isEngine({ command })) process.kill(pid, 'SIGKILL');
        await nothing();
        await red.deploy(made(endless));
        await assembling();
        await red.deploy(made(endless));
        await nothing();
        assert.deepEqual(red.reported('caught'), []);
      });

      it('rejects invalid settings and existing files', async () => {
        await red.deploy(made("one(0, { id: 's', index: 0, count: 1 })", { folder: '' }));
        await red.inject('go');
        assert.equal((await caught()).code, 'BAD_SETTING');
        await red.deploy(made("one(0, { id: 's' + Date.now(), index: 0, count: 1 })"));
        await red.inject('go');
        await result();
        await red.inject('go');
        assert.equal((await caught(2)).code, 'OUTPUT_EXISTS');
        await red.deploy([...made('one(0)'), upscale(), model()]);
        assert.ok(existsSync(at('made.mkv')));
      });

      it('the example runs from clip to video', async () => {
        const nodes = example('11 - Frames out, a video back.json');
        const tab = nodes[0]!.id;
        await red.deploy([
          ...nodes.map((node) => (node.type === 'remaster-out' ? { ...node, wires: [['seen'], []] } : node)),
          reporter('seen', tab),
        ]);
        await red.inject(nodes.find(({ name: label }) => label === 'sample clip')!.id);
        await red.until(() => red.reported('seen').length > 0, 'the video', 90_000);
        const { filename, payload } = red.reported('seen')[0]!;
        assert.equal(await countFrames(String(filename)), (payload as { framesOut: number }).framesOut);
        assert.equal((payload as { dropped: number }).dropped, 0);
      });
    });
  }
});
