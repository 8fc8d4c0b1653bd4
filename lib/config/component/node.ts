import type { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { isDict } from "#lib/config/dictionary.ts";
import { legacyKeyHint } from "./legacy.ts";
import { didYouMean, nearestNames } from "#lib/config/nearest.ts";
import { describeIssue, keysOf } from "./schema-errors.ts";
import { nearestPosition } from "#lib/config/value.ts";
import type { ConfigDict, ConfigErrorCode, ConfigValue, ResolvedConfig } from "#lib/config/value.ts";

/** A value of a resolved config and where it stands; plain data, which can be sent to a thread. */
export interface Place {
  readonly config: ResolvedConfig;
  /** Dotted path from the root, which itself is "". */
  readonly path: string;
  readonly value: ConfigValue;
}

export interface FailOptions {
  /** Dotted path below the node that is to blame. */
  readonly at?: string;
  readonly hint?: string | undefined;
  readonly code?: ConfigErrorCode;
}

/** The walker of configs: a value that knows where it stands, so that an error can name file, line and path. */
export class ConfigNode implements Place {
  readonly config: ResolvedConfig;
  readonly path: string;
  readonly value: ConfigValue;

  constructor({ config, path, value }: Place) {
    this.config = config;
    this.path = path;
    this.value = value;
  }

  /** The node at a dotted path below. Throws CONFIG_INVALID_VALUE when there is none. */
  at(path: string): ConfigNode {
    return path.split(".").reduce((node: ConfigNode, key) => {
      const value = valueAt(node.value, [key]);
      if (value !== undefined) return node.#below(key, value);
      const at = node.path === "" ? "The config" : `\`${node.path}\``;
      const known = isDict(node.value) ? Object.keys(node.value) : [];
      throw node.fail(`${at} has no \`${key}\``, { hint: didYouMean(key, known) });
    }, this);
  }

  /** The node at a dotted path below; undefined where there is none, or None. */
  find(path: string): ConfigNode | undefined {
    const value = valueAt(this.value, path.split("."));
    return value === undefined || value === null ? undefined : this.#below(path, value);
  }

  /** The node under a key; its value is `fallback` where there is none. */
  child(key: string, fallback: ConfigValue = null): ConfigNode {
    const value = valueAt(this.value, [key]);
    return this.#below(key, value === undefined ? fallback : value);
  }

  /** The elements of a list; a value that is no list stands for itself, None for nothing. */
  items(): ConfigNode[] {
    if (this.value === null) return [];
    if (!Array.isArray(this.value)) return [this];
    return this.value.map((value: ConfigValue, index) => this.#below(String(index), value));
  }

  /** Another value in the same place. */
  with(value: ConfigValue): ConfigNode {
    return new ConfigNode({ config: this.config, path: this.path, value });
  }

  /**
   * The value as a schema reads it, with defaults filled in. Throws CONFIG_UNKNOWN_KEY or CONFIG_INVALID_VALUE.
   * @param owner what has these keys, for messages: the component's type.
   */
  parse<Schema extends z.ZodType>(schema: Schema, owner = `\`${this.path}\``): z.output<Schema> {
    const result = schema.safeParse(this.value);
    if (result.success) return result.data;
    const issue = result.error.issues.find(({ code }) => code === "unrecognized_keys") ?? result.error.issues[0];
    if (!issue) throw this.fail(`${owner} cannot be read`);
    const keys = issue.path.map(String);
    const value = valueAt(this.value, keys);
    const inner = this.#below(keys.join("."), value ?? null);
    if (issue.code === "unrecognized_keys")
      throw inner.#unknownKey(issue.keys[0] ?? "", owner, keysOf(schema, issue.path));
    const { message, hint } = describeIssue(issue, { path: inner.path, value, owner });
    throw inner.fail(message, { hint });
  }

  /** An error to throw about this node, positioned where it, or the nearest thing around it, was written. */
  fail(message: string, { at = "", hint, code = "CONFIG_INVALID_VALUE" }: FailOptions = {}): PetageError {
    const position = nearestPosition(this.config.positions, join(this.path, at));
    return new PetageError(code, message, { ...(position && { position }), ...(hint !== undefined && { hint }) });
  }

  #below(path: string, value: ConfigValue): ConfigNode {
    return new ConfigNode({ config: this.config, path: join(this.path, path), value });
  }

  #unknownKey(key: string, owner: string, known: readonly string[]): PetageError {
    const legacy = legacyKeyHint(owner, key, known);
    const guess = legacy ?? (nearestNames(key, known).length > 0 ? didYouMean(key, known) : undefined);
    const listed = known.length > 0 ? `It takes ${known.toSorted().join(", ")}` : "It takes no keys";
    const hint = guess === undefined ? listed : `${guess} ${listed}`;
    return this.fail(`\`${this.path}\`: ${owner} has no key \`${key}\``, { at: key, hint, code: "CONFIG_UNKNOWN_KEY" });
  }
}

/** The node at a dotted path (`model.head.loss`, `train_pipeline.1`) of a config, or its root. */
export function configNode(config: ResolvedConfig, path = ""): ConfigNode {
  const root = new ConfigNode({ config, path: "", value: config.value });
  return path === "" ? root : root.at(path);
}

function join(path: string, below: string): string {
  return [path, below].filter((part) => part !== "").join(".");
}

function valueAt(root: ConfigValue, keys: readonly string[]): ConfigValue | undefined {
  return keys.reduce<ConfigValue | undefined>((value, key) => {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    return holds ? (value as ConfigDict)[key] : undefined;
  }, root);
}
