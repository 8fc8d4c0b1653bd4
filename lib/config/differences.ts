import { isDict } from "./dictionary.ts";
import type { ConfigDict, ConfigValue } from "./value.ts";

/** A key that has another value in one config than in another; undefined: it is not there. */
export interface Difference {
  readonly key: string;
  readonly before: ConfigValue | undefined;
  readonly now: ConfigValue | undefined;
}

const SHOWN_CHARACTERS = 60;

/** Where two values differ, by dotted keys; lists of other lengths differ as a whole. */
export function differences(
  before: ConfigValue | undefined,
  now: ConfigValue | undefined,
  key = "",
): readonly Difference[] {
  if (isDict(before) && isDict(now)) return differencesWithin(before, now, key);
  if (isList(before) && isList(now) && before.length === now.length) {
    return before.flatMap((item, index) => differences(item, now[index], `${key}.${index}`));
  }
  return JSON.stringify(before) === JSON.stringify(now) ? [] : [{ key, before, now }];
}

function isList(value: ConfigValue | undefined): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

function differencesWithin(before: ConfigDict, now: ConfigDict, key: string): readonly Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].flatMap((name) => differences(before[name], now[name], key === "" ? name : `${key}.${name}`));
}

/** `optim_wrapper.optimizer.lr was 0.1 and is 0.01`. */
export function describeDifference({ key, before, now }: Difference): string {
  return `${key} was ${shown(before)} and is ${shown(now)}`;
}

function shown(value: ConfigValue | undefined): string {
  const text = value === undefined ? "not set" : JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
