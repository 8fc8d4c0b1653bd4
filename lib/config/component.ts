import type { z } from "zod";
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

/**
 * One configurable thing (a loss, a transform, a backbone, ...): one file, one line in its folder's table.
 * `schema` checks and documents its keys (without `type`); `create` builds it and is pure: I/O comes through `context`.
 */
export interface Component<Config, Built, Context = undefined> {
  readonly schema: z.ZodType<Config>;
  create(config: Config, context: Context): Built;
}

/** A table of the components of one kind, by the name that configs use in `type`. */
export interface Table<Built, Context = undefined> {
  /** What one of them is called in messages: "loss", "transform". */
  readonly kind: string;
  // The config type of each entry differs and is checked by its own schema.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly components: Readonly<Record<string, Component<any, Built, Context>>>;
}

/** A node of a resolved config and where it stands, so that an error can name file, line and path. */
export interface ConfigNode {
  readonly value: ConfigValue;
  readonly path: string;
  readonly config: ResolvedConfig;
}

/** Codes that building from a config may throw. */
export type ConfigErrorCode = Extract<ErrorCode, `CONFIG_${string}`>;

/** Helper that lets `create` see the schema's type. */
export function component<Config, Built, Context = undefined>(
  definition: Component<Config, Built, Context>,
): Component<Config, Built, Context> {
  return definition;
}
