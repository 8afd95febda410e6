/**
 * bench/eventLoop: delay of Node-RED's event loop while a video is restored. Starts Node-RED with our nodes in this process,
 * runs one job and measures from the first frame to the last.
 * Usage: node dist/bench/eventLoop.js [steps=1] [frames=40] [size=320x180]
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [steps, count, size] = [
  Number(process.argv[2] ?? 1),
  Number(process.argv[3] ?? 40),
  process.argv[4] ?? '320x180',
];

type FlowNode = { id: string; type: string } & Record<string, unknown>;

interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly httpAdmin: unknown;
  readonly nodes: { readonly installerEnabled: boolean };
}

async function main(): Promise<void> {
  const folder = workFolder();
  const input = await testVideo(join(folder, 'video.mp4'), size, count);
  writeFileSync(join(folder, 'package.json'), '{}');
  const RED = require('node-red') as Runtime;
  const app = (require('express') as () => { use(app: unknown): void })();
  const server = createServer(app as never);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let begun = (): void => {};
  let ended: (payload: unknown) => void = () => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const done = new Promise<unknown>((resolve) => (ended = resolve));
  RED.init(server, {
    userDir: folder,
    nodesDir: join(process.cwd(), 'dist/nodes'),
    credentialSecret: 'bench',
    logging: { console: { level: 'warn' } },
    editorTheme: { tours: false, projects: { enabled: false } },
    telemetry: { enabled: false },
    functionGlobalContext: { begun: () => begun(), ended: (payload: unknown) => ended(payload) },
  });
  app.use(RED.httpAdmin);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await RED.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The first example flow, with the video instead of the sample and two listeners after its last node.
  const example = JSON.parse(readFileSync('examples/flows/01 - Restore a file.json', 'utf8')) as FlowNode[];
  const first = (type: string): FlowNode => example.find((node) => node.type === type)!;
  const [tab, inject, source, stage, sink] = ['tab', 'inject', 'remaster-in', 'remaster-upscale', 'remaster-out'].map(
    first,
  ) as [FlowNode, FlowNode, FlowNode, FlowNode, FlowNode];
  Object.assign(source, { source: 'file', path: input, pathType: 'str' });
  Object.assign(stage, { steps: String(steps) });
  const listener = (id: string, func: string): FlowNode => ({
    id,
    type: 'function',
    z: tab.id,
    x: 1,
    y: 1,
    func,
    outputs: 0,
    wires: [],
  });
  Object.assign(sink, {
    folder,
    folderType: 'str',
    overwrite: 'always',
    resume: false,
    wires: [['end'], ['progress']],
  });
  const flows = [
    ...[tab, inject, source, stage, sink, first('remaster-model')],
    listener('progress', "if (msg.progress.frame > 0) global.get('begun')();"),
    listener('end', "global.get('ended')(msg.payload);"),
  ];
  const headers = { 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' };
  const answer = await fetch(`${url}/flows`, { method: 'POST', headers, body: JSON.stringify({ flows }) });
  if (!answer.ok) throw new Error(await answer.text());
  // The answer to a deploy comes before its nodes are there.
  while (!(await fetch(`${url}/inject/${inject.id}`, { method: 'POST' })).ok) await sleep(50);
  await Promise.race([started, done]);
  delay.enable();
  const { status, framesOut } = (await done) as { status: string; framesOut: number };
  if (status !== 'done') throw new Error(`the job ended ${status}`);
  delay.disable();
  const ms = (value: number): string => (value / 1e6).toFixed(1);
  printTable(`bench/eventLoop: Node-RED while x4 restores ${framesOut} frames of ${size}, ${steps} step(s)`, [
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
