import { ifLate } from '../../async/ifLate';
import type { RemasterError } from '../../errors';
import { PROTOCOL, type Request } from '../protocol';
import { EngineProcess, type WorkReply } from './engineProcess';
import { RestartTimer } from './restartTimer';

/** How long the process may take to stop before it is killed. */
const STOP_MS = 3000;

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
// Longer than 60 lines: nine short methods over one process. Its parts are EngineProcess and RestartTimer.
export class Supervisor {
  #process: EngineProcess | null = null;
  /** Of the processes that have exited. */
  #cleanUp: Promise<void> = Promise.resolve();
  readonly #restart: RestartTimer;

  constructor(
    private readonly owner: SupervisorOwner,
    private idleMs: number,
    restart = new RestartTimer(),
  ) {
    this.#restart = restart;
  }

  /** Process id; null while none is running. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get isUp(): boolean {
    return this.#process !== null;
  }

  setIdleTimeout(seconds: number): void {
    if (this.idleMs === seconds * 1000) return;
    this.idleMs = seconds * 1000;
    this.#process?.send(this.#hello());
  }

  /** False: a process is about to start, and `onRestart` then sends everything that is pending. */
  send(request: Request): boolean {
    if (this.#restart.isPending) {
      this.#restart.keepAlive(true);
      return false;
    }
    this.#process ??= this.#start();
    this.#process.send(request);
    this.updateRef();
    return true;
  }

  /** Keeps the event loop alive only while the engine has work. */
  updateRef(): void {
    this.#process?.keepAlive(this.owner.hasWork());
  }

  /** The engine does its work: the next crash restarts it without delay. */
  resetBackOff(): void {
    this.#restart.reset();
  }

  kill(): void {
    this.#process?.kill();
  }

  /** Waits for `stopped`, and kills the process when that takes longer than 3 s. */
  async killIfLate(stopped: Promise<unknown>): Promise<void> {
    await ifLate(stopped, STOP_MS, () => this.kill());
  }

  /** Ends the process; settles when it has exited and what it has left is gone. */
  async close(): Promise<void> {
    if (this.#process) await this.killIfLate(this.#process.end());
    await this.#cleanUp;
  }

  #start(): EngineProcess {
    const started = new EngineProcess(
      (reply) => this.owner.onReply(reply),
      (crash) => void this.#onExit(started, crash),
    );
    started.send(this.#hello());
    return started;
  }

  #hello(): Request {
    return { type: 'hello', protocol: PROTOCOL, idleMs: this.idleMs };
  }

  /** Cleans up, then restarts if there is work. `crash`: exit code or signal; null when the process had been idle. */
  async #onExit(exited: EngineProcess, crash: string | null): Promise<void> {
    this.#process = null;
    const hasWork = this.owner.hasWork();
    if (hasWork) this.#restart.hold(); // holds back `send` until cleaning up is done
    this.#cleanUp = Promise.all([this.#cleanUp, exited.leftovers.cleanUp()]).then(() => {});
    await this.#cleanUp;
    if (!hasWork) return;
    if (crash !== null) this.owner.onCrash(exited.crashError(crash));
    // Requests that arrive while an idle engine exits go to the next one without delay.
    this.#restart.start(crash !== null, () => this.owner.onRestart());
    this.#restart.keepAlive(this.owner.hasWork());
  }
}
