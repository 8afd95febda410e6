import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { assertNoErrors, batchFlow } from '../support/batches';
import { startBrowser } from '../support/browser';
import { openEditor } from '../support/editorFields';
import { installedPackage, nodeRed5, remove, Runtime, userDirectory } from '../support/nodeRed';

describe('the batches in the jobs sidebar', function () {
  this.timeout(240_000);
  const shots = process.env['REMASTER_SHOTS'];
  let browser: Browser;
  let red: Runtime;
  let page: Page;
  const errors: string[] = [];

  before(async function () {
    const found = await startBrowser();
    if (!found) return this.skip();
    browser = found;
    const folder = userDirectory(await installedPackage());
    // Files that fail at once, and a queue that an earlier Node-RED has left: nothing is restored.
    mkdirSync(join(folder, 'tapes'));
    const tapes = [1, 2, 3, 4].map((number) => join(folder, 'tapes', `tape ${number}.mp4`));
    for (const tape of tapes) writeFileSync(tape, tape);
    mkdirSync(join(folder, 'remaster-batch'));
    const error = { code: 'SOURCE_EMPTY', message: 'The tape is empty.', remedy: '', detail: '' };
    const queue = { order: tapes.slice(0, 3), failed: [[tapes[3], error]], isPaused: true };
    const requests = [{ path: join(folder, 'tapes'), origin: 'message' }];
    writeFileSync(join(folder, 'remaster-batch', 'batch.json'), JSON.stringify({ version: 1, requests, ...queue }));
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(batchFlow({ userDir: folder })));
    red = await Runtime.start(await nodeRed5(), folder);
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1500, height: 900 } });
    page = await openEditor(context, red.url);
    page.on('pageerror', (thrown) => errors.push(thrown.message));
    await page.evaluate(() => {
      (window as unknown as { RED: { sidebar: { show(id: string): void } } }).RED.sidebar.show('remaster-jobs');
    });
    await page.locator('.remaster-batch li').nth(3).waitFor();
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
    if (red) remove(red.userDir);
  });

  const rows = (): Promise<string[]> => page.locator('.remaster-batch-file').allInnerTexts();
  const until = async (expected: readonly string[]): Promise<void> => {
    for (let i = 0; i < 100 && (await rows()).join() !== expected.join(); i++) await page.waitForTimeout(100);
    assert.deepEqual(await rows(), expected);
  };
  const tapes = (...numbers: readonly number[]): string[] => numbers.map((number) => `tape ${number}.mp4`);

  it('have totals and their files in their order', async () => {
    assert.deepEqual(await rows(), tapes(1, 2, 3, 4));
    const details = await page.locator('.remaster-batch-head .remaster-jobs-details').innerText();
    assert.equal(details, 'paused · 4 files · 1 failed · 3 waiting');
    assert.equal(
      await page.locator('li[data-is=failed] .remaster-jobs-details').innerText(),
      'failed: The tape is empty.',
    );
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'batch.png') });
  });
  it('are searched and reordered', async () => {
    await page.locator('.remaster-batch-search input').fill('TAPE 3');
    await until(tapes(3));
    await page.locator('.remaster-batch-search input').fill('');
    await until(tapes(1, 2, 3, 4));
    await page.locator('li[data-is=waiting]').nth(2).locator('button[data-action=first]').click();
    await until(tapes(3, 1, 2, 4));
    await page.locator('li[data-is=waiting]').nth(0).locator('button[data-action=down]').click();
    await until(tapes(1, 3, 2, 4));
  });
  it('are resumed, and their failed files tried again', async () => {
    await page.locator('.remaster-batch-head button[data-action=resume]').click();
    await page.locator('li[data-is=failed]').nth(3).waitFor({ timeout: 60_000 });
    assert.match(await page.locator('li[data-is=failed]').nth(0).innerText(), /failed: .*tape 1\.mp4 cannot be read/);
    await page.locator('.remaster-batch-head button[data-action=clear]').click();
    await page.locator('.remaster-batch').waitFor({ state: 'detached' });
    assert.deepEqual(errors, []);
    assertNoErrors(red);
  });
});
