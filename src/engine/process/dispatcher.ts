import { AsyncDisposableStack } from '../../async/asyncDisposableStack';
import { IdleTimer } from '../../async/idleTimer';
import { singleFlight } from '../../async/singleFlight';
import { RemasterError } from '../../errors';
import { onChild } from '../../pipeline/media/children';
import { PROTOCOL, type Reply, type Request } from '../protocol';
import { ChildProcesses } from './childProcesses';
import { engineWork } from './engineWork';

/** Receives requests in the engine process: runs jobs from a queue and everything else at once. */
export interface Dispatcher {
  receive(request: Request): void;
  /** Suspends everything that runs; settles when its processes have exited and its temporary files are deleted. */
  close(): Promise<void>;
}

/** `onIdle`: called when nothing has run for the idle time that the client has set. */
export function dispatcher(send: (reply: Reply) => void, onIdle: () => void): Dispatcher {
  const idle = new IdleTimer(onIdle);
  let idleMs = 60_000;
  const restartIdle = (): void => {
    if (work.isBusy() || idleMs <= 0) idle.stop();
    else idle.restart(idleMs);
  };
  const open = new AsyncDisposableStack();
  const children = open.use(new ChildProcesses());
  const work = open.use(engineWork(send, restartIdle));
  open.defer(() => idle.stop());

  onChild((pid, alive) => {
    children.note(pid, alive);
    send({ type: 'child', pid, alive });
  });

  function greet(request: Extract<Request, { readonly type: 'hello' }>): void {
    if (request.protocol !== PROTOCOL) {
      throw new RemasterError(
        'INTERNAL',
        `Protocol mismatch: the engine process has version ${PROTOCOL}, the client version ${request.protocol}.`,
      );
    }
    idleMs = request.idleMs;
    send({ type: 'ready', protocol: PROTOCOL, pid: process.pid });
    restartIdle();
  }

  return {
    receive(request) {
      idle.stop();
      if (request.type === 'hello') return greet(request);
      work.receive(request);
      restartIdle(); // it may change nothing, as a stop of what has ended
    },
    close: singleFlight(() => open.disposeAsync()), // two signals may come
  };
}
