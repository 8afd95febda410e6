/**
 * The most reactions that one promise has got while `work` ran, besides those of `await`. One that lives long and gets one per
 * call is a leak: it keeps them until it settles.
 */
export async function mostReactions(work: () => Promise<unknown>): Promise<number> {
  const counts = new WeakMap<Promise<unknown>, number>();
  let most = 0;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with `this`
  const then = Promise.prototype.then;
  // oxlint-disable-next-line no-extend-native, unicorn/no-thenable -- restored below
  Promise.prototype.then = function counted(this: Promise<unknown>, ...handlers: unknown[]): Promise<unknown> {
    const count = (counts.get(this) ?? 0) + 1;
    counts.set(this, count);
    most = Math.max(most, count);
    return Reflect.apply(then, this, handlers) as Promise<unknown>;
  } as typeof then;
  try {
    await work();
  } finally {
    // oxlint-disable-next-line no-extend-native, unicorn/no-thenable
    Promise.prototype.then = then;
  }
  return most;
}
