import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../errors';
import { PROTOCOL, type Reply, type Request } from '../protocol';

/** How long the process may take to stop before it is killed. */
const STOP_MS = 3000;
/** Delays before the second, third, … start in a row that crashed. */
const BACK_OFF_MS = [0, 1000, 2000, 5000, 15_000];
/** Bytes of stderr kept for the error message. */
const STDERR_TAIL = 8192;

/** A reply about a request, as opposed to the process itself. */
export type WorkReply = Exclude<Reply, { readonly type: 'ready' | 'child' | 'temporaryPath' }>;

/** The client whose work the process does. */
interface SupervisorOwner {
  /** True while requests are pending. */
  hasWork(): boolean;
  onReply(reply: WorkReply): void;
  /** Fails the requests that a crash ends; those that stay pending are sent again in `onRestart`. */
  onCrash(crash: RemasterError): void;
  /** Sends every pending request. */
  onRestart(): void;
}

/** Starts the engine process when it is first needed, restarts it with back-off and cleans up after it. */
export class Supervisor {
  #child: ChildProcess | null = null;
  #stderrTail = '';
  #crashes = 0;
  #restart: NodeJS.Timeout | null = null;
  /** Processes and paths that the engine reported, to clean up after a crash. */
  readonly #children = new Set<number>();
  readonly #temporaryPaths = new Set<string>();

  constructor(
    private readonly owner: SupervisorOwner,
    private idleMs: number,
  ) {}

  /** Process id; null while none is running. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  setIdleTimeout(seconds: number): void {
    if (this.idleMs === seconds * 1000) return;
    this.idleMs = seconds * 1000;
    if (this.#child) this.#sendHello(this.#child);
  }

  send(request: Request): void {
    if (this.#restart) return void this.#restart.ref(); // `onRestart` sends everything that is pending
    const child = this.#child ?? this.#start();
    child.send(request, (error) => {
      if (error) child.kill('SIGKILL'); // its IPC channel is closed: the next process gets the work
    });
    this.updateRef();
  }

  /** Keeps the event loop alive only while the engine has work. */
  updateRef(): void {
    const child = this.#child;
    if (!child) return;
    const ref = this.owner.hasWork() ? 'ref' : 'unref';
    child[ref]();
    child.channel?.[ref]();
  }

  /** The engine does its work: the next crash restarts it without delay. */
  resetBackOff(): void {
    this.#crashes = 0;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Waits for `stopped`, and kills the process when that takes longer than 3 s. */
  async killIfLate(stopped: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.kill(), STOP_MS);
    await stopped;
    clearTimeout(timer);
  }

  /** Ends the process; settles when it has exited. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.disconnect();
    await this.killIfLate(exited);
  }

  #start(): ChildProcess {
    this.#stderrTail = '';
    const child = fork(join(__dirname, '..', 'process', 'main.js'), [], {
      execArgv: [],
      detached: true, // its own process group: Ctrl-C in a terminal must not kill ffmpeg before the engine has cleaned up
      serialization: 'advanced', // images cross as bytes, not as JSON
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL)));
    (child.stderr as unknown as { unref(): void }).unref(); // a pipe is a handle of its own
    child.on('message', (reply: Reply) => this.#receive(reply));
    child.once('error', (error) => (this.#stderrTail += error.message));
    child.once('exit', (code, signal) => void this.#onExit(child, code === 0 ? null : (signal ?? `code ${code}`)));
    this.#sendHello(child);
    return child;
  }

  #sendHello(child: ChildProcess): void {
    child.send({ type: 'hello', protocol: PROTOCOL, idleMs: this.idleMs } satisfies Request, () => {}); // 'exit' reports why
  }

  #receive(reply: Reply): void {
    if (reply.type === 'ready') return;
    if (reply.type === 'child') this.#children[reply.alive ? 'add' : 'delete'](reply.pid);
    else if (reply.type === 'temporaryPath') this.#temporaryPaths[reply.gone ? 'delete' : 'add'](reply.path);
    else this.owner.onReply(reply);
  }

  /** Cleans up, then restarts if there is work. `crash`: exit code or signal; null when the process had been idle. */
  async #onExit(child: ChildProcess, crash: string | null): Promise<void> {
    if (this.#child !== child) return;
    this.#child = null;
    const hasWork = this.owner.hasWork();
    if (hasWork) this.#restart = setTimeout(() => {}, 0); // holds back `send` until cleaning up is done
    await this.#cleanUp();
    if (!hasWork) return;
    if (crash !== null) this.owner.onCrash(this.#crashError(crash));
    // Requests that arrive while an idle engine exits go to the next one without delay.
    const delay = crash === null ? 0 : BACK_OFF_MS[Math.min(this.#crashes++, BACK_OFF_MS.length - 1)]!;
    this.#restart = setTimeout(() => {
      this.#restart = null;
      this.owner.onRestart();
    }, delay);
    if (!this.owner.hasWork()) this.#restart.unref();
  }

  async #cleanUp(): Promise<void> {
    for (const pid of this.#children) kill(pid);
    const paths = [...this.#temporaryPaths];
    this.#children.clear();
    this.#temporaryPaths.clear();
    for (const path of paths) await rm(path, { recursive: true, force: true }).catch(() => {}); // the next job there reports it
  }

  #crashError(crash: string): RemasterError {
    return new RemasterError('ENGINE_CRASHED', `The engine process exited unexpectedly (${crash}).`, {
      remedy: 'It restarts automatically; if this happens again, check free memory and the lines below.',
      detail: this.#stderrTail,
    });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has exited already
  }
}
