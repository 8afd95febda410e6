import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { type Camera, startCamera } from '../../pipeline/jobs/live/httpCamera';
import { descendants, isFfmpeg, stillThere } from '../../support/processes';
import { description } from '../../support/videos';
import { startBrowser } from '../support/browser';
import { inject, model, reporter, upscale, videoIn, videoOut } from '../support/flows';
import {
  type FlowNode,
  installedPackage,
  type Major,
  nodeRed4,
  nodeRed5,
  remove,
  Runtime,
  userDirectory,
} from '../support/nodeRed';

/** Camera, upscale node and live target, with a reporter behind every output. */
const live = (changes: { in?: object; out?: object } = {}): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model({ tile: '' }),
  inject('act', ['out']),
  videoIn({ source: 'pattern', size: '64x36', rate: '8', autostart: true, ...changes.in }),
  upscale(),
  videoOut({
    target: 'mjpeg',
    outputs: 3,
    folder: '',
    viewer: '{name}',
    ...changes.out,
    wires: [['result'], ['progress'], ['data']],
  }),
  ...['result', 'progress', 'data'].map((id) => reporter(id)),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], x: 1, y: 1 },
  reporter('caught'),
];

describe('live nodes in a real Node-RED', () => {
  let installed: string;
  let browser: Browser | null;
  before(async function () {
    this.timeout(300_000);
    installed = await installedPackage();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
  });

  for (const [name, find] of [
    ['Node-RED 4', async () => nodeRed4],
    ['Node-RED 5', nodeRed5],
  ] as const) {
    describe(name, function () {
      this.timeout(120_000);
      /** Tests that do not depend on the version of Node-RED run once. */
      const isFirst = name === 'Node-RED 4';
      let major: Major;
      let folder: string;
      let red: Runtime;
      const cameras: Camera[] = [];
      const shots = process.env['REMASTER_SHOTS'];

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        red = await Runtime.start(major, folder);
      });
      after(async () => {
        await red.stop();
        remove(folder);
      });
      beforeEach(() => {
        for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
      });
      afterEach(async () => {
        await red.deploy([{ id: 'tab', type: 'tab', label: 'empty' }]);
        await Promise.all(cameras.splice(0).map((each) => each.close()));
        await red.until(() => descendants(red.pid).filter(isFfmpeg).length === 0, 'no ffmpeg is left', 5000);
      });

      const act = (action: string): Promise<void> => red.inject('act', [{ p: 'action', v: action, vt: 'str' }]);
      const payload = (index = -1): Record<string, string> =>
        (red.reported('result').at(index)?.['payload'] ?? {}) as Record<string, string>;
      const isLive = (): Promise<void> => red.until(() => payload(0)['status'] === 'live', 'the job starts');
      const runs = (): Promise<void> =>
        red.until(() => /^(live |.*(dropping|lower|use ))/.test(red.text('out')), 'the job runs', 60_000);
      const get = (path: string): Promise<Response> => fetch(red.url + path);
      const image = async (): Promise<Buffer> => {
        const response = await get(payload(0)['image']!);
        assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg']);
        return Buffer.from(await response.arrayBuffer());
      };

      it('a camera starts with the flow, its page shows moving frames, and stop and start work', async function () {
        await red.deploy(live());
        await isLive();
        assert.equal(payload(0)['mjpeg'], '/remaster/live/test-pattern/mjpeg');
        await runs();
        assert.match(red.text('in'), /^64x36 8fps$/);
        const [first, ...others] = [await image(), await image(), await image()];
        // The pattern has two equal frames now and then, but not three.
        assert.ok(first.readUInt16BE(0) === 0xffd8 && others.some((other) => !first.equals(other)));
        const { payload: share, progress } = red.reported('progress').at(-1)!;
        assert.equal(share, null);
        assert.equal((progress as { camera: { is: string } }).camera.is, 'running');
        if (browser) {
          const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
          const errors: string[] = [];
          page.on('pageerror', (error) => errors.push(error.message));
          await page.goto(red.url + payload(0)['page']!);
          await page.locator('#state', { hasText: /256×144 · .* ms/ }).waitFor({ timeout: 30_000 });
          const frame = page.locator('#video');
          const screenshots = new Set<string>();
          for (let i = 0; i < 40 && screenshots.size < 3; i++, await sleep(250))
            screenshots.add((await frame.screenshot()).toString('base64'));
          assert.ok(screenshots.size >= 3, 'the frames change');
          if (shots !== undefined) {
            mkdirSync(shots, { recursive: true });
            for (const colorScheme of ['light', 'dark'] as const) {
              await page.emulateMedia({ colorScheme });
              await page.screenshot({ path: join(shots, `live page ${name} ${colorScheme}.png`) });
            }
          }
          assert.deepEqual(errors, []);
          await page.close();
        }
        await act('snapshot');
        await red.until(() => red.reported('result').some((msg) => 'frame' in msg), 'a snapshot');
        await act('stop');
        await red.until(() => payload()['status'] === 'stopped', 'the job stops');
        assert.deepEqual([red.text('out'), red.text('in')], ['stopped', 'idle']);
        assert.equal((await get('/remaster/live/test-pattern/image')).status, 404);
        await act('start');
        await red.until(() => payload()['status'] === 'live', 'the job starts again');
        assert.deepEqual(red.reported('caught'), []);
        if (!browser) this.skip(); // the page was not checked
      });

      it('a full deploy restarts the camera within seconds, a deploy without changes does not', async () => {
        const camera = await startCamera({ width: 64, height: 36, rate: 8 });
        cameras.push(camera);
        const flow = live({ in: { source: 'address', address: camera.url, addressType: 'str', name: 'Yard' } });
        await red.deploy(flow);
        await runs();
        const { calls } = camera;
        await red.deploy(flow, 'nodes');
        await sleep(1500);
        assert.deepEqual([camera.viewers, camera.calls], [1, calls]);
        await red.deploy(flow);
        await red.until(() => camera.calls > calls, 'the camera is connected again');
        red.statuses.length = 0;
        await runs();
        assert.equal(camera.viewers, 1);
      });

      it('a password appears nowhere outside the credentials', async () => {
        const login = { username: 'joe', password: 'gehe1m-gehe1m' };
        const camera = await startCamera({ width: 64, height: 36, rate: 8, kind: 'mjpeg', login });
        cameras.push(camera);
        const credentials = { username: 'joe', password: 'wr0ng-wr0ng' };
        const flow = live({ in: { source: 'address', address: camera.url, addressType: 'str', credentials } });
        await red.deploy(flow);
        await red.until(() => red.text('in') === 'login refused', 'the login is refused', 60_000);
        // without any login the camera would refuse too
        assert.ok(camera.logins.includes(`Basic ${Buffer.from('joe:wr0ng-wr0ng').toString('base64')}`));
        const withLogin = camera.url.replace('//', '//joe:gehe1m-gehe1m@');
        const cleared = { username: '', password: '' }; // Node-RED keeps credentials that a deploy does not name
        await red.deploy(
          live({ in: { source: 'address', address: withLogin, addressType: 'str', credentials: cleared } }),
        );
        await runs();
        const output = JSON.stringify([red.reports, red.statuses, red.logs]);
        assert.doesNotMatch(output, /wr0ng|gehe1m/);
        assert.doesNotMatch(
          JSON.stringify(await red.get('remaster/live/127-0-0-1-video/state').catch(() => '')),
          /gehe1m/,
        );
      });

      if (!isFirst) return;

      it('recordings have the configured length, are reported, and the oldest are removed', async () => {
        await red.deploy(
          live({ out: { target: 'segments', folder: 'made', folderType: 'str', length: '2', keepCount: '2' } }),
        );
        await red.until(() => red.reported('data').length >= 3, 'three files', 90_000);
        await act('stop');
        await red.until(() => payload()['status'] === 'stopped', 'the job stops');
        const files = readdirSync(join(folder, 'made')).filter((file) => file.endsWith('.mp4'));
        assert.ok(files.length <= 3 && files.length >= 2, files.join());
        for (const file of files) assert.match(file, /^test-pattern_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d[+-]\d{4}\.mp4$/);
        const reported = red.reported('data').map((msg) => msg['filename'] as string);
        assert.ok(reported.length >= 3 && !existsSync(reported[0]!) && existsSync(reported.at(-1)!));
        assert.match(await description(reported.at(-1)!), /Video: h264.*256x144/);
      });

      it('fragments form one MP4 and end with an empty Buffer', async () => {
        await red.deploy(live({ out: { target: 'fragments' } }));
        await red.until(() => red.reported('data').length >= 5, 'five fragments', 60_000);
        await act('stop');
        await red.until(() => payload()['status'] === 'stopped', 'the job stops');
        const parts = red.reported('data').map((msg) => Buffer.from((msg['payload'] as { data: number[] }).data));
        assert.deepEqual(
          red
            .reported('data')
            .slice(0, 2)
            .map((msg) => msg['part']),
          ['init', 'fragment'],
        );
        assert.equal(parts[0]!.toString('latin1', 4, 8), 'ftyp');
        assert.equal(parts[1]!.toString('latin1', 4, 8), 'moof');
        assert.equal(parts.at(-1)!.length, 0);
        const video = join(folder, 'parts.mp4');
        writeFileSync(video, Buffer.concat(parts));
        assert.match(await description(video), /Video: h264.*256x144/);
      });

      it('HLS plays in a browser and leaves no files', async function () {
        await red.deploy(live({ out: { target: 'hls', folder: 'made', folderType: 'str' } }));
        await isLive();
        const { hls, page: address } = payload(0);
        const list = async (): Promise<string> => (await get(hls!)).text();
        for (let i = 0; i < 240 && !(await list()).includes('.m4s'); i++) await sleep(250);
        assert.match(await list(), /#EXT-X-MAP:URI="live-\d+-init\.mp4"/);
        assert.equal((await get(hls!.replace('index.m3u8', '..%2F..%2Fpackage.json'))).status, 404);
        if (browser) {
          const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
          await page.goto(red.url + address!);
          await page.locator('video').waitFor({ state: 'attached' });
          const time = (): Promise<number> => page.evaluate(() => document.querySelector('video')!.currentTime);
          for (let i = 0; i < 120 && (await time()) <= 1; i++) await sleep(250);
          const before = await time();
          for (let i = 0; i < 120 && (await time()) <= before + 1; i++) await sleep(250);
          assert.ok((await time()) > before + 1, `the video plays on after ${before} s`);
          if (shots !== undefined) await page.screenshot({ path: join(shots, 'live hls.png') });
          await page.close();
        }
        await act('stop');
        await red.until(() => payload()['status'] === 'stopped', 'the job stops');
        assert.deepEqual(
          readdirSync(join(folder, 'made')).filter((file) => /m3u8|m4s|init/.test(file)),
          [],
        );
        if (!browser) this.skip(); // the playback was not checked
      });

      it('JPEG messages come one at a time', async () => {
        await red.deploy(
          live({ out: { target: 'jpeg', region: '0, 0, 50, 50', overload: 'adapt', fallbackModel: 'x4-live' } }),
        );
        await red.until(() => red.reported('data').length >= 3, 'three JPEGs', 60_000);
        const indexes = red.reported('data').map((msg) => (msg['frame'] as { index: number }).index);
        assert.ok(
          indexes.every((index, i) => i === 0 || index > indexes[i - 1]!),
          indexes.join(),
        );
        const made = (): Record<string, unknown> =>
          (red.reported('progress').at(-1)?.['progress'] ?? {}) as Record<string, unknown>;
        await red.until(() => (made()['out'] as number) > 0, 'progress with frames');
        assert.equal(made()['isRegionOnly'], true);
        assert.match(String(made()['model']), /^x4(-live)?$/); // which of them depends on the machine
      });

      it('each camera has a page, protected by httpNodeMiddleware', async () => {
        const other = userDirectory(installed);
        const guarded = await Runtime.start(major, other, { httpNodeRoot: '/site', guard: 'Bearer us' });
        try {
          const flow = live();
          const second = { ...flow.find(({ id }) => id === 'in')!, id: 'in2', name: 'Garden' };
          await guarded.deploy([...flow, second]);
          await guarded.until(() => guarded.reported('result').length >= 2, 'both start');
          const pages = guarded.reported('result').map((msg) => (msg['payload'] as { page: string }).page);
          assert.deepEqual(pages.toSorted(), ['/site/remaster/live/garden', '/site/remaster/live/test-pattern']);
          await guarded.until(() => /2\/2/.test(guarded.text('out')), 'both run', 60_000);
          for (const path of ['', '/mjpeg', '/image', '/state', '/hls/index.m3u8', '/compare/', '/compare/pair']) {
            assert.equal((await fetch(guarded.url + pages[0]! + path)).status, 401, path);
          }
          const headers = { Authorization: 'Bearer us' };
          for (const path of ['', '/compare', '/compare/pairs.json', '/compare/pair'])
            assert.equal((await fetch(guarded.url + pages[0]! + path, { headers })).status, 200, path);
          const page = await fetch(guarded.url + pages[0]!, { headers });
          assert.match(await page.text(), /<script type="module" src="live.js">/);
          assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'.*script-src 'self';/);
          assert.doesNotMatch(page.headers.get('content-security-policy')!, /unsafe/);
          for (const [file, code] of [
            ['live.js', 200],
            ['hls.js', 200],
            ['live.css', 200],
            ['tokens.css', 200],
            ['README.md', 404],
            ['..%2Fcompare%2Fcompare.js', 404],
          ] as const) {
            assert.equal((await fetch(`${guarded.url}${pages[0]!}/${file}`)).status, 401, file);
            assert.equal((await fetch(`${guarded.url}${pages[0]!}/${file}`, { headers })).status, code, file);
          }
        } finally {
          await guarded.stop();
          remove(other);
        }
      });

      /** Two cameras, the test pattern and one named Garden. */
      const two = (changes: { in?: object; garden?: object; out?: object } = {}): FlowNode[] => {
        const flow = live(changes);
        const garden = { ...flow.find(({ id }) => id === 'in')!, id: 'in2', name: 'Garden', ...changes.garden };
        return [...flow, garden];
      };
      const made = (): string[] => readdirSync(folder).filter((file) => file.startsWith('remaster-live-'));
      const error = (index: number): { code: string; message: string } =>
        (red.reported('caught')[index]?.['error'] ?? {}) as { code: string; message: string };
      const ended = (): unknown[] =>
        red.reported('result').filter((msg) => (msg['payload'] as { status?: string }).status === 'stopped');

      it('settings that no engine accepts leave no page and no folder', async () => {
        const wrong = { retryMin: '5', retryMax: '3' };
        for (const [index, change] of [{ in: wrong }, { out: { viewer: '{nmae}' } }].entries()) {
          await red.deploy(live({ ...change, out: { target: 'hls', ...('out' in change && change.out) } }));
          await red.until(() => red.reported('caught').length > index, 'an error');
          assert.equal(error(index).code, 'BAD_SETTING');
          assert.equal((await get('/remaster/live/test-pattern/image')).status, 404);
          assert.deepEqual(made(), []);
        }
      });

      it('HLS without a folder leaves none behind: after a stop, other settings or a deploy', async () => {
        const flow = live({ out: { target: 'hls' } });
        await red.deploy(flow);
        await runs();
        const [first] = made();
        assert.ok(first !== undefined && existsSync(join(folder, first, 'owner.json')));
        await act('stop');
        await red.until(() => payload()['status'] === 'stopped' && made().length === 0, 'no folder is left', 5000);
        await act('start');
        await red.until(() => made().length === 1, 'another folder');
        const [second] = made();
        await red.deploy(live({ in: { rate: '5' }, out: { target: 'hls' } }), 'nodes');
        const isOther = ([only, ...others]: readonly string[]): boolean =>
          others.length === 0 && only !== undefined && only !== second && existsSync(join(folder, only, 'owner.json'));
        await red.until(() => isOther(made()), 'another folder, with its owner, for other settings');
        await red.deploy([{ id: 'tab', type: 'tab', label: 'empty' }]);
        await red.until(() => made().length === 0, 'no folder is left', 5000);
        assert.deepEqual(red.reported('caught'), []);
      });

      it('a camera ends with its video in, deleted, disabled or made a file, and no start brings it back', async () => {
        for (const change of [null, { d: true }, { source: 'file' }]) {
          red.reports.length = 0;
          await red.deploy(two());
          await red.until(() => red.reported('result').length >= 2, 'both start');
          const without = two().flatMap((node) =>
            node.id !== 'in' ? [node] : change === null ? [] : [{ ...node, ...change }],
          );
          await red.deploy(without, 'nodes');
          await red.until(() => ended().length === 1, 'it stops');
          assert.equal((await get('/remaster/live/test-pattern/state')).status, 404);
          assert.equal((await get('/remaster/live/garden/state')).status, 200);
          await act('restart');
          await red.until(() => ended().length === 2 && payload()['status'] === 'live', 'the other one starts');
          assert.deepEqual([payload()['page'], red.reported('caught')], ['/remaster/live/garden', []]);
        }
      });

      it('a camera that cannot be restarted is reported, and the others start', async () => {
        await red.deploy(two());
        await red.until(() => red.reported('result').length >= 2, 'both start');
        await red.deploy(
          two({ in: { autostart: false, retryMin: '5', retryMax: '3' }, garden: { retryMin: '1' } }),
          'nodes',
        );
        red.reports.length = 0;
        await act('restart');
        await red.until(() => payload()['status'] === 'live' && red.reported('caught').length === 1, 'one starts');
        assert.deepEqual([payload()['page'], error(0).code], ['/remaster/live/garden', 'BAD_SETTING']);
      });

      it('a camera without signal holds up neither the snapshot of another nor a stop', async () => {
        const dead = { source: 'address', address: 'http://127.0.0.1:1/', addressType: 'str' };
        await red.deploy(two({ garden: dead }));
        await red.until(() => red.text('in2') === 'no signal', 'one has no signal', 60_000);
        await red.until(() => /1\/2/.test(red.text('out')), 'the other runs', 60_000);
        red.reports.length = 0;
        await act('snapshot');
        await red.until(() => red.reported('result').some((msg) => 'frame' in msg), 'a snapshot');
        await act('stop');
        await red.until(() => red.reported('caught').length === 1 && ended().length === 2, 'the other has none');
        const order = red.reports.map(({ name: what }) => what).filter((what) => what !== 'progress');
        assert.deepEqual(order.slice(0, 2), ['result', 'result'], 'a stop comes before the snapshot gives up');
        assert.match(error(0).message, /Garden/);
      });

      it('a camera that is restarted while its node closes runs once', async () => {
        const camera = await startCamera({ width: 64, height: 36, rate: 8 });
        cameras.push(camera);
        const flow = live({ in: { source: 'address', address: camera.url, addressType: 'str', name: 'Yard' } });
        await red.deploy(flow);
        await runs();
        const { calls } = camera;
        await act('restart');
        await red.deploy(flow);
        await red.until(() => camera.calls > calls && payload()['status'] === 'live', 'it is connected again');
        red.statuses.length = 0;
        await runs();
        assert.equal(camera.viewers, 1);
        assert.equal((await get('/remaster/live/yard-2/state')).status, 404);
      });

      it('a viewer that reads no data delays no other, and one that disconnects is removed', async () => {
        await red.deploy(live({ in: { size: '160x90' } }));
        await isLive();
        const { connect } = await import('node:net');
        const { port } = new URL(red.url);
        const stalled = connect(Number(port), '127.0.0.1');
        stalled.write(`GET ${payload(0)['mjpeg']!} HTTP/1.1\r\nHost: x\r\n\r\n`);
        stalled.pause();
        const head = connect(Number(port), '127.0.0.1');
        head.write(`HEAD ${payload(0)['mjpeg']!} HTTP/1.1\r\nHost: x\r\n\r\n`);
        let answer = '';
        for await (const part of head) answer += String(part); // the connection ends with the answer
        assert.match(answer, /^HTTP\/1\.1 200 .*multipart\/x-mixed-replace; boundary=\S+\r\n.*\r\n\r\n$/s);
        await image();
        await image();
        const memory = (): number =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${red.pid}/status`, 'utf8'))?.[1] ?? 0);
        const before = memory();
        for (let i = 0; i < 5; i++) await image();
        assert.ok(memory() - before < 100_000, 'frames do not accumulate');
        stalled.destroy();
        await image();
      });

      it('closing Node-RED ends all processes within seconds', async () => {
        const other = userDirectory(installed);
        const own = await Runtime.start(major, other);
        await own.deploy(live());
        await own.until(() => descendants(own.pid).some(isFfmpeg), 'an ffmpeg runs');
        const started = descendants(own.pid).map(({ pid }) => pid);
        const since = performance.now();
        await own.stop();
        assert.ok(performance.now() - since < 6000);
        assert.deepEqual(await stillThere(started, 5000), []);
        remove(other);
      });

      it('rejects a camera with a file as target', async () => {
        await red.deploy(live({ out: { target: 'file' } }));
        await red.until(() => red.reported('caught').length > 0, 'an error');
        assert.match(JSON.stringify(red.reported('caught')[0]!['error']), /BAD_SETTING.*no end|no end.*BAD_SETTING/);
        assert.ok(statSync(folder).isDirectory());
      });
    });
  }
});
