import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Heartbeat } from './lockHeartbeat';

const { path, content, beatMs } = workerData as Heartbeat;
setInterval(beat, beatMs);

/**
 * Writes the same bytes again, so that the file server sets the time by its own clock. The file is opened for each beat:
 * Samba sets the time of a file that stays open only once.
 */
function beat(): void {
  try {
    const file = openSync(path, 'r+');
    try {
      if (readFileSync(file, 'utf8') !== content) return; // the lock of another process
      writeSync(file, content, 0);
      fsyncSync(file); // otherwise NFS may keep it back for half a minute
    } finally {
      closeSync(file);
    }
  } catch {
    // Moved for an instant, or a full disk: the next beat tries again. If all fail, `assertHeld` reports the loss.
  }
}
