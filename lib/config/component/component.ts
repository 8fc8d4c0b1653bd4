import type { z } from "zod";
import type { PetageError } from "#lib/base/errors.ts";
import type { ConfigNode, FailOptions } from "./node.ts";

/**
 * One configurable thing (a loss, a transform, a backbone, ...): one file, one line in its folder's table.
 * `schema` checks and documents its keys (without `type`); `create` builds it and is pure: I/O comes through the
 * builder's `context`.
 */
export interface Component<Config, Built, Context = unknown> {
  readonly schema: z.ZodType<Config>;
  create(config: Config, builder: Builder<Context, NoInfer<Built>>): Built;
}

/** A table of the components of one kind, by the name that configs use in `type`. */
export interface Table<Built, Context = undefined> {
  /** What one of them is called in messages: "loss", "transform". */
  readonly kind: string;
  // The config type of each entry differs and is checked by its own schema.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly components: Readonly<Record<string, Component<any, Built, Context>>>;
  /**
   * The component that is meant where a config leaves `type` out. `type` is then a key like any other, which the
   * schemas list, and messages speak of the place, not of a type that nobody has written.
   */
  readonly implied?: string;
}

/** What `create` gets besides its config: where it stands, what it may reach, and how to build components inside it. */
export interface Builder<Context = unknown, Built = unknown> {
  readonly node: ConfigNode;
  readonly context: Context;
  /** Builds the component under a key of the config (its default counts), or at a node below. */
  build<Inner, InnerContext>(table: Table<Inner, InnerContext>, at: string | ConfigNode, context: InnerContext): Inner;
  /** Builds, at a node below, one of the component's own kind with its own context: a transform inside a transform. */
  nest(node: ConfigNode): Built;
  /** The keys that the component of its own kind at a node below takes. */
  keysOf(node: ConfigNode): readonly string[];
  /** An error to throw about the component's node, with file, line and path. */
  fail(message: string, options?: FailOptions): PetageError;
}

/** Builds the component that a node names. */
export type Build = <Built, Context>(table: Table<Built, Context>, node: ConfigNode, context: Context) => Built;

/** Helper that lets `create` see the schema's type. */
export function component<Config, Built, Context = unknown>(
  definition: Component<Config, Built, Context>,
): Component<Config, Built, Context> {
  return definition;
}
