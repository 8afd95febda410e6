import { setPriority } from 'node:os';
import { ifLate } from '../../async/ifLate';
import { errorRecord } from '../../errors';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { Reply, Request } from '../protocol';

/** The engine process, forked by the client. It exits when its parent has exited, after the idle timeout, or on a signal. */
try {
  setPriority(10); // leave the CPU to Node-RED and other programs first
} catch {
  // not permitted on some systems: it then runs at normal priority
}

findFfmpeg().catch(() => {}); // it runs while all other modules are loaded; what needs it reports the error
// oxlint-disable-next-line typescript/no-require-imports -- loaded after that
const { dispatcher } = require('./dispatcher') as typeof import('./dispatcher');

const send = (reply: Reply): void => void (process.connected && process.send!(reply));
const requests = dispatcher(send, () => void requests.close().finally(() => process.exit(0)));

process.on('message', (request: Request) => requests.receive(request));
// Ctrl-C in a terminal is handled by the client, which stops the jobs.
process.on('SIGINT', () => {});
/** How long its work may take to end, in milliseconds. */
const CLOSE_LIMIT = 5000;
// SIGKILL, because process.exit aborts with an error message while onnxruntime runs in its thread; `close` has cleaned up.
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const exit = (): void => void ifLate(requests.close(), CLOSE_LIMIT, kill).finally(kill);
for (const event of ['disconnect', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(event, exit);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${errorRecord(error).detail}\n`);
  process.exit(70); // the client reports a crash with these lines
});
