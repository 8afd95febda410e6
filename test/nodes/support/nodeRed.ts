import { execFile, fork, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '../../support/root';
import type { RuntimeNews, RuntimeOrder } from './runtime';

const run = promisify(execFile);

/** A Node-RED of one major version, and the Node.js it runs on. */
export interface Major {
  readonly name: string;
  readonly nodeRed: string;
  readonly node: string;
}

export type FlowNode = { readonly id: string; readonly type: string } & Record<string, unknown>;

/** Node-RED 4 is a dependency and runs on the Node.js of the tests. */
export const nodeRed4: Major = {
  name: 'Node-RED 4',
  nodeRed: join(root, 'node_modules/node-red'),
  node: process.execPath,
};

/** Node-RED 5 needs Node.js 22.9; both are installed in `test/nr5` when they are first needed. */
export async function nodeRed5(): Promise<Major> {
  const folder = join(root, 'test/nr5');
  const nodeRed = join(folder, 'node_modules/node-red');
  const isNewEnough = Number(process.versions.node.split('.')[0]) >= 24;
  const node = isNewEnough ? process.execPath : join(folder, 'node_modules/node/bin/node');
  if (!existsSync(nodeRed)) await npm(['ci', '--no-audit', '--no-fund', '--prefer-offline', '--omit=optional'], folder);
  // The package `node` fetches its program in an install script, which npm may be configured not to run.
  if (!existsSync(node))
    await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: join(folder, 'node_modules/node') });
  return { name: 'Node-RED 5', nodeRed, node };
}

let install: Promise<string> | null = null;

/** A folder where the package is installed once for all tests; removed at exit. */
export const installedPackage = (): Promise<string> => (install ??= installPackage());

/** Packs this repository and installs the package as the palette manager would, into a user directory of its own. */
async function installPackage(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'remaster-install-')));
  process.once('exit', () => remove(folder));
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  const flags = [
    '--no-audit',
    '--no-update-notifier',
    '--no-fund',
    '--save',
    '--save-prefix=~',
    '--omit=dev',
    '--engine-strict',
  ];
  await npm(['install', ...flags, '--prefer-offline', `./${packed}`], folder);
  return folder;
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }; // no CUDA libraries from the network
  await run('npm', [...args], { cwd, env, maxBuffer: 2 ** 26, shell: process.platform === 'win32' });
}

/** A user directory with only the installed package. */
export function userDirectory(installed: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'remaster-nr-')));
  symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), readFileSync(join(installed, 'package.json')));
  mkdirSync(join(folder, 'made'));
  return folder;
}

export interface Report {
  readonly name: string;
  readonly value: Record<string, unknown>;
}

/** A real Node-RED in its own process. */
export class Runtime implements AsyncDisposable {
  readonly reports: Report[] = [];
  readonly statuses: { readonly id: string; readonly text: string; readonly fill: string | undefined }[] = [];
  readonly logs: string[] = [];
  url = '';
  /** Sent with every request, such as a login. */
  headers: Readonly<Record<string, string>> = {};
  version = '';
  #starts = 0;
  #exited = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly userDir: string,
  ) {}

  static async start(
    major: Major,
    userDir: string,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<Runtime> {
    const order: RuntimeOrder = { nodeRed: major.nodeRed, userDir, settings };
    const child = fork(join(__dirname, 'runtime.js'), [], {
      cwd: userDir,
      execPath: major.node,
      execArgv: [],
      env: { ...process.env, HOME: userDir, TMPDIR: userDir, REMASTER_TEST_RUNTIME: JSON.stringify(order) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const runtime = new Runtime(child, userDir);
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => runtime.logs.push(text.toString()));
    child.on('exit', () => (runtime.#exited = true));
    child.on('message', (news: RuntimeNews) => runtime.#onNews(news));
    // Node-RED reports started flows, even without any, perhaps late: not to be mistaken for the first deploy
    await runtime.until(() => runtime.url !== '' && runtime.#starts > 0, 'Node-RED starts', 60_000);
    return runtime;
  }

  get pid(): number {
    return this.child.pid!;
  }

  #onNews(news: RuntimeNews): void {
    switch (news.type) {
      case 'ready':
        this.url = `http://127.0.0.1:${news.port}`;
        this.version = news.version;
        break;
      case 'status':
        this.statuses.push({ id: news.id, text: news.status?.text ?? '', fill: news.status?.fill });
        break;
      case 'report':
        this.reports.push({ name: news.name, value: news.value as Record<string, unknown> });
        break;
      case 'log':
        this.logs.push(news.text);
        break;
      case 'started':
        this.#starts++;
    }
  }

  /** Replaces all flows, as the Deploy button does, and waits until they run. */
  async deploy(flows: readonly FlowNode[], how: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
    const starts = this.#starts;
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: {
        ...this.headers,
        ...{ 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2', 'Node-RED-Deployment-Type': how },
      },
      body: JSON.stringify({ flows }),
    });
    if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
    await this.until(() => this.#starts > starts, 'the flows start');
  }

  /** Presses the button of an inject node. */
  async inject(id: string, props?: readonly { p: string; v: unknown; vt: string }[]): Promise<void> {
    const body = props === undefined ? '{}' : JSON.stringify({ __user_inject_props__: props });
    const response = await fetch(`${this.url}/inject/${id}`, {
      method: 'POST',
      headers: { ...this.headers, 'Content-Type': 'application/json' },
      body,
    });
    if (!response.ok) throw new Error(`inject ${id}: ${response.status}`);
  }

  async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/${path}`, { headers: { ...this.headers, Accept: 'application/json' } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Values reported under a name. */
  reported(name: string): Record<string, unknown>[] {
    return this.reports.filter((report) => report.name === name).map(({ value }) => value);
  }

  /** The current status of a node. */
  text(id: string): string {
    return this.statuses.findLast((status) => status.id === id)?.text ?? '';
  }

  async until(isSo: () => boolean, what: string, limitMs = 30_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!isSo()) {
      if (this.#exited || Date.now() > end) {
        const why = this.#exited ? 'Node-RED has ended' : `not within ${limitMs} ms`;
        const statuses = this.statuses.slice(-12).map(({ id, text }) => `${id}: ${text}`);
        const { reports } = this;
        throw new Error(
          [
            `${what}: ${why}`,
            ...this.logs.slice(-12),
            ...statuses,
            JSON.stringify(reports.slice(-4)).slice(0, 2000),
          ].join('\n'),
        );
      }
      await sleep(20);
    }
  }

  /** Ends Node-RED as the system would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#exited) return;
    this.child.kill(signal);
    const end = Date.now() + 20_000;
    while (!this.#exited && Date.now() < end) await sleep(20);
    if (!this.#exited) this.child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Removes a folder, with retries while a process still closes its files. */
export const remove = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
