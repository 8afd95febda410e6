/**
 * bench/livePage: pictures of a camera's page where the editor needs a login: without one, and of a user who may read
 * jobs and opens the page from the sidebar. Needs Chromium. Writes docs/live-anonymous.png and docs/live-user.png.
 * Usage: node dist/bench/livePage.js [FOLDER=docs]
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { startBrowser } from '../test/nodes/support/browser';
import { model, upscale, videoIn, videoOut } from '../test/nodes/support/flows';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../test/nodes/support/nodeRed';

const FLOW = [
  { id: 'tab', type: 'tab', label: 'camera' },
  model({ model: 'x4-live' }),
  videoIn({ source: 'pattern', size: '160x90', rate: '5', autostart: true }),
  upscale({ x: 350 }),
  videoOut({ target: 'mjpeg', folder: '', x: 600, wires: [[], []] }),
];

interface EditorRed {
  readonly sidebar: { show(id: string): void };
}

async function main(folder: string): Promise<void> {
  const browser = await startBrowser();
  if (!browser) throw new Error('There is no browser.');
  const directory = userDirectory(await installedPackage());
  writeFileSync(join(directory, 'flows.json'), JSON.stringify(FLOW));
  const red = await Runtime.start(nodeRed4, directory, login('guest'));
  try {
    await red.until(() => /^live/.test(red.text('out')), 'the camera runs', 60_000);
    const address = `${red.url}/remaster/live/test-pattern/`;
    const viewport = { width: 720, height: 480 };

    const anonymous = await (await browser.newContext({ viewport })).newPage();
    const answer = await anonymous.goto(address);
    console.log(`anonymous: ${address} answers ${answer!.status()}`);
    await shoot(anonymous, join(folder, 'live-anonymous.png'));

    const context = await browser.newContext({ viewport: { width: 1200, height: 700 } });
    const editor = await context.newPage();
    await editor.goto(red.url);
    await editor.locator('#node-dialog-login-username').fill('guest');
    await editor.locator('#node-dialog-login-password').fill('guest');
    await editor.locator('#node-dialog-login-submit').click();
    await editor.locator('.red-ui-flow-node').first().waitFor({ state: 'attached', timeout: 60_000 });
    await editor.evaluate(() => (window as unknown as { RED: EditorRed }).RED.sidebar.show('remaster-jobs'));
    const opened = context.waitForEvent('page');
    await editor.locator('.remaster-jobs-list [data-action="page"]').click();
    const page = await opened;
    await page.setViewportSize(viewport);
    await page.waitForURL(/\/remaster\/live\/test-pattern\/$/); // its ticket is a cookie by now
    await page.waitForFunction(() => document.querySelector('img')!.naturalWidth > 0);
    await page.waitForTimeout(2000); // its second line needs a few frames
    console.log(`guest, who may read jobs: ${page.url()} shows ${await page.locator('#state').innerText()}`);
    await shoot(page, join(folder, 'live-user.png'));
  } finally {
    await red.stop();
    await browser.close();
    remove(directory);
  }
}

/** Settings with a user who may read, and nothing else. */
function login(name: string): Readonly<Record<string, unknown>> {
  const { hashSync } = createRequire(join(nodeRed4.nodeRed, 'package.json'))('bcryptjs') as {
    hashSync(password: string, rounds: number): string;
  };
  return {
    adminAuth: { type: 'credentials', users: [{ username: name, password: hashSync(name, 4), permissions: 'read' }] },
  };
}

/** A picture with few colours, which is small. */
async function shoot(page: Page, path: string): Promise<void> {
  await sharp(await page.screenshot())
    .png({ palette: true, colours: 64, effort: 10 })
    .toFile(path);
}

void main(process.argv[2] ?? 'docs');
