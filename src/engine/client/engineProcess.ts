import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { deferred } from '../../async/deferred';
import { RemasterError } from '../../errors';
import { TextTail } from '../../pipeline/media/textTail';
import type { Reply, Request } from '../protocol';
import { Leftovers } from './leftovers';

/** A reply about a request, as opposed to the process itself. */
export type WorkReply = Exclude<Reply, { readonly type: 'ready' | 'child' | 'temporaryPath' }>;

/** Characters of stderr kept for the error message. */
const STDERR_TAIL = 8192;
const SCRIPT = join(__dirname, '..', 'process', 'main.js');

/** One engine process, from its start to its exit, and what it leaves behind when it crashes. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #stderr: TextTail;
  readonly #exited = deferred<void>();
  /** To clean up after it has exited. */
  readonly leftovers = new Leftovers();

  /** `onExit`: exit code or signal of a crash; null when it has exited with success. */
  constructor(
    private readonly onReply: (reply: WorkReply) => void,
    onExit: (crash: string | null) => void,
    script = SCRIPT,
  ) {
    this.#child = start(script);
    this.#stderr = new TextTail(this.#child.stderr, STDERR_TAIL);
    this.#child.on('message', (reply: Reply) => this.#receive(reply));
    this.#child.once('error', (error) => this.#stderr.add(error.message));
    const exit = (crash: string | null): void => {
      this.#exited.resolve();
      onExit(crash);
    };
    this.#child.once('exit', (code, signal) => exit(code === 0 ? null : (signal ?? `code ${code}`)));
    // It has not started, for lack of memory, processes or file descriptors: no exit follows.
    if (this.#child.pid === undefined) this.#child.once('error', () => exit('it could not start'));
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** A process that cannot receive it any more is killed. */
  send(request: Request): void {
    if (!this.#child.connected) return this.kill();
    this.#child.send(request, (error) => {
      if (error && request.type !== 'hello') this.kill(); // its IPC channel is closed: the next process gets the work
    });
  }

  /** Whether it keeps the event loop of this process alive. */
  keepAlive(isKept: boolean): void {
    const ref = isKept ? 'ref' : 'unref';
    this.#child[ref]();
    this.#child.channel?.[ref]();
  }

  kill(): void {
    // A process that did not start has the number 0: Node.js would kill the process group of this program.
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL');
  }

  /** Asks it to exit; settles when it has. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited.promise;
  }

  crashError(crash: string): RemasterError {
    return new RemasterError('ENGINE_CRASHED', `The engine process exited unexpectedly (${crash}).`, {
      remedy: 'It restarts automatically; if this happens again, check free memory and the lines below.',
      detail: this.#stderr.text,
    });
  }

  #receive(reply: Reply): void {
    if (reply.type === 'child' || reply.type === 'temporaryPath') this.leftovers.note(reply);
    else if (reply.type !== 'ready') this.onReply(reply);
  }
}

function start(script: string): ChildProcess {
  const child = fork(script, [], {
    execArgv: [],
    detached: true, // its own process group: Ctrl-C in a terminal must not kill ffmpeg before the engine has cleaned up
    serialization: 'advanced', // images cross as bytes, not as JSON
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  (child.stderr as { unref?(): void } | null)?.unref?.(); // a pipe is a handle of its own
  return child;
}
