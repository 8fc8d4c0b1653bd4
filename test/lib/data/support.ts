import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { ConfigValue } from "#lib/config/value.ts";
import type { DataFiles } from "#lib/data/files.ts";
import { nodeOf } from "#test/support/build.ts";
import fc from "fast-check";
import type { Box, Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";

/** A config node made by code. */
export function node(value: ConfigValue, path = "train_dataloader"): ConfigNode {
  return nodeOf(value, path);
}

/** Files that exist only here: absolute path to text. */
export function memoryFiles(contents: Readonly<Record<string, string>>): DataFiles {
  const paths = Object.keys(contents);
  const missing = (path: string): PetageError => new PetageError("NOT_FOUND", `There is no ${path}`);
  return {
    resolve: (...parts) => posix.resolve("/", ...parts),
    async readText(path) {
      const text = contents[path];
      if (text === undefined) throw missing(path);
      return text;
    },
    async read(path) {
      return Buffer.from(await this.readText(path));
    },
    async list(folder) {
      const below = paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
      if (below.length === 0) throw missing(folder);
      const folders = below.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/")));
      const files = below.filter((path) => !path.includes("/"));
      return { identity: folder, files, folders: [...new Set(folders)] };
    },
  };
}

export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** A log whose warnings a test can look at. */
export function recordingLog(): Log & { readonly warnings: readonly LogLine[] } {
  const warnings: LogLine[] = [];
  return {
    debug() {},
    info() {},
    warn: (message, fields) => void warnings.push({ message, fields }),
    error() {},
    warnings,
  };
}

/** An image whose every byte differs from its neighbours. */
export function numberedImage(height: number, width: number, channels = 3): Image {
  const data = Uint8Array.from({ length: height * width * channels }, (_, index) => (index * 7) % 256);
  return { data, height, width, channels };
}

/** Of at least one pixel. */
export function boxWithin({ height, width }: Size): fc.Arbitrary<Box> {
  const span = (length: number): fc.Arbitrary<[first: number, count: number]> =>
    fc.integer({ min: 1, max: length }).chain((count) => fc.tuple(fc.nat(length - count), fc.constant(count)));
  return fc.tuple(span(height), span(width)).map(([[top, rows], [left, columns]]) => {
    return { top, left, height: rows, width: columns };
  });
}
