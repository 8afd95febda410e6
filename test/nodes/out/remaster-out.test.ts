import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, isFfmpeg, stillThere, workingEngine } from '../../support/processes';
import { writeFace, writeHoles } from '../../support/tinyBundle';
import { description, ff } from '../../support/videos';
import { serverProgram } from '../../support/queueServers';
import { countFrames, makeClip } from '../support/clip';
import {
  chain,
  example,
  exampleNames,
  func,
  inject,
  model,
  place,
  reporter,
  upscale,
  videoIn,
  videoOut,
} from '../support/flows';
import { assertQueueWorks, installQueue } from '../support/queueFlow';
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

/** Frames of a segment: an interrupted job continues after the last finished one. */
const SEGMENT = 100;
/** Small: a frame takes 20 ms. Long: there is time to interrupt it. */
const SMALL = { width: 64, height: 36 };
const LONG = 400;

describe('nodes in a real Node-RED', () => {
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
      /** Tests that do not depend on the version of Node-RED run once. */
      const isFirst = name === 'Node-RED 4';
      this.timeout(120_000);
      let major: Major;
      let red: Runtime;
      let folder: string;
      let clip: string;
      let long: string;
      const out = (file = ''): string => join(folder, 'made', file);
      const send = (filename: unknown, id = 'go'): Promise<void> =>
        red.inject(id, [{ p: 'filename', v: filename, vt: 'str' }]);
      const act = (action: string): Promise<void> => red.inject('go', [{ p: 'action', v: action, vt: 'str' }]);
      const result = async (count = 1, limitMs = 60_000): Promise<Record<string, unknown>> => {
        await red.until(() => red.reported('result').length >= count, `result ${count}`, limitMs);
        return red.reported('result')[count - 1]!;
      };
      const payload = async (count = 1): Promise<Record<string, unknown>> =>
        (await result(count))['payload'] as Record<string, unknown>;
      /** The newest progress. */
      const latest = (): { readonly frame: number; readonly stage: string } =>
        (red.reported('progress').at(-1)?.['progress'] ?? { frame: 0, stage: '' }) as { frame: number; stage: string };
      const frame = (): number => latest().frame;
      const caught = async (count = 1): Promise<{ code: string; message: string }> => {
        await red.until(() => red.reported('caught').length >= count, `error ${count}`, 60_000);
        return red.reported('caught')[count - 1]!['error'] as { code: string; message: string };
      };
      /** The video is complete, and the first segment was not restored twice. */
      const assertResumed = async (): Promise<void> => {
        const { status, framesOut, resumedFrom } = await payload();
        assert.deepEqual([status, framesOut], ['done', LONG]);
        assert.ok(Number(resumedFrom) >= SEGMENT && Number(resumedFrom) < LONG, `resumed from ${String(resumedFrom)}`);
      };
      /** Completed messages with a video; messages with an action complete at once. */
      const completed = (): number => red.reported('completed').filter((msg) => 'video' in msg).length;
      const ffmpegs = (): number => descendants(red.pid).filter(isFfmpeg).length;

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        clip = await makeClip(join(folder, 'clip.mp4'), 8);
        long = await makeClip(join(folder, 'long.mp4'), LONG, SMALL);
        red = await Runtime.start(major, folder);
        assert.equal(`Node-RED ${red.version.split('.')[0]}`, name);
      });
      after(async () => {
        await red.stop();
        remove(folder);
      });
      beforeEach(() => {
        for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
        for (const file of readdirSync(out())) rmSync(out(file), { recursive: true });
      });

      it('loads every node of the package', async () => {
        const nodes = (await red.get('nodes')) as { module: string; types: string[]; err?: string; enabled: boolean }[];
        const ours = nodes.filter(({ module }) => module === '@remaster/node-red-video');
        assert.deepEqual(ours.flatMap(({ types }) => types).toSorted(), [
          'remaster-batch',
          'remaster-frames',
          'remaster-image',
          'remaster-in',
          'remaster-model',
          'remaster-out',
          'remaster-upscale',
        ]);
        for (const { err, enabled } of ours) assert.deepEqual([err, enabled], [undefined, true]);
      });

      for (const file of exampleNames) {
        it(`deploys the example ${file}`, async () => {
          await red.deploy(example(file));
          await sleep(300);
          assert.deepEqual(red.logs, []);
        });
      }

      it('serves the editor: models, doctor, test', async () => {
        const models = (await red.get('remaster/models')) as { name: string; problem: unknown }[];
        assert.ok(models.some((one) => one.name === 'x4' && one.problem === null));
        const doctor = (await red.get('remaster/doctor')) as { lines: { what: string }[] };
        assert.ok(doctor.lines.length > 2);
        const answer = await fetch(`${red.url}/remaster/test`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ model: 'x4', modelType: 'bundle', provider: 'cpu', device: '0', threads: '0' }),
        });
        const test = (await answer.json()) as { provider: string; ms: number };
        assert.deepEqual([answer.status, test.provider], [200, 'cpu']);
        assert.ok(test.ms > 0);
      });

      if (isFirst)
        it('estimates the time for files that messages may name and for the deployed file', async () => {
          const elsewhere = realpathSync(mkdtempSync('/var/tmp/remaster-else-'));
          try {
            const own = join(elsewhere, 'own.mp4');
            for (const file of ['own.mp4', 'other.mp4']) copyFileSync(clip, join(elsewhere, file));
            await red.deploy(chain({ in: { path: own, pathType: 'str' } }));
            const work = { model: 'x4', modelType: 'bundle', provider: 'cpu', device: 0, threads: 0, steps: '3' };
            const base = { node: 'in', source: 'file', pathType: 'str', work };
            const ask = async (changes: object): Promise<[number, Record<string, unknown>]> => {
              const answer = await fetch(`${red.url}/remaster/forecast`, {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ ...base, ...changes }),
              });
              return [answer.status, (await answer.json()) as Record<string, unknown>];
            };
            const [status, all] = await ask({ path: clip });
            assert.equal(status, 200, JSON.stringify(all));
            const { label, width, height, frames, model: used, provider, seconds } = all;
            assert.deepEqual(
              { label, width, height, frames, used, provider },
              { label: 'clip.mp4', width: 64, height: 36, frames: 8, used: 'x4', provider: 'cpu' },
            );
            assert.ok(Number(seconds) > 0);
            const [, half] = await ask({ path: clip, trimEnd: '0.16' });
            assert.ok(
              Math.abs(Number(half['seconds']) / Number(seconds) - 0.5) < 0.01,
              'half the video: half the time',
            );
            assert.equal(half['provider'], null, 'the model was not tested again');
            assert.equal((await ask({ path: own }))[0], 200, 'the author of the flow names the deployed file');
            assert.equal((await ask({ source: 'sample' }))[1]['label'], 'sample.mp4');
            for (const [path, code] of [
              [join(elsewhere, 'other.mp4'), 'PATH_NOT_ALLOWED'],
              ['http://example.org/video.mp4', 'PATH_NOT_ALLOWED'],
              [join(folder, 'none.mp4'), 'SOURCE_NOT_FOUND'],
              ['', 'BAD_SETTING'],
            ] as const) {
              const [bad, record] = await ask({ path });
              assert.deepEqual([bad, record['code']], [500, code], path);
            }
          } finally {
            remove(elsewhere);
          }
        });

      if (isFirst)
        it('a user with read permission sees the models and cannot start work', async () => {
          const adminAuth = { type: 'credentials', users: [], default: { permissions: 'read' } };
          const other = userDirectory(installed);
          const guarded = await Runtime.start(major, other, { adminAuth });
          try {
            assert.ok(Array.isArray(await guarded.get('remaster/models')));
            for (const work of ['test', 'forecast']) {
              const answer = await fetch(`${guarded.url}/remaster/${work}`, { method: 'POST' });
              assert.equal(answer.status, 401, work);
            }
          } finally {
            await guarded.stop();
            remove(other);
          }
        });

      it('restores a video on the workers of a queue', async function () {
        if (serverProgram('redis') === null) this.skip();
        if (isFirst) {
          await red.deploy(chain({ model: { runsOn: 'queue', queue: 'redis://127.0.0.1' } }));
          await send(clip);
          const { code, message } = await caught();
          assert.equal(code, 'RUNTIME_MISSING');
          assert.match(message, /The package ioredis is not installed, which queues need\. Run npm install ioredis /);
          red.reports.length = 0;
        }
        installQueue(installed);
        await assertQueueWorks(red, clip, result);
      });

      it('restores the sample clip of the first example', async () => {
        const flow = example(exampleNames[0]!).map((node): FlowNode => {
          if (node.type === 'remaster-in') return { ...node, trimEnd: '0.1' };
          if (node.type === 'remaster-upscale') return { ...node, steps: '1' };
          return node.type === 'remaster-out' ? { ...node, folder: out(), wires: [['result'], []] } : node;
        });
        const tab = flow.find(({ type }) => type === 'tab')!.id;
        await red.deploy([...flow, reporter('result', tab)]);
        await red.inject(flow.find(({ type, name: label }) => type === 'inject' && label === 'sample clip')!.id);
        const { framesOut, status } = await payload();
        assert.equal(status, 'done');
        assert.ok((framesOut as number) >= 1);
        assert.deepEqual(readdirSync(out()), ['sample_x4.mp4']);
      });

      if (isFirst)
        it('restores files added to the folder of the third example', async () => {
          const flow = example(exampleNames[2]!).map((node): FlowNode => {
            if (node.type === 'remaster-upscale') return { ...node, steps: '1' };
            return node.type === 'remaster-out' ? { ...node, folder: out(), wires: [['result'], []] } : node;
          });
          await red.deploy([...flow, reporter('result', flow.find(({ type }) => type === 'tab')!.id)]);
          writeFileSync(join(folder, 'letter.txt'), 'not a video');
          copyFileSync(clip, join(folder, 'dropped.mp4')); // the home folder of this Node-RED is its user directory
          assert.equal((await result())['filename'], out('dropped_x4.mp4'));
          await sleep(500);
          assert.equal(red.reported('result').length, 1);
        });

      it('restores a clip, sends progress, and completes with the job', async () => {
        await red.deploy(chain());
        await send(clip);
        const done = await result();
        await red.until(() => completed() > 0, 'completed');
        assert.equal(done['filename'], out('clip_x4.mp4'));
        const { status, framesIn, framesOut, dropped, width, height, resumedFrom, bytes, elapsed, fps, speed } =
          await payload();
        assert.deepEqual(
          { status, framesIn, framesOut, dropped, width, height, resumedFrom },
          { status: 'done', framesIn: 8, framesOut: 8, dropped: 0, width: 256, height: 144, resumedFrom: 0 },
        );
        for (const number of [bytes, elapsed, fps, speed]) assert.ok((number as number) > 0);
        assert.equal(await countFrames(out('clip_x4.mp4')), 8);

        const progress = red.reported('progress');
        assert.equal(progress.at(-1)!['payload'], 100);
        for (const each of progress) assert.equal(each['topic'], 'clip.mp4');
        assert.equal(completed(), 1);
        assert.equal(red.reported('result').length, 1);
        assert.deepEqual(red.logs, []);

        assert.match(red.text('out'), /^done \d+s$/);
        assert.equal(red.text('in'), '64x36 25fps');
        assert.equal(red.text('up'), 'x4');
        assert.ok(
          red.statuses.some(({ id, text }) => id === 'up' && text.startsWith('x4 ')),
          'the upscale node shows the speed',
        );
        for (const { text } of red.statuses) assert.ok(text.length <= 20, text);
      });

      if (isFirst)
        it('auto chooses the model for the file; the plan, the status and the result say which and why', async () => {
          const plan = func('plan', "global.get('report')('plan', msg.video); return msg;", ['out']);
          const flow = (chosen: string): FlowNode[] => [
            ...chain({ model: { model: chosen }, up: { wires: [['plan']] } }),
            plan,
            inject('outside', ['out']),
          ];
          await red.deploy(flow('auto'));
          await send(clip);
          const reason = 'it is small, with 64×36';
          const { status, model: used } = await payload();
          assert.deepEqual([status, readdirSync(out())], ['done', ['clip_x4.mp4']]);
          const { name: usedName, reason: why } = used as { name: string; reason: string };
          assert.deepEqual([usedName, why], ['x4', reason]);
          await red.until(() => red.text('up') === 'auto: x4', 'the status');
          const [video] = red.reported('plan') as unknown as readonly {
            stages: readonly [{ model: string; reason: string }];
          }[];
          const [stage] = video!.stages;
          assert.deepEqual([stage.model, stage.reason], ['x4', reason]);
          const forged = { ...video, stages: [{ ...stage, model: '/tmp/evil' }] };
          await red.inject('outside', [{ p: 'video', v: JSON.stringify(forged), vt: 'json' }]);
          assert.equal((await caught()).code, 'PLAN_STAGE_GONE', 'a plan names no model that could not be chosen');
          const asked = { model: 'auto', modelType: 'bundle', provider: 'cpu', device: 0, threads: 0, steps: '1' };
          const post = async (what: string, body: object): Promise<Record<string, unknown>> => {
            const headers = { 'Content-Type': 'application/json' };
            const answer = await fetch(`${red.url}/remaster/${what}`, {
              method: 'POST',
              headers,
              body: JSON.stringify(body),
            });
            return (await answer.json()) as Record<string, unknown>;
          };
          assert.equal((await post('test', asked))['model'], 'x2');
          const forecast = await post('forecast', {
            node: 'in',
            source: 'file',
            pathType: 'str',
            path: clip,
            work: asked,
          });
          assert.equal(forecast['model'], 'x4');
          assert.ok(Number(forecast['seconds']) > 0);
          await red.deploy(flow('x2'));
          await red.inject('outside', [{ p: 'video', v: JSON.stringify(video), vt: 'json' }]);
          assert.equal((await caught(2)).code, 'PLAN_STAGE_GONE', 'its node no longer chooses');
        });

      it('reports every bad input with a code', async () => {
        const notVideo = join(folder, 'words.mp4');
        writeFileSync(notVideo, 'These are words, not pictures.\n'.repeat(100));
        const empty = join(folder, 'empty.mp4');
        writeFileSync(empty, '');
        const list = join(folder, 'list.mp4');
        writeFileSync(list, "ffconcat version 1.0\nfile 'clip.mp4'\n");
        symlinkSync('/etc', join(folder, 'way'));
        await red.deploy(chain());
        const cases: [string, string][] = [
          [join(folder, 'none.mp4'), 'SOURCE_NOT_FOUND'],
          ['', 'BAD_SETTING'],
          [folder, 'SOURCE_UNREADABLE'],
          [empty, 'SOURCE_EMPTY'],
          [notVideo, 'SOURCE_UNREADABLE'],
          ['concat:clip.mp4|clip.mp4', 'PATH_NOT_ALLOWED'],
          ['http://127.0.0.1:9/clip.mp4', 'PATH_NOT_ALLOWED'],
          ['list.m3u8', 'PATH_NOT_ALLOWED'],
          [list, 'PATH_NOT_ALLOWED'],
          ['/etc/hostname', 'PATH_NOT_ALLOWED'],
          [join(folder, 'way/hostname'), 'PATH_NOT_ALLOWED'],
        ];
        for (const [index, [filename, code]] of cases.entries()) {
          await send(filename);
          const error = await caught(index + 1);
          assert.equal(error.code, code, `${filename}: ${error.message}`);
          assert.match(red.text('in'), /^failed: /);
        }
        assert.equal(red.reported('result').length, 0);
        assert.deepEqual(readdirSync(out()), []);
      });

      if (isFirst)
        it('an output that is no video fails its job, and none stays in the list', async () => {
          await red.deploy(chain({ out: { filename: 'made.xyz' } }));
          await send('clip.mp4');
          assert.equal((await caught()).code, 'BAD_SETTING');
          await red.until(() => red.text('out') === 'failed: bad setting', 'the status');
          const jobs = (await red.get('remaster/jobs')) as readonly { readonly is: string }[];
          assert.deepEqual([jobs[0]?.is, jobs.filter(({ is }) => is === 'running')], ['failed', []]);
        });

      if (isFirst)
        it('accepts file names that look like options or need quoting', async () => {
          await red.deploy(chain({ in: { trimEnd: '0.04' } }));
          const names = ['-i.mp4', 'it\'s "quoted" & spaced.mp4', 'Übung 動画.mp4', 'two\nlines.mp4', '100%d.mp4'];
          for (const [index, file] of names.entries()) {
            await makeClip(join(folder, file), 2);
            await send(file); // relative to the working folder
            const { status } = await payload(index + 1);
            assert.equal(status, 'done', file);
            assert.ok(existsSync(out(file.replace('.mp4', '_x4.mp4'))), file);
          }
          assert.deepEqual(red.reported('caught'), []);
        });

      it('validates plans that other nodes wrote', async () => {
        await red.deploy([...chain(), inject('outside', ['out']), inject('between', ['up'])]);
        const info = {
          width: 64,
          height: 36,
          fps: 25,
          frames: 8,
          duration: 0.32,
          interlaced: false,
          audio: true,
          codec: 'h264',
          bitDepth: 8,
        };
        const source = { node: 'in', label: 'clip.mp4', path: clip, info };
        const stage = { node: 'up', op: 'upscale', model: 'x4', scale: 4 };
        const plan = { version: 1, id: 'x', kind: 'file', source, stages: [stage] };
        const cases: [unknown, string][] = [
          [{ ...plan, source: { ...source, path: '/etc/hostname' } }, 'PATH_NOT_ALLOWED'],
          [{ ...plan, source: { ...source, path: 'concat:a.mp4|b.mp4' } }, 'PATH_NOT_ALLOWED'],
          [{ ...plan, source: { ...source, node: 'elsewhere' } }, 'PLAN_STAGE_GONE'],
          [{ ...plan, stages: [{ ...stage, node: 'elsewhere' }] }, 'PLAN_STAGE_GONE'],
          [{ ...plan, stages: [{ ...stage, model: '/tmp/evil' }] }, 'PLAN_STAGE_GONE'],
          [{ ...plan, stages: [] }, 'PLAN_INVALID'],
          [{ ...plan, stages: [stage, stage] }, 'PLAN_INVALID'],
          [{ ...plan, version: 99 }, 'PLAN_INVALID'],
          ['rm -rf /', 'PLAN_INVALID'],
        ];
        let count = 0;
        for (const [video, code] of cases) {
          await red.inject('outside', [{ p: 'video', v: JSON.stringify(video), vt: 'json' }]);
          assert.equal((await caught(++count)).code, code, JSON.stringify(video));
        }
        for (const id of ['outside', 'between']) {
          await red.inject(id, [{ p: 'payload', v: 'hello', vt: 'str' }]);
          assert.equal((await caught(++count)).code, 'NO_PLAN');
        }
        await red.inject('between', [{ p: 'payload', v: '[255,216,255,224]', vt: 'bin' }]);
        assert.match((await caught(++count)).message, /^NO_PLAN: .*single image/);
        assert.equal(red.reported('result').length, 0);

        await red.inject('outside', [{ p: 'video', v: JSON.stringify(plan), vt: 'json' }]);
        assert.equal((await payload())['status'], 'done', 'a plan with deployed nodes and an allowed folder works');
      });

      if (isFirst)
        it('never overwrites a file unless configured', async () => {
          await red.deploy(chain({ in: { trimEnd: '0.04' } }));
          await send(clip);
          await result();
          await send(clip);
          const error = await caught();
          assert.equal(error.code, 'OUTPUT_EXISTS');
          assert.match(error.message, /^OUTPUT_EXISTS: .*exists/);
          const failed = await result(2);
          assert.equal((failed['payload'] as Record<string, unknown>)['status'], 'failed');
          assert.equal('filename' in failed, false, 'the source is not offered as a result');
          assert.equal(red.text('out'), 'failed: file exists');
          assert.equal('payload' in red.reported('caught')[0]!, true);
          await red.deploy(chain({ in: { trimEnd: '0.04' }, out: { overwrite: 'suffix' } }));
          await send(clip);
          await send(clip);
          const names = [(await result(3))['filename'], (await result(4))['filename']];
          assert.deepEqual(names, [out('clip_x4_2.mp4'), out('clip_x4_3.mp4')]);
        });

      if (isFirst)
        it('writes images into a folder, by the codec or by the name', async () => {
          await red.deploy(chain({ out: { codec: 'tiff', startNumber: '5', filename: 'scan.{ext}', folder: out() } }));
          await send(clip);
          const { filename } = (await result()) as { filename: string };
          assert.equal(filename, out('scan'));
          assert.deepEqual(readdirSync(filename).slice(0, 2), ['00000005.tif', '00000006.tif']);
          await red.deploy(chain({ out: { filename: 'named/f_%04d.png', folder: out(), overwrite: 'suffix' } }));
          await send(clip);
          assert.equal((await result(2))['filename'], out('named'));
          await send(clip);
          assert.equal((await result(3))['filename'], out('named_2'));
          assert.equal(readdirSync(out('named_2'))[0], 'f_0001.png');
        });

      it('reports a folder that is not writable or not allowed', async () => {
        await red.deploy(chain({ out: { folder: 'made/none' } }));
        await send(clip);
        assert.equal((await caught()).code, 'OUTPUT_UNWRITABLE');
        await red.deploy(chain({ out: { folder: 'target', folderType: 'msg' } }));
        await red.inject('go', [
          { p: 'filename', v: clip, vt: 'str' },
          { p: 'target', v: '/etc', vt: 'str' },
        ]);
        assert.equal((await caught(2)).code, 'PATH_NOT_ALLOWED');
      });

      it('applies the other fields of the dialogs', async () => {
        await red.deploy(
          chain({
            in: { maxFps: '5', maxHeight: '24', hwaccel: true },
            up: { scale: '2', scaleType: 'num', colorFix: 'adain', temporalDenoise: 'low', order: '' },
            out: { codec: 'ffv1', pixelFormat: 'yuv420p', segment: '2', concurrency: '2' },
          }),
        );
        await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
        const made = (await result())['filename'] as string;
        const { framesIn, framesOut, dropped, width, height } = (await payload()) as Record<string, number>;
        assert.equal(height, 48);
        assert.match(await description(made), new RegExp(`yuv420p.* ${width}x48`));
        assert.ok(framesOut! < framesIn! && dropped === framesIn! - framesOut!);

        await red.deploy(chain({ up: { order: '2' } }));
        await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
        const error = await caught();
        assert.deepEqual(
          [error.code, /resshift model, whose sampler has no order/.test(error.message)],
          ['BAD_SETTING', true],
        );
      });

      it('nodes of a flow that lack every field have the defaults of their dialogs', async () => {
        const bare = (id: string, type: string, wires: string[][]): FlowNode => ({
          id,
          type,
          z: 'tab',
          ...place,
          wires,
        });
        const flow = chain().filter(({ type }) => !/^remaster-/.test(type));
        const outWires = chain().find(({ type }) => type === 'remaster-out')!.wires as string[][];
        await red.deploy([
          ...flow,
          { id: 'model', type: 'remaster-model' },
          bare('in', 'remaster-in', [['up']]),
          { ...bare('up', 'remaster-upscale', [['out']]), model: 'model' },
          bare('out', 'remaster-out', outWires),
        ]);
        await send(clip);
        const { status, codec } = await payload();
        assert.deepEqual([status, codec ?? 'h264'], ['done', 'h264']);
        rmSync((await result())['filename'] as string);
      });

      it('restores faces with a face model and rejects other models', async () => {
        const bundle = await writeFace(join(folder, 'faces'), 64, 1);
        await red.deploy(
          chain({
            model: { model: bundle, modelType: 'str' },
            up: { faces: 'detect', minFace: '40' },
            out: { filename: '{name}_faces.{ext}' },
          }),
        );
        await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
        const { status, framesOut, faces, warnings } = await payload();
        assert.deepEqual([status, faces], ['done', { found: 0, framesWithout: framesOut }]);
        assert.match(String(warnings), /No face was found/);

        await red.deploy(chain({ up: { faces: 'detect' } }));
        await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
        const error = await caught();
        assert.deepEqual(
          [error.code, /applies only to face models; x4 is not one/.test(error.message)],
          ['BAD_SETTING', true],
        );
      });

      it('inpaints with an inpainting model, by the mask of the node or of a message', async () => {
        const bundle = await writeHoles(join(folder, 'holes'));
        const mask = join(folder, 'mask.png');
        await ff(
          '-i',
          clip,
          '-frames:v',
          '1',
          '-vf',
          'drawbox=t=fill:color=black,drawbox=x=8:w=3:t=fill:color=white',
          mask,
        );
        for (const [n, up] of [
          { mask, maskGrow: '1' },
          { mask: 'mask', maskType: 'msg' },
        ].entries()) {
          await red.deploy(
            chain({
              model: { model: bundle, modelType: 'str' },
              up,
              out: { filename: '{name}_filled.{ext}', overwrite: 'always' },
            }),
          );
          await red.inject('go', [
            { p: 'filename', v: clip, vt: 'str' },
            { p: 'mask', v: mask, vt: 'str' },
          ]);
          assert.deepEqual((await payload(n + 1))['status'], 'done');
        }

        await red.inject('go', [
          { p: 'filename', v: clip, vt: 'str' },
          { p: 'mask', v: '/etc/passwd', vt: 'str' },
        ]);
        assert.equal((await caught()).code, 'PATH_NOT_ALLOWED');

        await red.deploy(chain({ up: { maskColor: '#00ff00' } }));
        await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
        const error = await caught(2);
        assert.deepEqual([error.code, /x4 is not one/.test(error.message)], ['BAD_SETTING', true]);
      });

      it('reads settings from the message', async () => {
        await red.deploy(
          chain({
            up: {
              steps: 'steps',
              stepsType: 'msg',
              strength: '$number(half)',
              strengthType: 'jsonata',
              seed: 'seed',
              seedType: 'flow',
            },
            out: { filename: '"by-" & label & ".mkv"', filenameType: 'jsonata' },
          }),
        );
        await red.inject('go', [
          { p: 'filename', v: clip, vt: 'str' },
          { p: 'steps', v: '2', vt: 'num' },
          { p: 'half', v: '0.5', vt: 'str' },
          { p: 'label', v: 'hand', vt: 'str' },
        ]);
        const done = await result();
        assert.equal(done['filename'], out('by-hand.mkv'));
        const { stages } = done['video'] as { stages: { steps: number; strength: number; seed: number }[] };
        assert.deepEqual([stages[0]!.steps, stages[0]!.strength, stages[0]!.seed], [2, 0.5, 1]);
        assert.equal(((await payload())['model'] as { steps: number }).steps, 2);
        await red.inject('go', [
          { p: 'filename', v: clip, vt: 'str' },
          { p: 'steps', v: 'many', vt: 'str' },
        ]);
        assert.equal((await caught()).code, 'BAD_SETTING');
      });

      if (isFirst)
        it('reports an invalid model', async () => {
          const cases: [object, object, RegExp][] = [
            [{}, { model: '' }, /^MODEL_NOT_FOUND: .*missing or disabled/],
            [{ model: 'nope' }, {}, /^MODEL_NOT_FOUND: .*"nope".* x4/],
            [{ model: 'REMASTER_NO_SUCH', modelType: 'env' }, {}, /^MODEL_NOT_FOUND: .*REMASTER_NO_SUCH is not set/],
            [{ provider: 'abacus' }, {}, /^BAD_SETTING: .*abacus/],
          ];
          for (const [index, [settings, up, message]] of cases.entries()) {
            await red.deploy(chain({ model: settings, up }));
            assert.match(red.text('up'), index === 1 ? /^nope$/ : /^failed: /);
            await send(clip);
            assert.match((await caught(index + 1)).message, message);
          }
        });

      it('writes two files from one plan', async () => {
        await red.deploy([
          ...chain({ up: { wires: [['out', 'out2']] } }),
          videoOut({ id: 'out2', codec: 'ffv1', wires: [['result2'], []] }),
          reporter('result2'),
        ]);
        await send(clip);
        await result();
        await red.until(() => red.reported('result2').length > 0, 'the second result');
        assert.deepEqual(readdirSync(out()).toSorted(), ['clip_x4.mkv', 'clip_x4.mp4']);
      });

      it('works inside a subflow', async () => {
        const z = 'sub';
        await red.deploy([
          {
            id: 'sub',
            type: 'subflow',
            name: 'restore',
            in: [{ x: 10, y: 10, wires: [{ id: 'in' }] }],
            out: [{ x: 9, y: 9, wires: [{ id: 'out', port: 0 }] }],
            env: [{ name: 'PASSES', type: 'num', value: '1' }],
          },
          videoIn({}, ['up'], z),
          upscale({ steps: 'PASSES', stepsType: 'env' }, ['out'], z),
          videoOut({ wires: [[], []] }, z),
          model(),
          { id: 'tab', type: 'tab', label: 'test' },
          inject('go', ['instance']),
          {
            id: 'instance',
            type: 'subflow:sub',
            z: 'tab',
            env: [{ name: 'PASSES', type: 'num', value: '3' }],
            wires: [['result']],
            x: 50,
            y: 50,
          },
          reporter('result'),
        ]);
        await send(clip);
        const { status, model: used } = await payload();
        assert.deepEqual([status, (used as { steps: number }).steps], ['done', 3]);
      });

      it('queues, pauses, resumes, skips, restarts and stops', async () => {
        await red.deploy(chain({ in: { trimEnd: '' }, out: { overwrite: 'suffix' } }));
        await send(long);
        await red.until(() => frame() > 0, 'the job runs');
        await send(clip);
        await send(long);
        await act('pause');
        await red.until(() => /^paused \d+%$/.test(red.text('out')), 'paused');
        await red.until(() => ffmpegs() === 0, 'no ffmpeg while it is paused', 5000);
        // Progress comes once a second; the last one from before may still be on its way.
        let seen = -1;
        for (let rounds = 8; red.reported('progress').length !== seen; rounds--) {
          assert.ok(rounds > 0, 'no progress while paused');
          seen = red.reported('progress').length;
          await sleep(1500);
        }
        await act('resume');
        await red.until(
          () => red.reported('progress').length > seen && ['resuming', 'restoring'].includes(latest().stage),
          'the job continues',
        );
        await act('skip');
        assert.equal((await payload(1))['status'], 'stopped');
        const second = await result(2);
        assert.deepEqual([second['filename'], (await payload(2))['status']], [out('clip_x4.mp4'), 'done']);
        const before = red.reported('progress').length;
        // Half of it: a second later, when the next progress is reported, the restarted job has made less.
        await red.until(() => red.reported('progress').length > before && frame() > LONG / 2, 'the third runs');
        const shown = red.reported('progress').length;
        await act('restart');
        await red.until(() => red.reported('progress').length > shown && frame() < LONG / 2, 'from the first frame');
        await act('stop');
        assert.equal((await payload(3))['status'], 'stopped');
        await red.until(() => red.text('out') === 'stopped', 'the status shows it');
        await red.until(() => ffmpegs() === 0, 'no ffmpeg', 5000);
        assert.deepEqual(readdirSync(out()), ['clip_x4.mp4']);
        await red.until(() => completed() === 3, 'each message completes once');
        assert.deepEqual(red.reported('caught'), []);
        await act('start');
        await red.until(() => frame() > 0, 'start runs the last job again');
        await red.inject('go', [{ p: 'reset', v: 'true', vt: 'bool' }]);
        assert.equal((await payload(4))['status'], 'stopped');
      });

      it('continues after a deploy', async () => {
        await red.deploy(chain());
        await send(long);
        await red.until(() => frame() > SEGMENT + 10, 'one segment is finished', 60_000);
        await red.deploy(chain({ in: { name: 'renamed' } }), 'full');
        await assertResumed();
        assert.equal(await countFrames(out('long_x4.mp4')), LONG);
        await sleep(200);
        assert.deepEqual([red.reported('result').length, completed()], [1, 1]);
        assert.deepEqual([red.reported('caught'), readdirSync(out())], [[], ['long_x4.mp4']]);
      });

      it('keeps running when a deploy changes other nodes only', async () => {
        const flow = chain();
        await red.deploy(flow);
        await send(long);
        await red.until(() => frame() > 0, 'the job runs');
        await red.deploy(
          flow.map((node) => (node.id === 'up' ? { ...node, name: 'touched' } : node)),
          'nodes',
        );
        const { status, resumedFrom, framesOut } = await payload();
        assert.deepEqual([status, framesOut, resumedFrom], ['done', LONG, 0]);
      });

      for (const [what, change] of [
        ['deleted', (flow: FlowNode[]) => flow.filter(({ id }) => id !== 'out')],
        ['disabled', (flow: FlowNode[]) => flow.map((node) => (node.id === 'out' ? { ...node, d: true } : node))],
      ] as const) {
        it(`ends the job when its node is ${what}`, async () => {
          await red.deploy(chain());
          await send(long);
          await red.until(() => frame() > 0, 'the job runs');
          const started = Date.now();
          await red.deploy(change(chain()));
          assert.ok(Date.now() - started < 5000, 'without delaying the deploy');
          assert.equal(ffmpegs(), 0);
          assert.deepEqual(
            readdirSync(out()).filter((file) => !file.startsWith('.')),
            [],
          );
          await red.deploy(chain());
          await sleep(500);
          assert.equal(red.text('out'), 'waiting', 'the job does not come back');
        });
      }

      it('survives a killed engine', async () => {
        await red.deploy(chain());
        await send(long);
        await red.until(() => frame() > SEGMENT + 10, 'one segment is finished', 60_000);
        const engine = workingEngine(red.pid)!;
        process.kill(engine.pid, 'SIGKILL');
        await assertResumed();
        assert.deepEqual(await stillThere(engine.children, 1000), []);
        assert.deepEqual([readdirSync(out()), red.reported('caught')], [['long_x4.mp4'], []]);
      });

      it('reports a killed engine if the job may not resume, and leaves no file', async () => {
        await red.deploy(chain({ out: { resume: false } }));
        await send(long);
        await red.until(() => frame() > 0, 'the job runs');
        const engine = workingEngine(red.pid)!;
        process.kill(engine.pid, 'SIGKILL');
        assert.equal((await caught()).code, 'ENGINE_CRASHED');
        await red.until(() => red.text('out') === 'failed: engine died', 'the status shows it');
        assert.deepEqual(await stillThere(engine.children, 3000), []);
        assert.deepEqual(readdirSync(out()), []);
        await send(clip);
        assert.equal((await payload(2))['status'], 'done', 'the next job has a new engine');
      });

      it('ends with a killed Node-RED and resumes when the file is sent again', async () => {
        await red.deploy(chain());
        await send(long);
        await red.until(() => frame() > SEGMENT + 10, 'one segment is finished', 60_000);
        const children = descendants(red.pid).map(({ pid }) => pid);
        assert.ok(children.length > 1, 'engine and ffmpeg');
        await red.stop('SIGKILL');
        assert.deepEqual(await stillThere(children, 5000), []);
        red = await Runtime.start(major, folder);
        await send(long);
        await assertResumed();
        assert.deepEqual(readdirSync(out()), ['long_x4.mp4']);
      });

      it('keeps the finished frames when a setting changed, until they are to be discarded', async () => {
        await red.deploy(chain());
        await send(long);
        await red.until(() => frame() > SEGMENT + 10, 'one segment is finished', 60_000);
        await red.stop('SIGKILL');
        red = await Runtime.start(major, folder);
        await red.deploy(chain({ up: { seed: '2' } }));
        await send(long);
        const { code, message } = await caught();
        assert.equal(code, 'RESUME_MISMATCH');
        assert.match(message, /[123]00 finished frames .* differs in seed/); // killed at some moment
        await red.until(() => red.text('out') === 'failed: unfinished', 'the status shows it');
        await red.deploy(chain({ up: { seed: '2' }, out: { discard: true } }));
        await send(long);
        const { status, resumedFrom } = await payload(2); // the first is that of the failure
        assert.deepEqual([status, resumedFrom], ['done', 0]);
        assert.deepEqual(readdirSync(out()), ['long_x4.mp4']);
      });

      it('ends quickly when Node-RED stops during a job', async () => {
        await red.deploy(chain());
        await send(long);
        await red.until(() => frame() > 0, 'the job runs');
        const children = descendants(red.pid).map(({ pid }) => pid);
        const started = Date.now();
        await red.stop();
        assert.ok(Date.now() - started < 5000);
        assert.deepEqual(await stillThere(children, 3000), []);
        red = await Runtime.start(major, folder);
      });
    });
  }
});
