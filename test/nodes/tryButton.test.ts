import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startBrowser } from './support/browser';
import { makeClip } from './support/clip';
import { openDialog, openEditor } from './support/editorFields';
import { chain } from './support/flows';
import { installedPackage, nodeRed5, remove, Runtime, userDirectory } from './support/nodeRed';

describe('the button that tries models', function () {
  this.timeout(300_000);
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

  it('opens a page that follows the work, and then compares the models', async () => {
    const folder = userDirectory(installed);
    const path = await makeClip(join(folder, 'video.mp4'), 30);
    const red = await Runtime.start(await nodeRed5(), folder);
    const context = await browser.newContext({ locale: 'de', viewport: { width: 1400, height: 900 } });
    const errors: string[] = [];
    try {
      await red.deploy(chain({ in: { path, pathType: 'str', maxHeight: '18', trimEnd: '0.4' } }));
      const page = await openEditor(context, red.url);
      await openDialog(page, 'in');
      const opened = context.waitForEvent('page');
      await page.locator('#remaster-in-try').click();
      const comparison = await opened;
      comparison.on('pageerror', (error) => errors.push(error.message));
      await comparison.locator('.places .split').first().waitFor({ timeout: 240_000 });
      const text = await comparison.locator('body').innerText();
      assert.match(text, /remaster restore \S*video\.mp4 video\.x4\.mp4 --model x4/);
      assert.match(text, /x4 · 1/);
      assert.equal(await comparison.evaluate(() => document.documentElement.lang), 'de');
      await comparison.waitForFunction(() =>
        [...document.querySelectorAll('.places img')].every((image) => (image as HTMLImageElement).naturalWidth > 0),
      );
      if (shots !== undefined) await comparison.screenshot({ path: join(shots, 'try.png'), fullPage: true });
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
      await red.stop();
      remove(folder);
    }
  });
});
