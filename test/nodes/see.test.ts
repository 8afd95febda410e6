import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from './browser';
import { makeClip } from './clip';
import { chain, inject } from './flows';
import { installedPackage, type Major, nodeRed4, nodeRed5, remove, Runtime, userDirectory } from './nodeRed';

interface EditorRed {
  readonly sidebar: { show(id: string): void };
  readonly workspaces: { show(id: string): void };
}

/** Keys of our catalogues that were shown instead of their words. */
const RAW_KEY = /\bremaster-(in|out|upscale|model)\.[a-z]+\.?\w*|\[object|undefined|\{\{|__\w+__|NaN/;

describe('what the editor shows of jobs', function () {
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
      let red: Runtime;
      let context: BrowserContext;
      let page: Page;
      const errors: string[] = [];
      /** What was asked of Node-RED, without its root. */
      let asked: string[] = [];

      before(async () => {
        major = await find();
        folder = userDirectory(installed);
        clip = await makeClip(join(folder, 'long.mp4'), 1500, { width: 96, height: 54 });
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
        page.on('request', (request) => asked.push(request.url().slice(red.url.length + 1)));
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
      const restore = (): Promise<void> => red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
      const showSidebar = (id: string): Promise<void> =>
        page.evaluate((one) => (window as unknown as { RED: EditorRed }).RED.sidebar.show(one), id);
      const showTab = (id: string): Promise<void> =>
        page.evaluate((one) => (window as unknown as { RED: EditorRed }).RED.workspaces.show(one), id);
      const row = (is: string) => page.locator(`.remaster-jobs-list > li[data-is="${is}"]`);
      /** How often something was asked for in so many milliseconds. */
      const count = async (what: RegExp, ms: number): Promise<number> => {
        asked = [];
        await page.waitForTimeout(ms);
        return asked.filter((path) => what.test(path)).length;
      };

      it('the sidebar shows what runs and what waits; pause, resume and stop do as they say', async () => {
        await showSidebar('remaster-jobs');
        await page.locator('.remaster-jobs-message:visible').waitFor();
        await shoot('no jobs');
        await restore();
        await restore();
        await row('running')
          .filter({ hasText: /\d %.*(fps|Bilder\/s)/ })
          .waitFor({ timeout: 60_000 });
        await row('queued').filter({ hasText: '1' }).waitFor();
        await page.waitForTimeout(2000);
        await shoot('jobs');
        await row('running').locator('[data-wish="pause"]').click();
        await row('paused').nth(1).waitFor();
        await red.until(() => red.text('out').startsWith('paused'), 'it is put aside');
        await row('paused').first().locator('[data-wish="resume"]').click();
        await row('running').first().waitFor();
        await row('queued').locator('[data-wish="stop"]').click();
        await row('stopped').waitFor();
        assert.equal(await row('running').count(), 1, 'the other one goes on');
        await row('running').locator('[data-wish="stop"]').click();
        await row('stopped').nth(1).waitFor();
        await red.until(() => red.reported('result').length === 2, 'both have ended');
        await shoot('jobs stopped');
        assert.doesNotMatch(await page.locator('.remaster-jobs').innerText(), RAW_KEY);
        const times = await count(/^remaster\/jobs$/, 3000);
        assert.ok(times >= 1 && times <= 4, `${times} questions in 3 s`);
        await showSidebar('info');
        assert.equal(await count(/^remaster\/jobs$/, 2500), 0, 'nobody looks, nobody asks');
      });

      it('the preview shows both halves, moves, and is asked for only while it is seen', async () => {
        const preview = /^remaster\/preview\/up/;
        await restore();
        const image = page.locator('#up .remaster-preview');
        await image.waitFor({ timeout: 60_000, state: 'attached' });
        const looks = new Set<string>();
        for (let i = 0; i < 40 && looks.size < 3; i++) {
          looks.add((await image.getAttribute('href'))!);
          await page.waitForTimeout(250);
        }
        assert.ok(looks.size >= 3, 'the picture changes');
        await shoot('preview');
        const picture = await (await fetch(`${red.url}/remaster/preview/up`)).arrayBuffer();
        assert.equal(Buffer.from(picture).readUInt16BE(0), 0xffd8);
        const seen = await count(preview, 4000);
        assert.ok(seen >= 1 && seen <= 9, `${seen} pictures in 4 s`);

        await showTab('other');
        await page.waitForTimeout(600);
        assert.equal(await count(preview, 2500), 0, 'on another tab');
        await showTab('tab');
        await page.waitForTimeout(600);
        assert.equal(await image.count(), 1, 'and it is there again');
        assert.ok((await count(preview, 3000)) >= 1);
        await page.locator('#up .red-ui-flow-node-button-button').click();
        await page.waitForTimeout(600);
        assert.equal(await image.count(), 0);
        assert.equal(await count(preview, 2500), 0, 'switched off');
        assert.equal(red.reported('result').length, 2, 'the job has been at work all the time');
      });
    });
  }
});
