import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../support/browser';
import { makeClip } from '../support/clip';
import { chain, inject, model, upscale, videoIn, videoOut } from '../support/flows';
import { installedPackage, type Major, nodeRed4, nodeRed5, remove, Runtime, userDirectory } from '../support/nodeRed';

interface EditorRed {
  readonly sidebar: { show(id: string): void };
  readonly workspaces: { show(id: string): void };
}

/** Catalogue keys shown instead of their texts. */
const RAW_KEY = /\bremaster-(in|out|upscale|model)\.[a-z]+\.?\w*|\[object|undefined|\{\{|__\w+__|NaN/;

describe('jobs in the editor', function () {
  this.timeout(180_000);
  const shots = process.env['REMASTER_SHOTS'];
  let installed: string;
  let browser: Browser;
  before(async function () {
    const found = await startBrowser();
    if (!found) return this.skip();
    browser = found;
    installed = await installedPackage();
  });
  after(async () => {
    await browser?.close();
  });

  for (const [name, find, look, language] of [
    ['Node-RED 4', async () => nodeRed4, 'light', 'de'],
    ['Node-RED 5', nodeRed5, 'dark', 'en-US'],
  ] as const) {
    describe(`${name}, ${look}, ${language}`, () => {
      let major: Major;
      let folder: string;
      let clip: string;
      let short: string;
      let red: Runtime;
      let context: BrowserContext;
      let page: Page;
      const errors: string[] = [];
      /** Requests to Node-RED, without its root. */
      let requests: string[] = [];

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        clip = await makeClip(join(folder, 'long.mp4'), 1500, { width: 96, height: 54 });
        short = await makeClip(join(folder, 'short.mp4'), 12, { width: 96, height: 54 });
        red = await Runtime.start(major, folder);
        await red.deploy([
          ...chain({ up: { x: 400, y: 80, preview: true }, out: { x: 650, y: 80, overwrite: 'suffix' } }),
          inject('act', ['out']),
          { id: 'other', type: 'tab', label: 'another' },
        ]);
        context = await browser.newContext({
          colorScheme: look,
          locale: language,
          viewport: { width: 1400, height: 800 },
        });
        await context.addInitScript((theme) => localStorage.setItem('view-dark-theme', theme), look);
        page = await context.newPage();
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('request', (request) => requests.push(request.url().slice(red.url.length + 1)));
        await page.goto(red.url);
        await page.waitForFunction(() => document.querySelectorAll('.red-ui-flow-node').length > 5, null, {
          timeout: 60_000,
        });
      });
      after(async () => {
        await context?.close();
        await red?.stop();
        remove(folder);
      });
      afterEach(async () => {
        await red.inject('act', [{ p: 'action', v: 'stop', vt: 'str' }]);
        assert.deepEqual(errors, []);
      });

      const shoot = async (what: string): Promise<void> => {
        if (shots === undefined) return;
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name} ${look} ${language} ${what}.png`) });
      };
      const restore = (file = clip): Promise<void> => red.inject('go', [{ p: 'filename', v: file, vt: 'str' }]);
      const showSidebar = (id: string): Promise<void> =>
        page.evaluate((one) => (window as unknown as { RED: EditorRed }).RED.sidebar.show(one), id);
      const showTab = (id: string): Promise<void> =>
        page.evaluate((one) => (window as unknown as { RED: EditorRed }).RED.workspaces.show(one), id);
      const row = (is: string) => page.locator(`.remaster-jobs-list > li[data-is="${is}"]`);
      /** Number of matching requests within `ms`. */
      const count = async (what: RegExp, ms: number): Promise<number> => {
        requests = [];
        await page.waitForTimeout(ms);
        return requests.filter((path) => what.test(path)).length;
      };

      it('the sidebar shows running and queued jobs; pause, resume and stop work', async () => {
        await showSidebar('remaster-jobs');
        await page.locator('.remaster-jobs-message:visible').waitFor();
        await shoot('no jobs');
        await restore();
        await restore();
        await row('running')
          .filter({ hasText: /\d %.*(fps|Bilder\/s)/ })
          .waitFor({ timeout: 60_000 });
        await row('queued')
          .filter({ hasText: /1.* · .*\d (min|h)/ })
          .waitFor();
        await shoot('jobs');
        await row('running').locator('[data-action="pause"]').click();
        await row('paused').nth(1).waitFor();
        await red.until(() => red.text('out').startsWith('paused'), 'the job is paused');
        await row('paused').first().locator('[data-action="resume"]').click();
        await row('running').first().waitFor();
        await row('queued').locator('[data-action="stop"]').click();
        await row('stopped').waitFor();
        assert.equal(await row('running').count(), 1, 'the other job continues');
        await row('running').locator('[data-action="stop"]').click();
        await row('stopped').nth(1).waitFor();
        await red.until(() => red.reported('result').length === 2, 'both jobs have ended');
        await shoot('jobs stopped');
        assert.doesNotMatch(await page.locator('.remaster-jobs').innerText(), RAW_KEY);
        const times = await count(/^remaster\/jobs$/, 3000);
        assert.ok(times >= 1 && times <= 4, `${times} requests in 3 s`);
        await showSidebar('info');
        assert.equal(await count(/^remaster\/jobs$/, 2000), 0, 'no requests while the sidebar is hidden');
      });

      it('a finished job can be compared: synchronized videos, zoom and pan', async () => {
        await showSidebar('remaster-jobs');
        await restore(short);
        const link = row('done').first().locator('[data-action="compare"]');
        await link.waitFor({ timeout: 60_000 });
        await shoot('jobs done');
        const opened = context.waitForEvent('page');
        await link.click();
        const compare = await opened;
        compare.on('pageerror', (error) => errors.push(error.message));
        await compare.locator('.split').nth(1).waitFor({ timeout: 30_000 });
        await compare.waitForFunction(() => {
          const [first, second] = document.querySelectorAll('video');
          const play = first && second && first.readyState >= 2 && second.readyState >= 2 && first.currentTime > 0;
          return play && [...document.querySelectorAll('img')].every(({ naturalWidth }) => naturalWidth > 0);
        });
        const [wide, loaded] = await compare.evaluate(() => [
          document.querySelector('video')!.videoWidth,
          [...document.querySelectorAll('img')].map((image) => image.naturalWidth),
        ]);
        assert.deepEqual([wide, loaded], [96, [384, 384, 384, 384]]); // before, after, after, what was added
        const split = compare.locator('.split').first();
        const closer = language === 'de' ? 'Vergrößern' : 'Zoom in';
        await split.getByRole('button', { name: closer }).click();
        await split.getByRole('button', { name: closer }).click();
        const text = await compare.locator('body').innerText();
        assert.match(
          text,
          language === 'de'
            ? /Vorher und nachher[^]*Frames, in .* restauriert/
            : /Before and after[^]*frames, restored in/,
        );
        assert.match(
          text,
          language === 'de' ? /hinzugefügt hat[^]*Stufen geändert/ : /model has added[^]*by [\d.]+ of 255/,
        );
        assert.equal(await compare.evaluate(() => document.documentElement.lang), language.slice(0, 2));
        await split.locator('.zoom span', { hasText: '4×' }).waitFor();
        const style = (): Promise<string> => split.evaluate((box) => box.getAttribute('style')!);
        const before = await style();
        const { x, y, width, height } = (await split.boundingBox())!;
        await compare.keyboard.down('Shift');
        await compare.mouse.move(x + width / 2, y + height / 2);
        await compare.mouse.down();
        await compare.mouse.move(x + width / 2 + 40, y + height / 2 + 20);
        await compare.mouse.up();
        await compare.keyboard.up('Shift');
        const after = await style();
        assert.notEqual(after, before, 'the image is dragged');
        assert.equal(/--at: [^;]+/.exec(after)![0], /--at: [^;]+/.exec(before)![0], 'the line is not');
        if (shots !== undefined)
          await compare.screenshot({ path: join(shots, `${name} ${look} ${language} compare.png`), fullPage: true });
        await compare.close();
        await showSidebar('info');
      });

      it('the preview shows both halves, changes, and is requested only while visible', async () => {
        const preview = /^remaster\/preview\/up/;
        await restore();
        const image = page.locator('#up .remaster-preview');
        await image.waitFor({ timeout: 60_000, state: 'attached' });
        const previews = new Set<string>();
        for (let i = 0; i < 400 && previews.size < 3; i++) {
          previews.add((await image.getAttribute('href'))!);
          await page.waitForTimeout(250);
        }
        assert.ok(previews.size >= 3, 'the preview changes');
        await shoot('preview');
        const jpeg = await (await fetch(`${red.url}/remaster/preview/up`)).arrayBuffer();
        assert.equal(Buffer.from(jpeg).readUInt16BE(0), 0xffd8);
        const seen = await count(preview, 3000);
        assert.ok(seen <= 6, `${seen} requests in 3 s`);

        await showTab('other');
        await page.waitForTimeout(600);
        assert.equal(await count(preview, 2000), 0, 'on another tab');
        requests = [];
        await showTab('tab');
        await image.waitFor({ state: 'attached' });
        for (let i = 0; i < 400 && !requests.some((path) => preview.test(path)); i++) await page.waitForTimeout(250);
        assert.ok(
          requests.some((path) => preview.test(path)),
          'requested again on its tab',
        );
        await page.locator('#up .red-ui-flow-node-button-button').click();
        await image.waitFor({ state: 'detached' });
        assert.equal(await count(preview, 2000), 0, 'switched off');
        assert.match(red.text('out'), /fps/, 'the job ran all the time');
      });

      /** The live before/after page: both sides change, stop on pause, and continue. */
      const checkLivePair = async (compare: Page, what: string): Promise<void> => {
        compare.on('pageerror', (error) => errors.push(error.message));
        const [pause, play] = language === 'de' ? ['Pause', 'Abspielen'] : ['Pause', 'Play'];
        const at = compare.locator('.split');
        await at.locator('.before > .label', { hasText: /64×36/ }).waitFor({ timeout: 60_000 });
        await at.locator('.after > .label', { hasText: /256×144/ }).waitFor();
        /** Pixels of both canvases. */
        const snapshots = (): Promise<string[]> =>
          compare.evaluate(() =>
            [...document.querySelectorAll('canvas')].map((canvas) => {
              const copy = new OffscreenCanvas(64, 36).getContext('2d')!;
              copy.drawImage(canvas, 0, 0, 64, 36);
              return copy.getImageData(0, 0, 64, 36).data.join();
            }),
          );
        const moved = async (): Promise<boolean> => {
          const first = await snapshots();
          for (let i = 0; i < 40; i++) {
            await compare.waitForTimeout(100);
            const now = await snapshots();
            if (now.every((pixels, side) => pixels !== first[side])) return true;
          }
          return false;
        };
        assert.ok(await moved(), 'both sides change');
        const [before, after] = (await snapshots()).map((pixels) => pixels.split(',').map(Number));
        const apart = before!.reduce((sum, sample, i) => sum + Math.abs(sample - after![i]!), 0) / before!.length;
        assert.ok(apart < 24, `of the same moment: ${apart.toFixed(1)} of 255 apart`);
        await compare.getByRole('button', { name: pause }).click();
        await compare.waitForTimeout(500);
        const paused = await snapshots();
        await compare.waitForTimeout(800);
        assert.deepEqual(await snapshots(), paused, 'unchanged while paused');
        if (shots !== undefined)
          await compare.screenshot({ path: join(shots, `${name} ${look} ${language} ${what}.png`), fullPage: true });
        await compare.getByRole('button', { name: play }).click();
        assert.ok(await moved(), 'continues after pause');
        assert.doesNotMatch(await compare.locator('body').innerText(), RAW_KEY);
        await compare.close();
      };

      it('the sidebar shows a camera: speed, delay, before and after, and stop', async () => {
        await red.deploy([
          { id: 'tab', type: 'tab', label: 'test' },
          model(),
          videoIn({ source: 'pattern', size: '64x36', rate: '5', autostart: true }),
          upscale({ preview: true, x: 400, y: 80 }),
          videoOut({ target: 'mjpeg', folder: '', x: 650, y: 80, wires: [] }),
          inject('act', ['out']),
        ]);
        await page.reload();
        await page.locator('#up').waitFor({ state: 'attached', timeout: 60_000 });
        await showSidebar('remaster-jobs');
        await row('live')
          .filter({ hasText: /live · .*\d ms/ })
          .waitFor({ timeout: 60_000 });
        await page.locator('#up .remaster-preview').waitFor({ state: 'attached', timeout: 60_000 });
        await shoot('camera');
        const opened = context.waitForEvent('page');
        await row('live').locator('[data-action="compare"]').click();
        await checkLivePair(await opened, 'camera compare');

        const openedPage = context.waitForEvent('page');
        await row('live').locator('[data-action="page"]').click();
        const viewer = await openedPage;
        await viewer.waitForURL(/\/remaster\/live\/test-pattern\/(\?|$)/);
        await viewer.locator('#state', { hasText: /256×144/ }).waitFor({ timeout: 30_000 });
        await viewer.waitForFunction(() => document.querySelector('img')!.naturalWidth === 256);
        if (shots !== undefined)
          await viewer.screenshot({ path: join(shots, `${name} ${look} ${language} viewer.png`) });
        const [words] = language === 'de' ? ['vorher und nachher'] : ['before and after'];
        await viewer.getByRole('link', { name: words }).click();
        await viewer.waitForURL(/\/remaster\/live\/test-pattern\/compare\/$/);
        await checkLivePair(viewer, 'viewer compare');
        assert.equal((await fetch(`${red.url}/remaster/live/test-pattern/compare/README.md`)).status, 404);

        await row('live').locator('[data-action="stop"]').click();
        await row('stopped').filter({ hasText: 'test pattern' }).waitFor();
        assert.equal(await row('live').count(), 0);
      });
    });
  }

  it('permissions: without read no access, with read no changes, and a cookie opens the page of one job', async () => {
    const folder = userDirectory(installed);
    const clip = await makeClip(join(folder, 'video.mp4'), 3);
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(chain({ out: { codec: 'ffv1' } })));
    const { hashSync } = createRequire(join(nodeRed4.nodeRed, 'package.json'))('bcryptjs') as {
      hashSync(password: string, rounds: number): string;
    };
    const user = (username: string, permissions: string | string[]) => ({
      username,
      password: hashSync(username, 4),
      permissions,
    });
    const users = [user('master', '*'), user('guest', 'read'), user('stranger', ['flows.read'])];
    const red = await Runtime.start(nodeRed4, folder, { adminAuth: { type: 'credentials', users } });
    try {
      const tokenOf = async (name: string): Promise<string> => {
        const answer = await fetch(`${red.url}/auth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            client_id: 'node-red-editor',
            grant_type: 'password',
            scope: '',
            username: name,
            password: name,
          }),
        });
        return ((await answer.json()) as { access_token: string }).access_token;
      };
      const [master, guest, stranger] = await Promise.all(['master', 'guest', 'stranger'].map(tokenOf));
      const ask = (path: string, token?: string, init: RequestInit = {}): Promise<Response> => {
        const headers = new Headers(init.headers);
        if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
        return fetch(`${red.url}/${path}`, { redirect: 'manual', ...init, headers });
      };
      const post = (body: object): RequestInit => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      const codes = (path: string, init?: RequestInit): Promise<number[]> =>
        Promise.all([undefined, stranger, guest, master].map(async (token) => (await ask(path, token, init)).status));

      assert.deepEqual(await codes('remaster/jobs'), [401, 401, 200, 200]);
      assert.deepEqual(await codes('remaster/preview/up'), [401, 401, 204, 204]);
      assert.deepEqual(await codes('remaster/jobs/unknown', post({ action: 'stop' })), [401, 401, 401, 404]);
      assert.deepEqual(await codes('remaster/jobs/unknown/look', post({})), [401, 401, 404, 404]);
      assert.deepEqual(await codes('remaster/jobs/unknown/compare/'), [401, 401, 404, 404]);
      assert.deepEqual(await codes('remaster/jobs/unknown/compare/pair'), [401, 401, 404, 404]);

      await red.until(() => red.text('out') === 'waiting', 'the flow runs');
      await ask('inject/go', master, post({ __user_inject_props__: [{ p: 'filename', v: clip, vt: 'str' }] }));
      await red.until(() => red.reported('result').length === 1, 'the video is restored', 60_000);
      const [job] = (await (await ask('remaster/jobs', guest)).json()) as {
        id: string;
        is: string;
        compare: boolean;
      }[];
      assert.deepEqual([job!.is, job!.compare], ['done', true]);
      const jobPath = `remaster/jobs/${job!.id}`;
      assert.equal((await ask(jobPath, master, post({ action: 'stop' }))).status, 404, 'the job has ended');
      const response = await ask(`${jobPath}/look`, guest, post({}));
      const cookie = response.headers.get('set-cookie')!;
      assert.match(cookie, /HttpOnly; SameSite=Strict/);
      const bare = { headers: { Cookie: cookie.split(';')[0]! } };
      assert.deepEqual(await codes(`${jobPath}/compare/after`), [401, 401, 200, 200]);
      assert.equal((await ask(`${jobPath}/compare/`, undefined, bare)).status, 200);
      const { pairs } = (await (await ask(`${jobPath}/compare/pairs.json`, undefined, bare)).json()) as {
        pairs: { text?: { en: string }; after: { image: string; video?: string } }[];
      };
      assert.match(pairs[0]!.text!.en, /browsers may not play the result/);
      assert.deepEqual(
        pairs.map(({ after }) => [after.image, after.video]),
        ['after-1.jpg', 'after-0.jpg', 'after-2.jpg'].map((image) => [image, undefined]),
      );
      const still = await ask(`${jobPath}/compare/after-0.jpg`, undefined, bare);
      assert.equal(Buffer.from(await still.arrayBuffer()).readUInt16BE(0), 0xffd8);
      const addedAnswer = await ask(`${jobPath}/compare/added-0.json`, undefined, bare);
      const added = (await addedAnswer.json()) as { mean: number; share: number; map: string };
      assert.ok(added.mean > 0 && added.share > 0 && added.share < 1);
      assert.match(added.map, /^data:image\/jpeg;base64,\/9j/);
      const part = await ask(`${jobPath}/compare/before`, undefined, {
        headers: { ...bare.headers, Range: 'bytes=4-7' },
      });
      assert.deepEqual([part.status, await part.text(), part.headers.get('content-type')], [206, 'ftyp', 'video/mp4']);
      for (const other of [
        'flows.json',
        '..%2f..%2fflows.json',
        'index.html',
        'before-9.jpg',
        'added-0.jpg',
        'before-0.json',
        'README.md',
      ])
        assert.equal((await ask(`${jobPath}/compare/${other}`, undefined, bare)).status, 404, other);
      assert.equal((await ask('remaster/jobs/other/compare/', undefined, bare)).status, 401, 'for this job only');
    } finally {
      await red.stop();
      remove(folder);
    }
  });
});
