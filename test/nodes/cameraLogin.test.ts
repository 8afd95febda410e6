import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { type Camera, startCamera } from '../pipeline/jobs/live/httpCamera';
import { startBrowser } from './support/browser';
import { enter, openEditor } from './support/editorFields';
import { model, upscale, videoIn, videoOut } from './support/flows';
import { installedPackage, nodeRed4, nodeRed5, remove, Runtime, userDirectory } from './support/nodeRed';

const LOGIN = { username: 'joe', password: 'gehe1m/@:gehe1m' };

/** A camera on a page; its node has no address yet. */
const FLOW = [
  { id: 'tab', type: 'tab', label: 'test' },
  model(),
  videoIn({ source: 'address', address: 'http://127.0.0.1:9/video', addressType: 'str', autostart: true }),
  upscale(),
  videoOut({ target: 'mjpeg', folder: '', viewer: '{name}', wires: [[], []] }),
  videoOut({ id: 'push', target: 'push', server: 'rtsp://127.0.0.1:9/live', serverType: 'str', wires: [[], []] }),
];

describe('the login of a camera, typed into the editor', function () {
  this.timeout(240_000);
  let installed: string;
  let browser: Browser;
  /** MJPEG announces no frame rate: the one shown is measured. */
  let camera: Camera;
  before(async function () {
    const found = await startBrowser();
    if (!found) return this.skip();
    browser = found;
    installed = await installedPackage();
    camera = await startCamera({ width: 64, height: 36, rate: 8, kind: 'mjpeg', login: LOGIN });
  });
  after(async () => {
    await browser?.close();
    await camera?.close();
  });

  for (const [name, find] of [
    ['Node-RED 4', async () => nodeRed4],
    ['Node-RED 5', nodeRed5],
  ] as const) {
    it(`${name}: opens the camera, also after a restart, and a wrong one does not`, async () => {
      const major = await find();
      const folder = userDirectory(installed);
      let red = await Runtime.start(major, folder);
      const shown = (text: RegExp): Promise<void> =>
        red.until(() => text.test(red.text('in')), `status ${text}`, 60_000);
      const flow = (): string => readFileSync(join(folder, 'flows.json'), 'utf8');
      const context = await browser.newContext();
      try {
        await red.deploy(FLOW);
        let page = await openEditor(context, red.url);
        // The camera must have seen the wrong password: without any, it refuses too.
        await enter(page, 'in', { address: camera.url, username: LOGIN.username, password: 'wr0ng' });
        await shown(/^login refused$/);
        assert.equal(camera.logins.at(-1), `Basic ${Buffer.from('joe:wr0ng').toString('base64')}`);
        await enter(page, 'in', { password: LOGIN.password });
        await shown(/^64x36 [5-9](\.\d)?fps$/);
        await enter(page, 'push', { server: `rtsp://joe:${LOGIN.password}@127.0.0.1:9/live` });

        await red.stop();
        red = await Runtime.start(major, folder);
        await shown(/^64x36/);
        assert.doesNotMatch(flow(), /joe|gehe1m|wr0ng/);
        assert.match(flow(), /"rtsp:\/\/127.0.0.1:9\/live"/);
        const kept = await red.get('credentials/remaster-out/push');
        assert.deepEqual(kept, { username: 'joe', has_password: true });

        await page.close();
        page = await openEditor(context, red.url);
        const typed = (password: string): string => camera.url.replace('//', `//joe:${password}@`);
        await enter(page, 'in', { address: typed('wr0ng/@2') });
        await shown(/^login refused$/);
        assert.equal(camera.logins.at(-1), `Basic ${Buffer.from('joe:wr0ng/@2').toString('base64')}`);
        await enter(page, 'in', { address: typed(LOGIN.password) });
        await shown(/^64x36/);
        assert.doesNotMatch(flow(), /joe|gehe1m|wr0ng/);
      } finally {
        await context.close();
        await red.stop();
        remove(folder);
      }
    });
  }
});
