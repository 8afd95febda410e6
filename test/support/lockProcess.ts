import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import type { LockTiming } from '../../src/pipeline/jobs/outputLock';

/** How the process differs from an ordinary one on this machine. */
export interface Surroundings {
  /** The first process of its own pid namespace, with its own /proc. Needs root. */
  readonly isContainer?: boolean;
  /** It cannot read /proc, as on macOS. */
  readonly hasNoProc?: boolean;
  /** Its file system has no hard links. */
  readonly hasNoLinks?: boolean;
}

export type Request =
  | { readonly what: 'lock'; readonly folder: string; readonly timing: LockTiming }
  | { readonly what: 'block'; readonly ms: number }
  | { readonly what: 'assertHeld' | 'release' | 'disconnect' };

/** Null, or the error. */
export type Answer = { readonly code: string; readonly message: string } | null;

/** A process that locks a folder on request. */
export interface LockProcess {
  readonly child: ChildProcess;
  ask(request: Request): Promise<Answer>;
  lock(folder: string, timing?: LockTiming): Promise<Answer>;
  /** Ends it at once, and everything in its container. */
  kill(): Promise<void>;
}

const UNSHARE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;

export const canMakeContainers = (): boolean => spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'true']).status === 0;

/** Starts processes that are killed after each test. */
export function lockProcesses(): (surroundings?: Surroundings) => Promise<LockProcess> {
  const started: LockProcess[] = [];
  afterEach(() => Promise.all(started.splice(0).map((one) => one.kill())));
  return async (surroundings = {}) => {
    const script = [process.execPath, join(__dirname, 'lockProcessMain.js'), JSON.stringify(surroundings)];
    const [program, ...args] = surroundings.isContainer ? [...UNSHARE, ...script] : script;
    const child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const answer = async (): Promise<Answer> => ((await once(child, 'message')) as [Answer])[0];
    const ask = (request: Request): Promise<Answer> => {
      child.send(request);
      return answer();
    };
    const one: LockProcess = {
      child,
      ask,
      lock: (folder, timing = {}) => ask({ what: 'lock', folder, timing }),
      async kill() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = [once(child, 'exit')];
        if (child.connected) ended.push(once(child, 'disconnect')); // a container ends after `unshare`
        child.kill('SIGKILL');
        await Promise.all(ended);
      },
    };
    started.push(one);
    await answer(); // it has started
    return one;
  };
}
