/**
 * bench/liveEventLoop: delay of Node-RED's event loop while a camera is upscaled and shown. Starts Node-RED in this process with
 * the flow of example 06 and one viewer of the MJPEG stream.
 * Usage: node dist/bench/liveEventLoop.js [seconds=60] [size=160x90] [rate=25]
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { printTable } from './table';
import { workFolder } from './testVideo';

const [seconds, size, rate] = [Number(process.argv[2] ?? 60), process.argv[3] ?? '160x90', process.argv[4] ?? '25'];

interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly httpAdmin: unknown;
  readonly httpNode: unknown;
}

async function main(): Promise<void> {
  const folder = workFolder();
  writeFileSync(join(folder, 'package.json'), '{}');
  const flows = JSON.parse(readFileSync('examples/flows/06 - Camera to browser.json', 'utf8')) as Record<
    string,
    unknown
  >[];
  for (const node of flows) {
    if (node['type'] === 'remaster-in') Object.assign(node, { size, rate });
    if (node['type'] === 'debug') Object.assign(node, { active: false });
  }
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows));
  const RED = require('node-red') as Runtime;
  const app = (require('express') as () => { use(app: unknown): void })();
  const server = createServer(app as never);
  RED.init(server, {
    userDir: folder,
    flowFile: 'flows.json',
    nodesDir: join(process.cwd(), 'dist/nodes'),
    credentialSecret: 'bench',
    httpAdminRoot: '/admin',
    logging: { console: { level: 'warn' } },
    editorTheme: { tours: false, projects: { enabled: false } },
    telemetry: { enabled: false },
  });
  app.use(RED.httpNode);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await RED.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/remaster/live/test-pattern/mjpeg`;
  let frames = 0;
  let bytes = 0;
  while (frames === 0) {
    await sleep(500);
    get(url, (answer) => {
      if (answer.statusCode !== 200) return answer.resume();
      return answer.on('data', (data: Buffer) => {
        bytes += data.length;
        if (data.includes('Content-Length')) frames++;
      });
    }).on('error', () => {});
    for (let i = 0; i < 20 && frames === 0; i++) await sleep(500);
  }
  [frames, bytes] = [0, 0];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(seconds * 1000);
  delay.disable();
  const ms = (value: number): string => (value / 1e6).toFixed(1);
  printTable(`bench/liveEventLoop: Node-RED while x4 shows a test pattern of ${size} for ${seconds} s`, [
    {
      'frames received': frames,
      'MB sent': (bytes / 1e6).toFixed(1),
      'p50, ms': ms(delay.percentile(50)),
      'p99, ms': ms(delay.percentile(99)),
      'p99.9, ms': ms(delay.percentile(99.9)),
      'max, ms': ms(delay.max),
    },
  ]);
  await RED.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

void main();
