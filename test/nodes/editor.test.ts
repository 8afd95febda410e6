import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './browser';
import { example } from './flows';
import { installedPackage, nodeRed4, nodeRed5, remove, Runtime, userDirectory } from './nodeRed';

const TYPES = [
  'remaster-model',
  'remaster-in',
  'remaster-upscale',
  'remaster-out',
  'remaster-image',
  'remaster-frames',
];
/** Together they have a node of every type. */
const FLOWS = ['01 - Restore a file.json', '09 - HTTP upscaling API.json', '11 - Frames out, a video back.json'];

interface EditorRed {
  readonly nodes: {
    eachNode(see: (node: { id: string; type: string }) => void): void;
    node(id: string): { id: string };
  };
  readonly editor: { edit(node: object): void; editConfig(name: string, type: string, id: string): void };
  readonly sidebar: { help: { show(type: string, bringToFront: boolean): void } };
  readonly tray: { close(): void };
}

/** Keys of our catalogues that were shown instead of their words. */
const RAW_KEY = /\bremaster-(in|out|upscale|model|image|frames)\.[a-z]+\.?\w*|\[object|undefined|\{\{|__\w+__/;

describe('editor', function () {
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

  for (const [name, find, looks] of [
    ['Node-RED 4', async () => nodeRed4, [['light', 'en-US']]],
    [
      'Node-RED 5',
      nodeRed5,
      [
        ['light', 'de'],
        ['dark', 'en-US'],
      ],
    ],
  ] as const) {
    for (const [look, language] of looks) {
      it(`of ${name}, ${look}, ${language}: shows the flow and opens every dialog`, async () => {
        const folder = userDirectory(installed);
        const red = await Runtime.start(await find(), folder);
        const context = await browser.newContext({
          colorScheme: look,
          locale: language,
          viewport: { width: 1400, height: 900 },
        });
        try {
          await red.deploy(FLOWS.flatMap(example));
          await context.addInitScript((theme) => localStorage.setItem('view-dark-theme', theme), look);
          const page = await context.newPage();
          const errors: string[] = [];
          page.on('pageerror', (error) => errors.push(error.message));
          const shoot = async (what: string): Promise<void> => {
            if (shots === undefined) return;
            mkdirSync(shots, { recursive: true });
            await page.screenshot({ path: join(shots, `${name} ${look} ${language} ${what}.png`) });
          };
          await page.goto(red.url);
          await page.waitForFunction(() => document.querySelectorAll('.red-ui-flow-node').length > 5, null, {
            timeout: 60_000,
          });
          await page.waitForTimeout(1500);
          await shoot('flow');
          await page.locator('#red-ui-palette-search input').pressSequentially('video');
          await page.waitForTimeout(700);
          await shoot('palette');
          assert.equal(await page.locator('.red-ui-palette-node:visible').count(), 4);
          for (const label of ['video in', 'video upscale', 'video out', 'video frames']) {
            await page.locator('.red-ui-palette-node:visible', { hasText: label }).first().waitFor();
          }
          const seen: string[] = [await page.locator('#red-ui-workspace').innerText()];

          for (const type of TYPES) {
            await open(page, type);
            await page.waitForTimeout(type === 'remaster-model' ? 4000 : 700); // the list of models comes from the engine
            seen.push(await page.locator('.red-ui-tray').last().innerText());
            const invalid = await page.locator('.red-ui-tray .input-error').count();
            assert.equal(invalid, 0, `${type} has fields marked as wrong`);
            await shoot(type);
            const kinds = { 'remaster-in': 'source', 'remaster-out': 'target' } as Readonly<Record<string, string>>;
            const select = page.locator(`#node-input-${kinds[type]}`);
            const values = kinds[type]
              ? await select.locator('option').evaluateAll((all) => all.map((o) => o.getAttribute('value')!))
              : [];
            for (const value of values.slice(1)) {
              await select.selectOption(value);
              await page.waitForTimeout(150);
              seen.push(await page.locator('.red-ui-tray').last().innerText());
              await shoot(`${type} ${value}`);
            }
            if (type === 'remaster-out') {
              await page.locator('#node-input-effort').selectOption('follow');
              await page.waitForTimeout(150);
              seen.push(await page.locator('.red-ui-tray').last().innerText());
              await shoot(`${type} too slow`);
            }
            if (type === 'remaster-model') {
              await page.locator('#remaster-model-doctor').click();
              await page.locator('#remaster-model-answer table').waitFor({ timeout: 30_000 });
              await page.locator('#remaster-model-answer a').scrollIntoViewIfNeeded();
              await shoot(`${type} doctor`);
              seen.push(await page.locator('#remaster-model-answer').innerText());
              await page.locator('#remaster-model-test').click();
              await page.locator('#remaster-model-answer', { hasText: ' ms ' }).waitFor({ timeout: 60_000 });
              seen.push(await page.locator('#remaster-model-answer').innerText());
              await shoot(`${type} test`);
            }
            await page.evaluate(() => (window as unknown as { RED: EditorRed }).RED.tray.close());
            await page.waitForTimeout(600);
          }
          const go = example(FLOWS[0]!).find((node) => node['name'] === 'sample clip')!.id;
          await red.inject(go);
          await page
            .locator('.red-ui-flow-node-status-label', { hasText: /^[1-9]\d?% .*fps/ })
            .waitFor({ timeout: 60_000, state: 'attached' });
          await shoot('at work');
          seen.push(await page.locator('#red-ui-workspace').innerText());
          await red.inject(go, [{ p: 'reset', v: 'true', vt: 'bool' }]);

          for (const type of TYPES) {
            await page.evaluate(
              (one) => (window as unknown as { RED: EditorRed }).RED.sidebar.help.show(one, true),
              type,
            );
            await page.waitForTimeout(400);
            const help = await page.locator('.red-ui-sidebar-help-stack .red-ui-help').first().innerText();
            assert.ok(help.length > 200, `${type} has help`);
            seen.push(help);
            await shoot(`help ${type}`);
          }
          for (const text of seen) assert.doesNotMatch(text, RAW_KEY);
          assert.deepEqual(errors, []);
        } finally {
          await context.close();
          await red.stop();
          remove(folder);
        }
      });
    }
  }
});

async function open(page: Page, type: string): Promise<void> {
  await page.evaluate((wanted) => {
    const { RED } = window as unknown as {
      RED: EditorRed & { nodes: { eachConfig(see: (node: { id: string; type: string }) => void): void } };
    };
    const see = (node: { id: string; type: string }): void => {
      if (node.type !== wanted || document.querySelector('.red-ui-tray')) return;
      if (wanted === 'remaster-model') RED.editor.editConfig('', wanted, node.id);
      else RED.editor.edit(RED.nodes.node(node.id));
    };
    RED.nodes.eachNode(see);
    RED.nodes.eachConfig(see);
  }, type);
  await page.locator('.red-ui-tray').waitFor();
}
