import { join } from 'node:path';
import { Semaphore } from '../../src/async/semaphore';
import { openThread } from '../../src/async/threadCalls';
import { RemasterError } from '../../src/errors';
import type { Model } from '../../src/model/model';
import { nearest } from './fakeModel';

/** What the thread of the device does. */
export interface DeviceCalls {
  /** Waits, and returns so many bytes. `from` and `to`: when it waited, in milliseconds since 1970. */
  run: {
    args: { readonly ms: number; readonly bytes: number };
    result: { readonly data: Uint8Array; readonly from: number; readonly to: number };
  };
}

/** A device that takes its time without a processor, as a GPU does, and how busy it was. */
export interface StandInDevice {
  readonly model: Model;
  /** Calls of the device. */
  readonly runs: number;
  /** Calls after which it had nothing to do. */
  readonly idle: number;
  /** Share of the time from the first call to the end of the last, in which it worked. */
  readonly share: number;
}

/** A model on a device that needs `ms` for a frame of any size; its frames are black. Calls wait as for the session thread. */
export function standInDevice(scale: number, ms: number): StandInDevice {
  const crashed = (cause: Error): RemasterError => new RemasterError('INTERNAL', cause.message, { cause });
  const thread = openThread<DeviceCalls>(join(__dirname, 'standInDeviceThread.js'), crashed);
  const places = new Semaphore(2);
  let [runs, idle, given, busyMs] = [0, 0, 0, 0];
  let [first, last] = [Infinity, 0];
  const run: Model['run'] = async ({ data, keys }, signal) => {
    const leave = await places.acquire(signal);
    given++;
    try {
      const made = await thread.call('run', { ms: ms * keys.length, bytes: data.length * scale ** 2 });
      runs++;
      busyMs += made.to - made.from;
      [first, last] = [Math.min(first, made.from), made.to];
      return made.data;
    } finally {
      given--;
      leave();
      await Promise.resolve(); // who waits for the place takes it now
      if (given === 0) idle++;
    }
  };
  return {
    model: { ...nearest(scale, { tile: { wholeUpTo: 2 ** 24, size: 256, overlap: 16 } }), run },
    get runs() {
      return runs;
    },
    get idle() {
      return idle;
    },
    get share() {
      return busyMs / (last - first);
    },
  };
}
