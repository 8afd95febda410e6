import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

/** Kept from run to run, so that the clip is restored only the first time. */
const HOME = join(root, '.remaster', 'test-start');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Where screenshots go; none are taken without it. */
const SHOTS = process.env['REMASTER_SHOTS'];

interface Pairs {
  readonly pairs: readonly {
    readonly width: number;
    readonly before: {
      readonly label: { readonly en: string; readonly de: string };
      readonly image: string;
      readonly video: string;
    };
    readonly after: {
      readonly label: { readonly en: string; readonly de: string };
      readonly image: string;
      readonly video: string;
    };
  }[];
}

/** What the tests look at in a node of a flow. */
interface Node {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly source?: string;
  readonly autostart?: boolean;
  readonly wires?: readonly (readonly string[])[];
}

describe('npm start', function () {
  this.timeout(600_000); // the clip is restored when that was not done before
  const scratch = scratchFolder();
  let taken: Server;
  let port = 0;
  let run: Start;
  let nodeRed = '';
  let compare = '';
  const get = async (path: string): Promise<unknown> =>
    (await fetch(new URL(path, nodeRed), { headers: { Accept: 'application/json' } })).json();

  before(async () => {
    rmSync(join(HOME, 'node-red'), { recursive: true, force: true });
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has one
    port = (taken.address() as AddressInfo).port;
    run = new Start([], { PORT: String(port), REMASTER_HOME: HOME, TMPDIR: scratch });
    nodeRed = await run.said(/^Node-RED with the example flows: (\S+)$/m);
    compare = await run.said(/^Before and after: (\S+)$/m);
  });

  after(() => {
    run.kill();
    taken.close();
  });

  it('says aloud that the port is taken, and uses a free one on this machine only', async () => {
    const used = await run.said(new RegExp(`^Port ${port} is in use; using (\\d+)\\.$`, 'm'));
    assert.equal(nodeRed, `http://127.0.0.1:${used}/`);
    assert.equal(compare, `http://127.0.0.1:${used}/compare/`);
  });

  it('names every file it made', () => {
    for (const name of ['before.mp4', 'before.png', 'after.mp4', 'after.png'])
      assert.ok(run.text.includes(join('demo', 'media', name)), name);
    assert.match(run.text, /Flows and settings of Node-RED: \S*node-red$/m);
  });

  it('says what it did, and each address on one line', () => {
    assert.match(run.text, /24 frames from 192×144 to 768×576 in \d.*, model x4-live, 1 step, on \w+/);
    assert.equal(run.text.split('\n').filter((line) => line.includes('http://')).length, 2);
    assert.doesNotMatch(run.text, /warn|error|undefined|NaN|null/i);
  });

  it('serves the page and what it shows, in ranges too', async () => {
    const page = await fetch(compare);
    assert.equal(page.status, 200);
    const html = await page.text();
    assert.doesNotMatch(html, /https?:/, 'nothing from elsewhere');
    for (const [, file] of html.matchAll(/(?:href|src)="([\w.]+)"/g))
      assert.equal((await fetch(new URL(file!, compare))).status, 200, file);
    assert.equal((await fetch(compare.slice(0, -1))).url, compare, 'without the slash it leads to the same');

    const { pairs } = (await (await fetch(new URL('pairs.json', compare))).json()) as Pairs;
    const [pair] = pairs;
    assert.deepEqual(pair!.before.label, { en: 'before · 192×144', de: 'vorher · 192×144' });
    assert.equal(pair!.after.label.en, 'after · 768×576, ×4, 1 step');
    assert.equal(pair!.after.label.de, 'nachher · 768×576, ×4, 1 Schritt');
    for (const { image, video } of [pair!.before, pair!.after]) {
      assert.equal(widthOfPng(new Uint8Array(await (await fetch(new URL(image, compare))).arrayBuffer())), 768);
      const part = await fetch(new URL(video, compare), { headers: { Range: 'bytes=4-7' } });
      assert.equal(part.status, 206);
      assert.equal(await part.text(), 'ftyp');
      assert.equal(part.headers.get('content-type'), 'video/mp4');
    }
    const added = (await (await fetch(new URL('media/added.json', compare))).json()) as { mean: number; map: string };
    assert.ok(added.mean > 0);
    assert.equal((await fetch(new URL(added.map, compare))).headers.get('content-type'), 'image/jpeg');
    for (const file of ['result.json', 'media/result.json', 'media/%2e%2e/result.json'])
      assert.equal((await fetch(new URL(file, compare))).status, 404, 'only what the page shows');
  });

  it('has the example flows in Node-RED as tabs, with every node known', async () => {
    const sets = (await get('nodes')) as { module: string; types: string[]; err?: string }[];
    assert.deepEqual(
      sets.filter(({ err }) => err !== undefined),
      [],
    );
    const ours = sets.filter(({ module }) => module === '@remaster/node-red-video').flatMap(({ types }) => types);
    assert.ok(ours.length >= 4);
    const flows = (await get('flows')) as Node[];
    const known = new Set(['tab', 'group', 'subflow', ...sets.flatMap(({ types }) => types)]);
    assert.deepEqual(
      flows.filter(({ type }) => !known.has(type)),
      [],
    );
    for (const type of ours) assert.ok(flows.some((node) => node.type === type) || type.includes('image'), type);
    const examples = readdirSync(join(root, 'examples', 'flows')).filter((name) => name.endsWith('.json'));
    assert.equal(flows.filter(({ type }) => type === 'tab').length, examples.length);
    const models = flows.filter(({ type }) => type === 'remaster-model').map((model) => ({ ...model, id: '' }));
    assert.equal(new Set(models.map((model) => JSON.stringify(model))).size, models.length, 'one for all tabs');
    assert.equal(new Set(flows.map(({ id }) => id)).size, flows.length);
    for (const { z } of flows.filter(({ type }) => type === 'watch'))
      assert.ok(flows.find(({ id }) => id === z)?.disabled, 'the home folder is not watched unless asked for');
    assert.ok(!flows.some(({ autostart }) => autostart), 'no camera starts unless asked for');
    assert.deepEqual(
      descendants(run.pid).filter(({ args }) => /ffmpeg|engine/.test(args)),
      [],
    );
  });

  it('has the example flows under Import → Examples too', async () => {
    const listed = (await get('library/examples/flows/@remaster/node-red-video/flows/')) as (string | { fn: string })[];
    const names = listed.map((one) => (typeof one === 'string' ? one : one.fn));
    assert.ok(
      names.some((one) => one.includes('Restore a file')) && names.includes('with other nodes'),
      JSON.stringify(listed),
    );
  });

  describe('the page', function () {
    let browser: Browser | undefined;
    let page: Page;
    const wrong: string[] = [];

    before(async function () {
      if (!existsSync(CHROMIUM)) {
        console.log(`      no browser at ${CHROMIUM}: the page is not tested`);
        this.skip();
      }
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      browser = await chromium.launch({ executablePath: CHROMIUM, args });
      page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      page.on('pageerror', (error) => wrong.push(error.message));
      page.on('console', (line) => line.type() === 'error' && wrong.push(line.text()));
      page.on('request', (request) => {
        if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(nodeRed)) wrong.push(request.url());
      });
      await page.goto(compare);
      await page.locator('video').first().waitFor();
    });
    after(async () => browser?.close());

    const shoot = async (name: string, whole = true): Promise<void> => {
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: whole });
    };
    const at = async (slider: Locator): Promise<number> => Number(await slider.getAttribute('aria-valuenow'));

    it('shows the still with a line that follows the mouse and the keys', async () => {
      const slider = page.getByRole('slider', { name: 'Line between' }).first();
      assert.equal(await at(slider), 50);
      const box = (await page.locator('.split').first().boundingBox())!;
      assert.ok(Math.abs(box.width / box.height - 4 / 3) < 0.01);
      await page.mouse.move(box.x + box.width / 2, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 4, box.y + 60, { steps: 5 });
      assert.equal(await at(slider), 25);
      await page.mouse.move(box.x - 50, box.y + 60);
      assert.equal(await at(slider), 0);
      await page.mouse.move(box.x + box.width / 4, box.y + 60);
      await page.mouse.up();
      await page.mouse.move(box.x + box.width / 2, box.y + 60);
      assert.equal(await at(slider), 25, 'let go');
      assert.ok(await slider.evaluate((element) => element === document.activeElement));
      await page.keyboard.press('ArrowRight');
      assert.equal(await at(slider), 26);
      await page.keyboard.press('Shift+ArrowLeft');
      assert.equal(await at(slider), 16);
      await page.keyboard.press('End');
      assert.equal(await slider.getAttribute('aria-valuetext'), '100 % before, 0 % after');
      await page.keyboard.press('Home');
      assert.equal(await at(slider), 0);
      for (let i = 0; i < 4; i++) await page.keyboard.press('PageUp');
      assert.equal(await at(slider), 40);
      await shoot('still', false);
    });

    it('plays both videos together, in a loop', async () => {
      await page.locator('.controls').scrollIntoViewIfNeeded();
      await page.getByRole('button', { name: 'Pause' }).waitFor(); // it begins when it is seen
      const seen = await watch(page, 2500); // longer than the clip
      for (const [first, second] of seen) assert.ok(Math.abs(first - second) < 0.1, `${first} and ${second}`);
      const times = seen.map(([first]) => first);
      assert.ok(Math.max(...times) - Math.min(...times) > 1, 'they move');
      assert.ok(
        times.some((time, i) => i > 0 && time < times[i - 1]!),
        'they begin again',
      );
      await shoot('playing');
    });

    it('pauses, seeks to a frame and goes on with both', async () => {
      await page.getByRole('button', { name: 'Pause' }).click();
      const place = page.getByRole('slider', { name: 'Frame' });
      await place.fill('12');
      await sleep(300);
      const [[first, second]] = (await watch(page, 0)) as [[number, number]];
      assert.ok(Math.abs(first - 12.5 / 12.5) < 0.001, String(first));
      assert.equal(second, first);
      assert.equal(await page.locator('output').textContent(), '13 / 24');
      await place.focus();
      await page.keyboard.press('ArrowRight');
      assert.equal(await page.locator('output').textContent(), '14 / 24');
      assert.equal(await place.getAttribute('aria-valuetext'), 'frame 14 of 24');
      await page.getByRole('button', { name: 'Play' }).click();
      await sleep(400);
      const [[later]] = (await watch(page, 0)) as [[number, number]];
      assert.notEqual(later, 13.5 / 12.5);
    });

    it('is legible in the dark and on a telephone', async () => {
      await page.emulateMedia({ colorScheme: 'dark' });
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = /\d+/.exec(ground)!;
      assert.ok(Number(red) < 60, ground);
      await page.setViewportSize({ width: 360, height: 740 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(wide, 360, 'nothing sticks out');
      await sleep(300);
      await shoot('telephone');
    });

    it('finds nothing to complain about', () => assert.deepEqual(wrong, []));
  });

  describe('in the end', () => {
    it('ends everything on Ctrl-C, also while a flow restores, with exit code 0', async () => {
      const flows = (await get('flows')) as Node[];
      const samples = flows.filter(({ source }) => source === 'sample').map(({ id }) => id);
      const button = flows.find(({ type, wires }) => type === 'inject' && samples.includes(wires?.[0]?.[0] ?? ''))!;
      await fetch(new URL(`inject/${button.id}`, nodeRed), { method: 'POST' });
      await until(() => descendants(run.pid).some(({ args }) => /ffmpeg/.test(args)), 'a job runs');
      const children = descendants(run.pid);
      run.child.kill('SIGINT');
      assert.equal(await run.ended(10_000), 0);
      assert.match(run.text, /Stopped\.\n$/);
      await until(() => !children.some(({ pid }) => isAlive(pid)), 'no process is left', 5000);
      await assert.rejects(fetch(compare));
    });

    it('keeps what the user changed, and does not restore again', async () => {
      const path = join(HOME, 'node-red', 'flows.json');
      const flows = JSON.parse(readFileSync(path, 'utf8')) as { type: string; label?: string }[];
      flows.find(({ type }) => type === 'tab')!.label = 'My own';
      writeFileSync(path, JSON.stringify(flows));
      const secret = readFileSync(join(HOME, 'node-red', 'credential-secret'), 'utf8');
      const again = new Start([], { PORT: '0', REMASTER_HOME: HOME, TMPDIR: scratch });
      try {
        nodeRed = await again.said(/^Node-RED with the example flows: (\S+)$/m);
        assert.match(again.text, /upscaled before: 24 frames/);
        assert.ok(((await get('flows')) as { label?: string }[]).some(({ label }) => label === 'My own'));
        assert.equal(readFileSync(join(HOME, 'node-red', 'credential-secret'), 'utf8'), secret);
        again.child.kill('SIGTERM');
        assert.equal(await again.ended(10_000), 0);
      } finally {
        again.kill();
      }
    });
  });

  describe('without serving', () => {
    it('ends when the clip is restored', async () => {
      const quick = new Start(['--no-serve'], { REMASTER_HOME: HOME });
      assert.equal(await quick.ended(60_000), 0);
      assert.match(quick.text, /upscaled before/);
      assert.doesNotMatch(quick.text, /http:/);
    });

    it('leaves nothing behind when it is stopped, and says that there is no result', async () => {
      const home = join(scratch, 'stopped');
      const stopped = new Start([], { REMASTER_ONCE: '1', REMASTER_HOME: home });
      await stopped.said(/^(restoring)/m);
      stopped.child.kill('SIGINT');
      assert.equal(await stopped.ended(10_000), 130);
      assert.match(stopped.text, /Stopped\.\n$/);
      assert.deepEqual(readdirSync(join(home, 'demo', 'media')), ['before.mp4']);
    });

    it('exits at once on a second Ctrl-C, and leaves no process', async () => {
      const stopped = new Start(['--no-serve', '--again'], { REMASTER_HOME: join(scratch, 'twice') });
      try {
        await stopped.said(/^(restoring)/m);
        const children = descendants(stopped.pid);
        stopped.child.kill('SIGINT');
        stopped.child.kill('SIGINT');
        assert.equal(await stopped.ended(3000), 130);
        await until(() => !children.some(({ pid }) => isAlive(pid)), 'no process is left', 5000);
      } finally {
        stopped.kill();
      }
    });

    it('says in a sentence that ffmpeg is missing, and what to do', async () => {
      const env = { REMASTER_HOME: join(scratch, 'none'), REMASTER_FFMPEG: join(scratch, 'no-ffmpeg') };
      const failed = new Start(['--no-serve'], env);
      assert.equal(await failed.ended(60_000), 1);
      assert.match(failed.text, /^FFMPEG_MISSING: No working ffmpeg was found\.\nInstall ffmpeg/m);
      assert.doesNotMatch(failed.text, /\n {4}at /, 'no stack');
    });

    it('says at once that the port is none', async () => {
      const failed = new Start([], { PORT: 'abc', REMASTER_HOME: join(scratch, 'port') });
      assert.equal(await failed.ended(10_000), 1);
      assert.match(failed.text, /^BAD_SETTING: PORT is “abc”, which is not a port number\.\nSet it to a number/m);
    });

    it('refuses a word that it does not know', async () => {
      const failed = new Start(['--serve-not'], {});
      assert.equal(await failed.ended(10_000), 2);
      assert.match(failed.text, /--serve-not.*\n+npm start/s);
    });
  });
});

/** scripts/start.js in a process of its own. */
class Start {
  readonly child: ChildProcess;
  text = '';
  readonly #exit: Promise<number | NodeJS.Signals>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [join(root, 'scripts', 'start.js'), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.#exit = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? signal!)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits for these words; returns the text of the first group. */
  async said(words: RegExp): Promise<string> {
    let found: RegExpExecArray | null = null;
    await until(() => {
      found = words.exec(this.text);
      if (!found && this.child.exitCode !== null)
        throw new Error(`It ended with ${this.child.exitCode}:\n${this.text}`);
      return found !== null;
    }, `${words} in\n${this.text}`);
    return found![1]!;
  }

  ended(limitMs: number): Promise<number | NodeJS.Signals | 'still running'> {
    return Promise.race([this.#exit, sleep(limitMs, 'still running' as const, { ref: false })]);
  }

  kill(): void {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
  }
}

/** `currentTime` of both videos, several times during so many milliseconds. */
const watch = (page: Page, ms: number): Promise<[number, number][]> =>
  page.evaluate(async (limit) => {
    const [first, second] = document.querySelectorAll('video');
    const seen: [number, number][] = [];
    const end = performance.now() + limit;
    do {
      seen.push([first!.currentTime, second!.currentTime]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (performance.now() < end);
    return seen;
  }, ms);

const widthOfPng = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);

function descendants(pid: number): { readonly pid: number; readonly args: string }[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id, parent, args]) => ({ pid: Number(id), parent: Number(parent), args: args! }));
  const below = (id: number): typeof all =>
    all.filter(({ parent }) => parent === id).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean, what: string, limitMs = 500_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}
