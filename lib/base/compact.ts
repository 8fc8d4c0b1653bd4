type Compact<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An object without what is undefined in it, which JSON has no word for. */
export function compact<T extends object>(object: T): Compact<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Compact<T>;
}
