/** Maps items with at most `limit` calls under way, and keeps their order. The first failure ends it. */
export async function mapLimited<From, To>(
  items: readonly From[],
  limit: number,
  map: (item: From, index: number) => Promise<To>,
): Promise<To[]> {
  const results: To[] = [];
  const remaining = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of remaining) results[index] = await map(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
