import { setPriority } from 'node:os';
import { errorRecord } from '../../errors';
import type { Reply, Request } from '../protocol';
import { dispatcher } from './dispatcher';

/** The engine process: what the client forks. It ends when its parent is gone, when it is idle, or when it is told to. */
try {
  setPriority(10); // Node-RED, and whatever else lives here, comes first
} catch {
  // not allowed on some systems, and then it runs at normal priority
}

const send = (reply: Reply): void => void (process.connected && process.send!(reply));
const host = dispatcher(send);

process.on('message', (request: Request) => host.receive(request));
// A terminal's Ctrl-C reaches the client, which tells us what to do; dying on our own would lose the tidying up.
process.on('SIGINT', () => {});
// SIGKILL, because an orderly exit aborts noisily while onnxruntime is at work in its thread; all is put away by then.
const leave = (): void => void host.close().finally(() => process.kill(process.pid, 'SIGKILL'));
for (const event of ['disconnect', 'SIGTERM', 'SIGHUP'] as const) process.on(event, leave);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${errorRecord(error).detail}\n`);
  process.exit(70); // the client calls it a crash and shows these lines
});
