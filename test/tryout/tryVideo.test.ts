import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { createEngine } from '../../src/engine/client/engine';
import { commandLine } from '../../src/tryout/commandLine';
import { tryImage } from '../../src/tryout/tryImage';
import { tryVideo } from '../../src/tryout/tryVideo';
import { startBrowser } from '../nodes/support/browser';
import { pattern } from '../support/images';
import { ff, moving, scratchFolder } from '../support/videos';

describe('a try', function () {
  this.timeout(300_000);
  const shots = process.env['REMASTER_SHOTS'];
  const folder = scratchFolder();
  const at = (...names: string[]): string => join(folder, ...names);
  const engine = createEngine();
  const events = { commandOf: (one: { model: string; steps: number | null }) => commandLine('restore', 'in.mp4', one) };
  const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));
  let browser: Browser | null;

  before(async () => {
    await ff(...moving('96x64', '25', 75), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
    await sharp(await pattern(60, 40).png().toBuffer()).toFile(at('photo.png'));
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await engine.close();
  });
  afterEach(() => assert.deepEqual(leftovers(), []));

  it('restores three parts, measures them, and makes a page', async () => {
    const said: string[] = [];
    const onProgress = (done: number, of: number, what: string): void => void said.push(`${done}/${of} ${what}`);
    const options = { input: at('in.mp4'), output: at('three.try'), models: 'x4-live', seconds: 0.2 };
    const { page, tries, places, chosen, left, source } = await tryVideo(options, engine, { ...events, onProgress });
    assert.deepEqual(said, ['0/3 x4-live', '1/3 x4-live', '2/3 x4-live']);
    assert.equal(page, at('three.try', 'index.html'));
    assert.deepEqual([chosen, left], [null, []]);
    assert.deepEqual(source, { width: 96, height: 64, fps: 25, duration: 3 });
    const [{ seconds, total, bytes, added }] = tries as readonly [(typeof tries)[number]];
    assert.ok(seconds > 0 && bytes! > 0 && added.mean > 0 && added.share > 0);
    assert.ok(Math.abs(total! - 75 * seconds) < 1e-6);
    for (const [index, place] of places.entries()) {
      assert.ok(Math.abs(place.at! - [0.5, 1.5, 2.5][index]!) < 0.15, String(place.at));
      const { image, plain, map, video } = place.shots[0]!;
      for (const file of [place.video!, image, plain, map, video!]) assert.ok(existsSync(at('three.try', file)), file);
    }
    assert.equal(places.length, 3);
  });

  it('compares several models', async () => {
    const part = { trim: { start: 0, end: 0.2 }, seconds: 0.2 }; // one place
    const options = { input: at('in.mp4'), output: at('video.try'), models: 'x4-live,x2:1', ...part };
    const { tries, places } = await tryVideo(options, engine, events);
    assert.deepEqual(
      tries.map(({ name, steps, width, height, command }) => [name, steps, width, height, command]),
      [
        ['x4-live', 1, 384, 256, 'remaster restore in.mp4 in.x4-live.mp4 --model x4-live'],
        ['x2 · 1', 1, 192, 128, 'remaster restore in.mp4 in.x2.mp4 --model x2 --steps 1'],
      ],
    );
    const { width } = await sharp(readFileSync(at('video.try', places[0]!.shots[0]!.map))).metadata();
    assert.equal(width, 384);
  });

  for (const [look, language, words] of [
    ['light', 'en-US', { added: 'what was added', frame: /levels on average/ }],
    ['dark', 'de', { added: 'was hinzugefügt wurde', frame: /Stufen geändert/ }],
  ] as const) {
    it(`has a page that works from the file system, ${language}`, async function () {
      if (!browser) return this.skip();
      const context = await browser.newContext({
        colorScheme: look,
        locale: language,
        viewport: { width: 1200, height: 900 },
      });
      try {
        const page = await context.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
        page.on('requestfailed', (request) => errors.push(request.url()));
        await page.goto(pathToFileURL(at('video.try', 'index.html')).href);
        await page.waitForSelector('.split');
        const shoot = async (what: string): Promise<void> => {
          if (shots === undefined) return;
          mkdirSync(shots, { recursive: true });
          await page.screenshot({ path: join(shots, `try ${language} ${what}.png`), fullPage: true });
        };
        assert.equal(await page.locator('.split').count(), 1);
        assert.equal(await page.locator('tbody tr').count(), 2);
        assert.match(await page.locator('main').innerText(), words.frame);
        assert.doesNotMatch(await page.locator('body').innerText(), /undefined|NaN|\[object/);
        const loaded = await page
          .locator('.split img')
          .evaluateAll((all) =>
            all.every((one) => (one as HTMLImageElement).complete && (one as HTMLImageElement).naturalWidth > 0),
          );
        assert.ok(loaded, 'all images are there');
        await shoot('frames');

        await page.locator('input[type=range]').fill('0.5');
        assert.match(await page.locator('code').innerText(), /--model x4-live --strength 0\.5$/);
        assert.equal(
          await page
            .locator('.stack img')
            .nth(1)
            .evaluate((one) => getComputedStyle(one).opacity),
          '0.5',
        );

        await page.locator('input[type=radio]').nth(1).check();
        assert.match(await page.locator('code').innerText(), /--model x2 --steps 1/);
        await page.locator('select').first().selectOption('added');
        assert.equal(await page.locator('.after .label').first().innerText(), words.added);
        await shoot('added');

        await page.locator('select').first().selectOption('video');
        await page.waitForFunction(() => {
          const videos = [...document.querySelectorAll('video')];
          return videos.length === 2 && videos.every((video) => video.readyState >= 2 && video.videoWidth > 0);
        });
        await shoot('video');
        assert.deepEqual(errors, []);
      } finally {
        await context.close();
      }
    });
  }

  it('without names, tries what auto takes first, and the others', async () => {
    const trim = { start: 0, end: 0.1 };
    const options = { input: at('in.mp4'), output: at('auto.try'), seconds: 0.1, threads: 2, trim };
    const { chosen, tries } = await tryVideo(options, engine, events);
    assert.equal(chosen!.model, 'x4');
    assert.match(chosen!.reason, /small, with 96×64/);
    assert.deepEqual(
      tries.map(({ name }) => name),
      ['x4 · 1', 'x4', 'x2', 'restore', 'x4-live'],
    );
  });

  it('compares models on an image', async () => {
    const commandOf = (one: { model: string; steps: number | null }) => commandLine('image', 'photo.png', one);
    const options = { input: at('photo.png'), output: at('image.try'), models: 'x4-live,restore' };
    const { kind, tries, places, source } = await tryImage(options, engine, { commandOf });
    assert.deepEqual([kind, source.width, source.height, places.length], ['image', 60, 40, 1]);
    assert.deepEqual(
      tries.map(({ name, width, command }) => [name, width, command]),
      [
        ['x4-live', 240, 'remaster image photo.png photo.x4-live.png --model x4-live'],
        ['restore', 60, 'remaster image photo.png photo.restore.png --model restore'],
      ],
    );
    assert.equal(places[0]!.shots[0]!.video, null);
    assert.ok(readdirSync(at('image.try', 'media')).includes('0-1-map.jpg'));
  });

  it('replaces only the page of an earlier try, and only when asked', async () => {
    const options = { input: at('photo.png'), output: at('image.try'), models: 'restore' };
    await assert.rejects(tryImage(options, engine, events), { code: 'OUTPUT_EXISTS' });
    const { tries } = await tryImage({ ...options, overwrite: true }, engine, events);
    assert.equal(tries.length, 1);
    mkdirSync(at('holidays'));
    writeFileSync(at('holidays', 'trial.js'), 'mine');
    const onto = { ...options, output: at('holidays'), overwrite: true };
    await assert.rejects(tryImage(onto, engine, events), { code: 'OUTPUT_EXISTS', message: /is not the page of/ });
    assert.equal(readFileSync(at('holidays', 'trial.js'), 'utf8'), 'mine');
    await assert.rejects(tryImage({ ...onto, output: at('photo.png') }, engine, events), { code: 'OUTPUT_EXISTS' });
    await assert.rejects(tryImage({ ...options, output: at('nowhere', 'page') }, engine, events), {
      code: 'OUTPUT_UNWRITABLE',
    });
  });

  it('leaves nothing when it is stopped or fails', async () => {
    const stop = new AbortController();
    const onProgress = (done: number): void => void (done === 1 && stop.abort(new Error('enough')));
    const options = { input: at('in.mp4'), output: at('stopped.try'), models: 'x4-live,x2', seconds: 0.2 };
    await assert.rejects(tryVideo(options, engine, { ...events, signal: stop.signal, onProgress }), {
      message: 'enough',
    });
    await assert.rejects(tryVideo({ ...options, models: 'x4-lve' }, engine, events), { code: 'MODEL_NOT_FOUND' });
    await assert.rejects(tryVideo({ ...options, input: at('none.mp4') }, engine, events), { code: 'SOURCE_NOT_FOUND' });
    assert.ok(!existsSync(at('stopped.try')));
  });
});
