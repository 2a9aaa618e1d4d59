/** Waits for `work`, but for no longer than `ms` milliseconds. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Has one call at a time do for all that ask while the one before is on its way: at high rates many jobs end in one
 * statement, at low ones none waits. Each asker is answered, or fails, with its call.
 */
export function gathered<T, R>(work: (items: T[]) => Promise<R>): (item: T) => Promise<R> {
  let waiting: T[] = [];
  let next: Promise<R> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (item) => {
    waiting.push(item);
    next ??= last.then(() => {
      const items = waiting;
      waiting = [];
      next = undefined;
      const call = work(items);
      last = call.catch(() => {});
      return call;
    });
    return next;
  };
}
