import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { upscaleImage } from '../../../src/index';
import { pattern, samples } from '../../support/images';
import { descendants, isEngine } from '../../support/processes';
import { example, func, image, inject, model, place, reporter } from '../support/flows';
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

/** A Function node turns messages of an inject node into images; every output is reported. */
const flow = (
  changes: object = {},
  shape = "msg.payload = Buffer.from(msg.payload, 'base64'); return msg;",
): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model({ batch: '' }),
  inject('go', ['shape']),
  func('shape', shape, ['image']),
  image(changes),
  reporter('result'),
  reporter('dropped'),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], ...place },
  reporter('caught'),
  { id: 'complete', type: 'complete', z: 'tab', scope: ['image'], uncaught: false, wires: [['completed']], ...place },
  reporter('completed'),
];

/** A Buffer as it arrives in a report. */
const bytes = (value: unknown): Buffer => Buffer.from((value as { data: number[] }).data);

describe('image upscale in a real Node-RED', () => {
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
      let png: Buffer;
      let large: Buffer;
      const send = (payload: unknown, props: Readonly<Record<string, unknown>> = {}): Promise<void> =>
        red.inject(
          'go',
          Object.entries({ payload, ...props }).map(([p, v]) => ({ p, v: String(v), vt: 'str' })),
        );
      const wait = async (what: string, count = 1): Promise<Record<string, unknown>> => {
        await red.until(() => red.reported(what).length >= count, `${what} ${count}`, 60_000);
        return red.reported(what)[count - 1]!;
      };
      const caught = async (count = 1): Promise<{ code: string; message: string }> =>
        (await wait('caught', count))['error'] as { code: string; message: string };

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        png = await pattern(24, 16).png().toBuffer();
        large = await pattern(500, 400).jpeg().toBuffer();
        red = await Runtime.start(major, folder);
      });
      after(async () => {
        await red.stop();
        remove(folder);
      });
      beforeEach(() => {
        for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
      });

      it('returns the same image as the library and keeps the other fields of the message', async () => {
        await red.deploy(flow({ keep: true }));
        await send(png.toString('base64'), { topic: 'door', mine: 'kept' });
        const msg = await wait('result');
        const expected = await upscaleImage(png, { model: 'x4', provider: 'cpu', steps: 1 });
        assert.ok(bytes(msg['payload']).equals(Buffer.from(expected.data)));
        assert.ok(bytes(msg['original']).equals(png));
        const { ms, model: used, ...info } = msg['image'] as Record<string, unknown>;
        assert.deepEqual(info, { width: 96, height: 64, scale: 4, queued: 0, dropped: 0 });
        assert.deepEqual(used, { name: 'x4', provider: 'cpu', steps: 1 });
        assert.ok((ms as number) > 0);
        assert.deepEqual([msg['topic'], msg['mine']], ['door', 'kept']);
        await wait('completed');
        await red.until(() => /^[\d.]+m?s$/.test(red.text('image')), 'the status shows the time');
      });

      it('accepts every form in which nodes send images', async () => {
        const shapes: Readonly<Record<string, string>> = {
          base64: 'return msg;',
          url: "msg.payload = 'data:image/png;base64,' + msg.payload; return msg;",
          list: "const b = Buffer.from(msg.payload, 'base64'); msg.payload = [b.subarray(0, 50), b.subarray(50)]; return msg;",
          typed: "msg.payload = new Uint8Array(Buffer.from(msg.payload, 'base64')); return msg;", // of another realm
          array: "msg.payload = Uint8Array.from(Buffer.from(msg.payload, 'base64')).buffer; return msg;",
          json: "msg.payload = JSON.parse(JSON.stringify(Buffer.from(msg.payload, 'base64'))); return msg;",
          pixels: `const data = Buffer.alloc(24 * 16 * 3, 90);
            msg.payload = { data, width: 24, height: 16, channels: 3, colorSpace: 'RGB', dtype: 'uint8' }; return msg;`,
          swapped: `const data = Buffer.from(Array.from({ length: 24 * 16 * 3 }, (_, i) => [200, 100, 0][i % 3]));
            msg.payload = { data, width: 24, height: 16, channels: 3, colorSpace: 'BGR', dtype: 'uint8' }; return msg;`,
          jimp: 'msg.payload = { bitmap: { data: Buffer.alloc(24 * 16 * 4, 128), width: 24, height: 16 } }; return msg;',
        };
        for (const [shape, code] of Object.entries(shapes)) {
          red.reports.length = 0;
          await red.deploy(flow({}, code), 'nodes');
          await send(png.toString('base64'));
          const made = bytes((await wait('result'))['payload']);
          const { format, width, channels } = await sharp(made).metadata();
          const isRaw = shape === 'pixels' || shape === 'swapped';
          assert.deepEqual([format, width, channels], [isRaw ? 'jpeg' : 'png', 96, shape === 'jimp' ? 4 : 3], shape);
          if (shape !== 'swapped') continue;
          const [r, , b] = await samples(made);
          assert.ok(r! < 60 && b! > 140, `${r} ${b}`);
        }
      });

      it('fills what msg.mask marks, an image or a colour, with an inpainting model', async () => {
        /** White in the first columns. */
        const maskOf = (columns: number): Promise<Buffer> =>
          sharp({ create: { width: 24, height: 16, channels: 3, background: 'black' } })
            .composite([
              { input: { create: { width: columns, height: 16, channels: 3, background: 'white' } }, left: 0, top: 0 },
            ])
            .png()
            .toBuffer();
        const inpainting = (code: string): FlowNode[] =>
          flow({ queue: '5' }, code).map((node) =>
            node.id === 'model' ? { ...node, model: 'inpaint', idle: 1 } : node,
          );
        const decode = "msg.payload = Buffer.from(msg.payload, 'base64');";
        await red.deploy(inpainting(`${decode} msg.mask = Buffer.from(msg.mask, 'base64'); return msg;`));
        const masks = [await maskOf(6), await maskOf(24), await maskOf(6)];
        for (const mask of masks) await send(png.toString('base64'), { mask: mask.toString('base64') });
        await wait('result', 3);
        const made = red.reported('result').map(({ payload }) => bytes(payload));
        for (const [i, mask] of masks.entries()) {
          const expected = await upscaleImage(png, { model: 'inpaint', provider: 'cpu', steps: 1, mask });
          assert.ok(made[i]!.equals(Buffer.from(expected.data)), `image ${i}`);
        }
        assert.ok(!made[0]!.equals(made[1]!), 'each image gets the mask of its message');
        await red.deploy(inpainting(`${decode} return msg;`));
        await send(png.toString('base64'), { mask: '#010203' });
        await wait('result', 4);
        await send(png.toString('base64'));
        assert.match((await caught()).message, /needs a mask or a mask colour/);
        await send(png.toString('base64'), { mask: '#red' });
        assert.equal((await caught(2)).code, 'BAD_SETTING');
        await send(png.toString('base64'), { mask: 'no image' });
        assert.match((await caught(3)).message, /The mask cannot be used: the image is the string/);
        assert.equal((await caught(3)).code, 'MASK_INVALID');
        const engines = (): number => descendants(red.pid).filter(({ command }) => isEngine({ command })).length;
        await red.until(() => engines() <= 1, 'the engine of this model ends');
      });

      it('returns raw pixels in another property', async () => {
        await red.deploy(flow({ format: 'pixels', output: 'made.image' }));
        await send(png.toString('base64'));
        const msg = await wait('result');
        const { data, ...info } = (msg['made'] as { image: Record<string, unknown> }).image;
        assert.deepEqual(info, { width: 96, height: 64, channels: 3, colorSpace: 'RGB', dtype: 'uint8' });
        assert.equal(bytes(data).length, 96 * 64 * 3);
      });

      it('rejects other payloads with a code', async () => {
        await red.deploy(
          flow(
            {},
            'msg.payload = JSON.parse(msg.payload); if (msg.payload?.type) msg.payload = Buffer.from(msg.payload.data); return msg;',
          ),
        );
        const cases: [unknown, string, RegExp][] = [
          [null, 'NO_IMAGE', /The image is null/],
          [42, 'NO_IMAGE', /The image is 42/],
          ['/etc/passwd', 'NO_IMAGE', /"\/etc\/passwd", which is not an image/],
          ['hello world!', 'NO_IMAGE', /not an image in base64/],
          [{ width: 3 }, 'NO_IMAGE', /an object/],
          [Buffer.alloc(0), 'IMAGE_UNREADABLE', /empty/],
          [Buffer.from('some text'), 'IMAGE_UNREADABLE', /begins with the text/],
          [png.subarray(0, 60), 'IMAGE_UNREADABLE', /cannot be decoded/],
        ];
        for (const [i, [value, code, words]] of cases.entries()) {
          await send(JSON.stringify(value));
          const error = await caught(i + 1);
          assert.equal(error.code, code, JSON.stringify(value));
          assert.match(error.message, words);
        }
        await send(JSON.stringify(png));
        await wait('result'); // the node still works
      });

      it('reads files only if enabled, and only from allowed folders', async () => {
        writeFileSync(join(folder, 'door.png'), png);
        await red.deploy(flow({}, 'return msg;'));
        await send(join(folder, 'door.png'));
        assert.equal((await caught()).code, 'NO_IMAGE');
        await red.deploy(flow({ files: true }, 'return msg;'));
        await send(join(folder, 'door.png'));
        await wait('result');
        await send(png.toString('base64'));
        await wait('result', 2);
        await send('/etc/hostname');
        assert.equal((await caught(2)).code, 'PATH_NOT_ALLOWED');
        await send(join(folder, 'none.png'));
        assert.equal((await caught(3)).code, 'SOURCE_NOT_FOUND');
        await send(join(folder));
        assert.equal((await caught(4)).code, 'SOURCE_UNREADABLE');
        const own = { files: true, property: join(folder, 'door.png'), propertyType: 'str' };
        await red.deploy(flow(own, "msg.mask = '/etc/hostname'; return msg;"));
        await send('');
        assert.equal((await caught(5)).code, 'PATH_NOT_ALLOWED'); // the node names the image, but the message the mask
      });

      const burst = `const image = Buffer.from(msg.payload, 'base64');
        for (let index = 0; index < 100; index++)
          node.send({ payload: image, parts: { id: 'b', index, count: 100, type: 'array', len: 1 } });
        return null;`;
      for (const [full, queue] of [
        ['oldest', 2],
        ['newest', 2],
        ['error', 2],
        ['oldest', 0],
        ['oldest', 100],
      ] as const) {
        it(`a burst of 100, queue ${queue}, ${full}: done() once per message, and the counts add up`, async () => {
          await red.deploy(flow({ full, queue: String(queue) }, burst));
          await send((await pattern(16, 16).png().toBuffer()).toString('base64'));
          await red.until(
            () => red.reported('completed').length + red.reported('caught').length >= 100,
            'all messages are done',
            90_000,
          );
          await sleep(300); // a second done() would come now
          const [results, drops, errors, completed] = ['result', 'dropped', 'caught', 'completed'].map((what) =>
            red.reported(what),
          );
          const indexes = results!.map((msg) => (msg['parts'] as { index: number }).index);
          assert.equal(results!.length + drops!.length + errors!.length, 100);
          assert.equal(completed!.length, results!.length + drops!.length);
          assert.deepEqual(
            indexes,
            indexes.toSorted((a, b) => a - b),
          );
          assert.equal(full === 'error' ? drops!.length : errors!.length, 0);
          for (const { error } of errors!) assert.equal((error as { code: string }).code, 'IMAGE_DROPPED');
          if (queue === 100) assert.equal(results!.length, 100);
          else assert.equal(indexes.at(-1), full === 'oldest' && queue > 0 ? 99 : indexes.length - 1);
          const last = results!.at(-1)!['image'] as { dropped: number; queued: number };
          assert.deepEqual([last.dropped, last.queued], [drops!.length + errors!.length, 0]);
          if (queue === 2) {
            await red.until(
              () => red.statuses.some(({ text, fill }) => /^drop \d+\/s$/.test(text) && fill === 'yellow'),
              'the status shows it',
            );
            await red.until(() => /^[\d.]+m?s$/.test(red.text('image')), 'then the time of the last image');
          }
        });
      }

      it('drops an image that waited too long', async () => {
        await red.deploy(flow({ maxAge: '1', queue: '5' }));
        await send(large.toString('base64'));
        await send(png.toString('base64'));
        assert.equal(((await wait('dropped'))['image'] as { reason: string }).reason, 'old');
        await wait('completed', 2);
      });

      it('reset drops all messages, each done once', async () => {
        await red.deploy(flow({ queue: '5' }));
        for (let i = 0; i < 3; i++) await send(large.toString('base64'));
        await red.until(() => /q2/.test(red.text('image')), 'two images wait');
        await send('', { reset: 'true' });
        await wait('completed', 4);
        assert.deepEqual(
          red.reported('dropped').map(({ image: info }) => (info as { reason: string }).reason),
          ['stopped', 'stopped', 'stopped'],
        );
        await send(png.toString('base64'));
        await wait('result');
      });

      it('reports a killed engine for its image; the next image works', async () => {
        await red.deploy(flow());
        await send(png.toString('base64'));
        await wait('result');
        await send(large.toString('base64'));
        await red.until(() => / q0/.test(red.text('image')), 'the second image is in the engine');
        const engines = descendants(red.pid).filter(({ command }) => isEngine({ command }));
        assert.equal(engines.length, 1);
        process.kill(engines[0]!.pid, 'SIGKILL');
        assert.equal((await caught()).code, 'ENGINE_CRASHED');
        await send(png.toString('base64'));
        await wait('result', 2);
      });

      it('two nodes share one engine, and a link call gets its result', async () => {
        await red.deploy([
          ...flow(),
          { ...image({ id: 'second', wires: [['back'], []] }) },
          { id: 'door', type: 'link in', z: 'tab', name: '', links: [], wires: [['second']], ...place },
          { id: 'back', type: 'link out', z: 'tab', name: '', mode: 'return', links: [], wires: [], ...place },
          {
            id: 'call',
            type: 'link call',
            z: 'tab',
            name: '',
            links: ['door'],
            timeout: '60',
            wires: [['answer']],
            ...place,
          },
          inject('ask', ['decode']),
          func('decode', "msg.payload = Buffer.from(msg.payload, 'base64'); return msg;", ['call']),
          reporter('answer'),
        ]);
        await send(large.toString('base64'));
        await red.inject('ask', [{ p: 'payload', v: png.toString('base64'), vt: 'str' }]);
        const answer = await wait('answer');
        assert.equal(red.reported('result').length, 0, 'the small image did not wait for the large one');
        assert.equal((answer['image'] as { width: number }).width, 96);
        assert.equal(descendants(red.pid).filter(({ command }) => isEngine({ command })).length, 1);
        await wait('result');
      });

      it('a deploy ends every message, and the next image works', async () => {
        await red.deploy(flow({ queue: '5' }));
        for (let i = 0; i < 3; i++) await send(large.toString('base64'));
        await red.until(() => /q2/.test(red.text('image')), 'two images wait');
        await red.deploy(flow());
        await send(png.toString('base64'));
        await wait('result');
        assert.equal(red.reported('result').length, 1);
        assert.deepEqual(red.logs, []);
      });

      it('reports an invalid setting for every message, without breaking the flow', async () => {
        await red.deploy(flow({ quality: '400' }));
        await send(png.toString('base64'));
        assert.equal((await caught()).code, 'BAD_SETTING');
        assert.match(red.text('image'), /failed: bad setting/);
      });

      it('the example is an HTTP service: page, images, 503 when busy, 422 for bad input', async () => {
        await red.deploy(example('09 - HTTP upscaling API.json'));
        const url = `${red.url}/upscale`;
        const post = (body: Buffer) =>
          fetch(url, {
            method: 'POST',
            body: new Uint8Array(body),
            headers: { 'Content-Type': 'application/octet-stream' },
          });
        assert.match(await (await fetch(url)).text(), /<h1>Make an image larger/);
        const answer = await post(png);
        assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/jpeg']);
        assert.equal(answer.headers.get('x-image-size'), '96×64');
        assert.equal((await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).width, 96);
        const rejected = await post(Buffer.from('not an image'));
        assert.deepEqual([rejected.status, /not a JPEG, PNG or WebP/.test(await rejected.text())], [422, true]);
        const statuses = await Promise.all(Array.from({ length: 9 }, async () => (await post(png)).status));
        assert.equal(
          statuses.filter((status) => status === 200).length + statuses.filter((status) => status === 503).length,
          9,
        );
        assert.ok(statuses.filter((status) => status === 200).length >= 4, statuses.join());
      });

      it('the example fetches and upscales the snapshot of an event', async () => {
        const jpeg = await pattern(40, 30).jpeg().toBuffer();
        let requested = '';
        const frigate = createServer((request, response) => {
          requested = request.url ?? '';
          response.end(jpeg);
        });
        await new Promise<void>((resolve) => frigate.listen(0, '127.0.0.1', () => resolve()));
        try {
          const nodes = example('10 - Snapshot on event.json');
          const tab = nodes.find(({ type }) => type === 'tab')!;
          const address = `http://127.0.0.1:${(frigate.address() as AddressInfo).port}`;
          const upscaler = nodes.find(({ type }) => type === 'remaster-image')!;
          await red.deploy([
            ...nodes.map((node) => {
              if (node === tab) return { ...tab, env: [{ name: 'FRIGATE', value: address, type: 'str' }] };
              if (node !== upscaler) return node;
              const [first = []] = upscaler['wires'] as string[][];
              return { ...upscaler, wires: [[...first, 'seen']] };
            }),
            reporter('seen', tab.id),
          ]);
          await red.inject(nodes.find(({ name: label }) => label === 'as if one came')!.id);
          const { image: info } = await wait('seen');
          assert.deepEqual(
            [(info as { width: number }).width, requested],
            [160, '/api/events/1718987129.308396-fqk5ka/snapshot.jpg?crop=1'],
          );
          const file = join(folder, 'front_door-1718987129.308396-fqk5ka.jpg');
          await red.until(() => existsSync(file) && statSync(file).size > 500, 'the file is there');
        } finally {
          frigate.close();
        }
      });
    });
  }
});
