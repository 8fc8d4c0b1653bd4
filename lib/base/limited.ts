/**
 * Maps items with at most `limit` calls under way, and keeps their order. After a failure nothing more is begun; the
 * first one is thrown when all that was under way has ended, so that nothing goes on behind its caller.
 */
export async function mapLimited<From, To>(
  items: readonly From[],
  limit: number,
  map: (item: From, index: number) => Promise<To>,
): Promise<To[]> {
  const results: To[] = [];
  const remaining = items.entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [index, item] of remaining) {
      if (hasFailed) return;
      try {
        results[index] = await map(item, index);
      } catch (thrown) {
        hasFailed = true;
        throw thrown;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(limit, items.length) }, work);
  const all = Promise.all(lanes);
  await Promise.allSettled([all, ...lanes]);
  await all;
  return results;
}
