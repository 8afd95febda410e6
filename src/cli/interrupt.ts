import type { Engine } from '../engine/client/engine';

/**
 * The first Ctrl-C, or a signal like it, aborts the signal: the job stops and cleans up, which takes less than three
 * seconds. `closed` does the same. The second Ctrl-C ends this process and the engine with its ffmpegs at once; the next
 * run removes or continues what they left.
 */
export function onInterrupt(engine: Engine, closed: AbortSignal): AbortSignal {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(event, () => {
      if (!stop.signal.aborted) return stop.abort(new Error('stopped'));
      killGroup(engine.pid);
      process.exit(130);
    });
  }
  return AbortSignal.any([stop.signal, closed]);
}

/** An engine leads its own process group, which its ffmpegs are in. Windows has no groups: there they end with their pipes. */
function killGroup(pid: number | null): void {
  if (pid === null) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // it has already ended
  }
}
