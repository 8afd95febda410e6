import { setMaxListeners } from 'node:events';
import { concatMap, defer, finalize, map, type OperatorFunction, tap } from 'rxjs';
import type { BackpressureWindow } from '../../async/backpressure';
import { Semaphore } from '../../async/semaphore';

interface Options<T> {
  /** How many of the window's items one is. Default 1. */
  readonly weight?: (item: T) => number;
  /** How many are worked on at the same time. Default 1. */
  readonly atOnce?: number;
  /** Aborts the work, too. */
  readonly signal?: AbortSignal;
}

/**
 * `concatMap` with back-pressure: items wait and are worked on inside the window, and leave in order. After a failure no other work is
 * begun; when the pipe ends, the signal of the work aborts.
 *
 *     source  a   b   c|
 *     work    --a --b --c
 *     result    A   B   C|
 */
export const mapInOrder =
  <T, R>(
    window: BackpressureWindow,
    work: (item: T, signal: AbortSignal) => Promise<R>,
    { weight = () => 1, atOnce = 1, signal }: Options<T> = {},
  ): OperatorFunction<T, R> =>
  (source) =>
    defer(() => {
      const stop = new AbortController();
      const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      setMaxListeners(0, stopped); // as many items wait as the window holds
      const places = new Semaphore(atOnce);
      let failure: { readonly error: unknown } | null = null;
      const start = async (item: T): Promise<{ readonly item: T; readonly result: R }> => {
        const leave = await places.acquire(stopped);
        try {
          if (failure !== null) throw failure.error; // it has not yet come to the end of the pipe, in its turn
          return { item, result: await work(item, stopped) };
        } catch (error) {
          failure ??= { error };
          throw error;
        } finally {
          leave();
        }
      };
      return source.pipe(
        tap((item) => window.hold(weight(item))),
        map((item) => {
          const started = start(item);
          started.catch(() => {}); // reported in its turn
          return started;
        }),
        concatMap((started) => started),
        map(({ item, result }) => {
          window.release(weight(item)); // the next stage holds it before the source can wake up
          return result;
        }),
        finalize(() => stop.abort(new Error('the pipe has ended'))),
      );
    });
