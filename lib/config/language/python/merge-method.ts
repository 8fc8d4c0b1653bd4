import type { Budget } from "#lib/config/language/budget.ts";
import { setItem } from "./runtime.ts";
import { PyDict, truthy, type PyValue } from "./values.ts";

const DELETE_KEY = "_delete_";

/** mmengine's `ConfigDict.merge`: nested dicts merge, anything else replaces; `_delete_=True` drops what was there, at every level. */
export function mergeConfigDict(self: PyDict, other: PyValue, budget: Budget): void {
  if (!(other instanceof PyDict)) return;
  if (truthy(other.get(DELETE_KEY) ?? false)) self.clear();
  for (const { key, value, position } of other.entries()) {
    if (key === DELETE_KEY) continue;
    const old = self.get(key);
    if (old instanceof PyDict && value instanceof PyDict) {
      budget.nested(() => mergeConfigDict(old, value, budget));
    } else {
      if (value instanceof PyDict) value.delete(DELETE_KEY);
      setItem(self, key, value, { position, budget });
    }
  }
}
