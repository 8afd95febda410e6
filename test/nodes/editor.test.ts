import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './support/browser';
import { makeClip } from './support/clip';
import { example } from './support/flows';
import { installedPackage, nodeRed4, nodeRed5, remove, Runtime, userDirectory } from './support/nodeRed';

const TYPES = [
  'remaster-model',
  'remaster-in',
  'remaster-upscale',
  'remaster-out',
  'remaster-image',
  'remaster-frames',
  'remaster-batch',
];
/** Milliseconds after which the editor does not take the next click on a tab for a double one. */
const BETWEEN_CLICKS = 450;
/** Words that users type into the palette's search, and the nodes they find. */
const SEARCHES = [
  ['camera', ['in']],
  ['rtsp', ['in']],
  ['restore', ['upscale']],
  ['super resolution', ['upscale']],
  ['video', ['batch', 'frames', 'image', 'in', 'out', 'upscale']],
] as const;
/** Together they have a node of every type but *video batch*. */
const FLOWS = ['01 - Restore a file.json', '09 - HTTP upscaling API.json', '11 - Frames out, a video back.json'];

interface EditorRed {
  readonly nodes: {
    eachNode(see: (node: { id: string; type: string }) => void): void;
    node(id: string): { id: string };
    getType(type: string): { defaults: Readonly<Record<string, { validate?: (v: unknown, opt: object) => unknown }>> };
  };
  readonly editor: { edit(node: object): void; editConfig(name: string, type: string, id: string): void };
  readonly sidebar: { show(id: string): void; help: { show(type: string, bringToFront: boolean): void } };
  readonly tray: { close(): void };
}

/** Seconds, of every upscale model. */
const LOAD_LIMIT = '300';

/** Keys of our catalogues that were shown instead of their words. */
const RAW_KEY = /\bremaster-(in|out|upscale|model|image|frames|batch)\.[a-z]+\.?\w*|\[object|undefined|\{\{|__\w+__/;

describe('editor', function () {
  this.timeout(480_000);
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
    ['Node-RED 4', async () => nodeRed4, 'light', 'en-US'],
    ['Node-RED 5', nodeRed5, 'dark', 'de'],
  ] as const) {
    it(`of ${name}, ${look}, ${language}: shows the flow and opens every dialog`, async () => {
      const folder = userDirectory(installed);
      const red = await Runtime.start(await find(), folder);
      const context = await browser.newContext({
        colorScheme: look,
        locale: language,
        viewport: { width: 1400, height: 900 },
      });
      try {
        const flows = FLOWS.flatMap(example);
        const [onTab, model] = ['tab', 'remaster-model'].map((type) => flows.find((node) => node.type === type)!.id);
        // A batch that watches would restore its folder beside the job below.
        const batch = example('12 - Folder to folder.json').find(({ type }) => type === 'remaster-batch')!;
        flows.push({ ...batch, z: onTab, model, watch: false, wires: [[], []] });
        await red.deploy(
          flows.map((node) => (node.type === 'remaster-model' ? { ...node, loadLimit: LOAD_LIMIT } : node)),
        );
        await context.addInitScript((theme) => localStorage.setItem('view-dark-theme', theme), look);
        const page = await context.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        const shoot = async (what: string): Promise<void> => {
          if (shots === undefined) return;
          mkdirSync(shots, { recursive: true });
          await page.screenshot({ path: join(shots, `${name} ${look} ${language} ${what}.png`) });
        };
        /** Every section of the open dialog: what it says, and that it has room for it. */
        const lookThrough = async (what: string): Promise<void> => {
          const tabs = page.locator('.red-ui-tray .remaster-sections:visible li.red-ui-tab > a');
          for (let index = 0; index < (await tabs.count()); index++) {
            await tabs.nth(index).click();
            await page.waitForTimeout(BETWEEN_CLICKS);
            seen.push(await page.locator('.red-ui-tray').last().innerText());
            if (index > 0) await shoot(`${what} - ${index + 1}`);
          }
          if ((await tabs.count()) > 0) {
            await tabs.first().click();
            await page.waitForTimeout(BETWEEN_CLICKS);
          }
          for (const cut of await cutOff(page)) assert.fail(`${what}: ${cut} is cut off`);
        };
        await page.goto(red.url);
        await page.waitForFunction(() => document.querySelectorAll('.red-ui-flow-node').length > 5, null, {
          timeout: 60_000,
        });
        await page.waitForTimeout(1500);
        await shoot('flow');
        for (const [search, found] of SEARCHES) {
          await page.locator('#red-ui-palette-search input').fill('');
          await page.locator('#red-ui-palette-search input').pressSequentially(search);
          await page.waitForTimeout(700);
          await shoot(`palette ${search}`);
          const shown = await page
            .locator('.red-ui-palette-node:visible')
            .evaluateAll((all) => all.map((one) => one.getAttribute('data-palette-type')));
          assert.deepEqual(new Set(shown), new Set(found.map((node) => `remaster-${node}`)), search);
        }
        const seen: string[] = [await page.locator('#red-ui-workspace').innerText()];

        const deaf = await page.evaluate((types) => {
          const { nodes } = (window as unknown as { RED: EditorRed }).RED;
          return types.flatMap((type) =>
            Object.entries(nodes.getType(type).defaults)
              .filter(([, { validate }]) => validate && validate.length !== 2)
              .map(([field]) => `${type} ${field}`),
          );
        }, TYPES);
        assert.deepEqual(deaf, [], 'the words of validators are heard only if they take two arguments');
        for (const type of TYPES) {
          await open(page, type);
          await page.waitForTimeout(type === 'remaster-model' ? 4000 : 700); // the list of models comes from the engine
          seen.push(await page.locator('.red-ui-tray').last().innerText());
          const invalid = await page.locator('.red-ui-tray .input-error').count();
          assert.equal(invalid, 0, `${type} has fields marked as wrong`);
          await shoot(type);
          await lookThrough(type);
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
            if (value !== 'device' && value !== 'pattern') await lookThrough(`${type} ${value}`); // as an address
          }
          if (type === 'remaster-in') {
            await select.selectOption('sample');
            const asked = page.waitForRequest('**/remaster/forecast');
            await page.locator('#remaster-in-estimate').click();
            const { work } = (await asked).postDataJSON() as { work: { loadLimit?: string } };
            assert.equal(work.loadLimit, LOAD_LIMIT);
            const expected = page.locator('#remaster-in-estimated');
            await expected.filter({ hasText: /192×144.*x4/s }).waitFor({ timeout: 60_000 });
            seen.push(await expected.innerText());
            await shoot(`${type} estimate`);
          }
          if (type === 'remaster-batch') assert.equal(await page.locator('#node-input-videos').inputValue(), '${FROM}');
          if (type === 'remaster-upscale') {
            const tab = (section: string) => page.locator(`#red-ui-tab-remaster-upscale-sections-${section}`);
            await tab('advanced').locator('a').click();
            await page.waitForTimeout(BETWEEN_CLICKS);
            const row = page.locator('.form-row', { has: page.locator('#node-input-seed') });
            await row.locator('.red-ui-typedInput-input').fill('-1'); // leaving the field, by the tab, validates it
            await tab('image').locator('a').click();
            await page.locator('#red-ui-tab-remaster-upscale-sections-advanced.remaster-section-wrong').waitFor();
            await page.waitForTimeout(BETWEEN_CLICKS);
            await shoot(`${type} wrong`);
            await tab('advanced').locator('a').click();
            await page.waitForTimeout(BETWEEN_CLICKS);
            await row.locator('.red-ui-typedInput-input').fill('1');
            await tab('image').locator('a').click();
            await page.locator('.remaster-section-wrong').waitFor({ state: 'detached' });
          }
          if (type === 'remaster-out') {
            await page.locator('#node-input-overload').selectOption('adapt');
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
        const go = example(FLOWS[0]!).find((node) => node['name'] === 'your own file')!.id;
        const clip = await makeClip(join(folder, 'long.mp4'), 1500, { width: 96, height: 54 });
        await red.inject(go, [{ p: 'filename', v: clip, vt: 'str' }]);
        await page
          .locator('.red-ui-flow-node-status-label', { hasText: /^[1-9]\d?% .*fps/ })
          .waitFor({ timeout: 180_000, state: 'attached' });
        await shoot('at work');
        seen.push(await page.locator('#red-ui-workspace').innerText());
        const refusal = { status: 404, json: { message: '<b>This job</b> is gone.' } };
        await page.route('**/remaster/jobs/*', (route) => route.fulfill(refusal));
        await page.evaluate(() => (window as unknown as { RED: EditorRed }).RED.sidebar.show('remaster-jobs'));
        await page.locator('.remaster-jobs > .remaster-jobs-list button[data-action="pause"]').click();
        await page.locator('.red-ui-notification', { hasText: refusal.json.message }).waitFor(); // as text
        await page.unroute('**/remaster/jobs/*');
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
});

/** Words of the open dialog for which there is no room: of labels, and of the choices that are made. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')!;
    const widthOf = (text: string, { font }: CSSStyleDeclaration): number => {
      pen.font = font;
      return pen.measureText(text).width;
    };
    const visible = <T extends HTMLElement>(what: string): T[] =>
      [...document.querySelectorAll<T>(`.red-ui-tray ${what}`)].filter((one) => one.offsetParent !== null);
    return [
      ...visible<HTMLSelectElement>('.form-row select').flatMap((select) => {
        const style = getComputedStyle(select);
        const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return [...select.options].map(({ text }) => text).filter((text) => widthOf(text, style) > room);
      }),
      ...visible('.form-row > label').flatMap((label) => {
        const span = label.querySelector('span');
        return span && span.offsetWidth + span.offsetLeft > label.offsetWidth + label.offsetLeft
          ? [span.innerText]
          : [];
      }),
      ...visible('.remaster-sections li > a')
        .filter((tab) => tab.scrollWidth > tab.clientWidth)
        .map((tab) => tab.innerText),
      ...visible<HTMLInputElement>('.form-row input').flatMap((input) => {
        const style = getComputedStyle(input);
        const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return input.value === '' && widthOf(input.placeholder, style) > room ? [input.placeholder] : [];
      }),
    ];
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
