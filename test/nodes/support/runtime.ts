import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** The test's request, passed in the environment: a process runs one Node-RED. */
export interface RuntimeOrder {
  /** Folder of the `node-red` package. */
  readonly nodeRed: string;
  readonly userDir: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Events from the runtime to the test. */
export type RuntimeNews =
  | { readonly type: 'ready'; readonly port: number; readonly version: string }
  | { readonly type: 'status'; readonly id: string; readonly status?: { fill?: string; text?: string } }
  /** From a Function node: `global.get('report')('name', msg)`. */
  | { readonly type: 'report'; readonly name: string; readonly value: unknown }
  | { readonly type: 'log'; readonly level: number; readonly text: string }
  | { readonly type: 'started' };

interface RuntimeModule {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  version(): string;
  readonly httpAdmin: unknown;
  readonly httpNode: unknown;
  readonly events: { on(event: string, listener: (news: never) => void): void };
}

const notify = (news: RuntimeNews): void => void process.send?.(news);

async function main({ nodeRed, userDir, settings }: RuntimeOrder): Promise<void> {
  const load = createRequire(join(nodeRed, 'package.json'));
  const RED = load(nodeRed) as RuntimeModule;
  const app = (load('express') as () => { use(path: string, app: unknown): void; (...args: never[]): void })();
  const server = createServer(app as never);
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    credentialSecret: 'test',
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    editorTheme: { tours: false, projects: { enabled: false } },
    telemetry: { enabled: false },
    functionGlobalContext: { report: (name: string, value: unknown) => notify({ type: 'report', name, value }) },
    logging: {
      console: { level: 'off' },
      test: {
        level: 'warn',
        handler: () => (entry: { level: number; msg: unknown }) => {
          const { msg } = entry;
          notify({ type: 'log', level: entry.level, text: msg instanceof Error ? String(msg) : JSON.stringify(msg) });
        },
      },
    },
    ...(settings['guard'] === undefined ? {} : { httpNodeMiddleware: guardedBy(settings['guard']) }),
    ...settings,
  });
  if (settings['httpAdminRoot'] !== false) app.use('/', RED.httpAdmin);
  app.use((settings['httpNodeRoot'] as string | undefined) ?? '/', RED.httpNode);
  RED.events.on('node-status', ({ id, status }: { id: string; status?: object }) =>
    notify({ type: 'status', id, ...(status && { status }) }),
  );
  RED.events.on('flows:started', () => notify({ type: 'started' }));
  server.listen(0, '127.0.0.1', () => {
    void RED.start().then(() =>
      notify({ type: 'ready', port: (server.address() as AddressInfo).port, version: RED.version() }),
    );
  });
  const leave = (): void => void RED.stop().finally(() => process.exit(0));
  process.on('SIGTERM', leave);
  process.on('disconnect', leave); // the test is gone
}

/** Middleware that requires this Authorization header; a function cannot be passed in the environment. */
const guardedBy =
  (wanted: unknown) =>
  (request: { headers: { authorization?: string } }, response: { sendStatus(code: number): void }, next: () => void) =>
    request.headers.authorization === wanted ? next() : response.sendStatus(401);

if (process.env['REMASTER_TEST_RUNTIME']) void main(JSON.parse(process.env['REMASTER_TEST_RUNTIME']) as RuntimeOrder);
