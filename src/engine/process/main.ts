import { setPriority } from 'node:os';
import { errorRecord } from '../../errors';
import type { Reply, Request } from '../protocol';
import { dispatcher } from './dispatcher';

/** The engine process, forked by the client. It exits when its parent has exited, after the idle timeout, or on a signal. */
try {
  setPriority(10); // leave the CPU to Node-RED and other programs first
} catch {
  // not permitted on some systems: it then runs at normal priority
}

const send = (reply: Reply): void => void (process.connected && process.send!(reply));
const requests = dispatcher(send, () => void requests.close().finally(() => process.exit(0)));

process.on('message', (request: Request) => requests.receive(request));
// Ctrl-C in a terminal is handled by the client, which stops the jobs.
process.on('SIGINT', () => {});
// SIGKILL, because process.exit aborts with an error message while onnxruntime runs in its thread; `close` has cleaned up.
const exit = (): void => void requests.close().finally(() => process.kill(process.pid, 'SIGKILL'));
for (const event of ['disconnect', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(event, exit);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${errorRecord(error).detail}\n`);
  process.exit(70); // the client reports a crash with these lines
});
