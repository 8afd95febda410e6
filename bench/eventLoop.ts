/**
 * bench/event-loop: Node-RED must stay quick while a video is restored. A real Node-RED in this process, our nodes in it, one
 * job through them; the delay of its event loop is measured from the first frame to the last.
 * Usage: node dist/bench/eventLoop.js [steps=1] [frames=40] [size=320x180]
 */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { film, workFolder } from './film';
import { printTable } from './table';

const [steps, count, size] = [
  Number(process.argv[2] ?? 1),
  Number(process.argv[3] ?? 40),
  process.argv[4] ?? '320x180',
];

interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly httpAdmin: unknown;
  readonly nodes: { readonly installerEnabled: boolean };
}

async function main(): Promise<void> {
  const folder = workFolder();
  const input = await film(join(folder, 'film.mp4'), size, count);
  writeFileSync(join(folder, 'package.json'), '{}');
  const RED = require('node-red') as Runtime;
  const app = (require('express') as () => { use(app: unknown): void })();
  const server = createServer(app as never);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let begun = (): void => {};
  let ended = (): void => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const done = new Promise<void>((resolve) => (ended = resolve));
  RED.init(server, {
    userDir: folder,
    nodesDir: join(process.cwd(), 'dist/nodes'),
    credentialSecret: 'bench',
    logging: { console: { level: 'warn' } },
    editorTheme: { tours: false, projects: { enabled: false } },
    telemetry: { enabled: false },
    functionGlobalContext: { begun: () => begun(), ended: () => ended() },
  });
  app.use(RED.httpAdmin);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await RED.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const at = { z: 'tab', x: 100, y: 100 };
  const flows = [
    { id: 'tab', type: 'tab', label: 'bench' },
    {
      id: 'model',
      type: 'remaster-model',
      name: '',
      model: 'x4',
      provider: 'cpu',
      device: 0,
      threads: 0,
      idleSeconds: 60,
      preload: false,
    },
    { id: 'go', type: 'inject', ...at, props: [], wires: [['in']] },
    {
      id: 'in',
      type: 'remaster-in',
      ...at,
      source: 'file',
      path: input,
      pathType: 'str',
      deinterlace: 'auto',
      wires: [['up']],
    },
    {
      id: 'up',
      type: 'remaster-upscale',
      ...at,
      model: 'model',
      steps: String(steps),
      stepsType: 'num',
      wires: [['out']],
    },
    {
      id: 'out',
      type: 'remaster-out',
      ...at,
      folder,
      folderType: 'str',
      template: '{name}_x{scale}.{ext}',
      templateType: 'str',
      overwrite: 'always',
      codec: 'h264',
      audio: 'copy',
      extras: true,
      resume: false,
      wires: [['end'], ['progress']],
    },
    { id: 'progress', type: 'function', ...at, func: "if (msg.progress.frame > 0) global.get('begun')();", wires: [] },
    { id: 'end', type: 'function', ...at, func: "global.get('ended')();", wires: [] },
  ];
  const headers = { 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' };
  const answer = await fetch(`${url}/flows`, { method: 'POST', headers, body: JSON.stringify({ flows }) });
  if (!answer.ok) throw new Error(await answer.text());
  await fetch(`${url}/inject/go`, { method: 'POST' });
  await started;
  delay.enable();
  await done;
  delay.disable();
  const ms = (value: number): string => (value / 1e6).toFixed(1);
  printTable(`bench/event-loop: Node-RED while x4 restores ${count} frames of ${size}, ${steps} step(s)`, [
    {
      'p50, ms': ms(delay.percentile(50)),
      'p99, ms': ms(delay.percentile(99)),
      'p99.9, ms': ms(delay.percentile(99.9)),
      'max, ms': ms(delay.max),
      samples: delay.count,
    },
  ]);
  await RED.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

void main();
