import type { ErrorCode, SourcePosition } from "#lib/base/errors.ts";

/** A resolved config: plain JSON-like data, as mmengine's `Config.to_dict()` gives it (tuples are arrays). */
export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | ConfigDict;
export interface ConfigDict {
  readonly [key: string]: ConfigValue;
}

/** A resolved config together with where each of its values was written. */
export interface ResolvedConfig {
  readonly value: ConfigDict;
  /** Position by dotted path (`model.head.loss.type`, `train_pipeline.1.scale`); absent for values made by code. */
  readonly positions: ReadonlyMap<string, SourcePosition>;
}

/** Codes that building from a config may throw. */
export type ConfigErrorCode = Extract<ErrorCode, `CONFIG_${string}`>;

/** The position of the path, or of the nearest thing around it that has one. */
export function nearestPosition(positions: ResolvedConfig["positions"], path: string): SourcePosition | undefined {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    const position = positions.get(at);
    if (position) return position;
  }
  return undefined;
}
