/** Works on items as they come, at most `limit` at a time, and yields results as they are ready, in whatever order. */
export async function* concurrently<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  type Event = { readonly next: IteratorResult<Item> } | { readonly key: number; readonly result: Result };
  const iterator = items[Symbol.asyncIterator]();
  const running = new Map<number, Promise<Event>>();
  let reading: Promise<Event> | undefined;
  let started = 0;
  let ended = false;
  try {
    while (!ended || running.size > 0) {
      if (!ended && running.size < limit) reading ??= iterator.next().then((next) => ({ next }));
      const event = await Promise.race(reading ? [reading, ...running.values()] : running.values());
      if ("key" in event) {
        running.delete(event.key);
        yield event.result;
        continue;
      }
      reading = undefined;
      if (event.next.done) ended = true;
      else {
        const key = started++;
        running.set(
          key,
          work(event.next.value).then((result) => ({ key, result })),
        );
      }
    }
  } finally {
    await iterator.return?.();
  }
}
