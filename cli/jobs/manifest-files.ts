import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";
import type { Document, Tags } from "yaml";
import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import type { JobManifest, Manifest } from "./job-api.ts";

const config = z.looseObject({
  name: z.string().optional(),
  inline: z.string().optional(),
  fileName: z.string().optional(),
  configMapRef: z.looseObject({ name: z.string(), key: z.string().optional() }).optional(),
  cfgOptions: z.array(z.string()).optional(),
});
const metadata = z.looseObject({ name: z.string().min(1), namespace: z.string().optional() });
/** As much as has to be known to send it; the API server checks the rest. */
const manifest = z.discriminatedUnion("kind", [
  z.looseObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(KIND),
    metadata,
    spec: z.looseObject({ config }),
  }),
  z.looseObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("ConfigMap"),
    metadata,
    data: z.record(z.string(), z.string()).optional(),
  }),
]);

/** What kubectl takes for a manifest in a folder. */
const ENDINGS: ReadonlySet<string> = new Set([".json", ".yaml", ".yml"]);

/** TrainingJobs, and ConfigMaps for them, of YAML or JSON files and of folders of them; `-` is the standard input. */
export async function readManifests(paths: readonly string[]): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    const found: Manifest[] = [];
    for (const file of await filesOf(path)) found.push(...(await manifestsOf(file)));
    if (found.length === 0) throw new PetageError("INVALID_ARGUMENT", `${path} holds no manifest`);
    manifests.push(...found);
  }
  return manifests;
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = path === "-" ? undefined : await stat(path).catch(() => undefined); // what is missing is told on reading
  if (!found?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => ENDINGS.has(extname(name)));
  return names.toSorted().map((name) => join(path, name));
}

async function manifestsOf(file: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await read(file), { version: "1.1", customTags: withoutTimes });
  const values = [...documents].flatMap((document) => itemsOf(valueOf(document, file)));
  return values.map((value, index) => checked(value, `${file}, object ${index + 1}`));
}

/** kubectl reads YAML 1.1, where `0400` is octal and `yes` is true, but takes times for texts: 12:30, 2026-11-23. */
function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || !(tag.format === "TIME" || tag.tag.endsWith(":timestamp")));
}

function valueOf(document: Document.Parsed, file: string): unknown {
  const [error] = document.errors;
  if (error) {
    const { line = 1, col: column = 1 } = error.linePos?.[0] ?? {};
    const message = error.message.split(" at line ")[0] ?? error.message;
    throw new PetageError("INVALID_ARGUMENT", message, { position: { file, line, column } });
  }
  try {
    return document.toJS();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause); // an alias of nothing, or too many of them
    throw new PetageError("INVALID_ARGUMENT", `${file}: ${why}`, { cause });
  }
}

export function isJob(object: Manifest): object is JobManifest {
  return object.kind === KIND;
}

async function read(file: string): Promise<string> {
  if (file === "-") return await text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PetageError("NOT_FOUND", `Cannot read ${file}: ${why}`, { cause });
  }
}

function itemsOf(value: unknown): readonly unknown[] {
  if (value === null) return [];
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  return kind === "List" && Array.isArray(items) ? items : [value];
}

function checked(value: unknown, where: string): Manifest {
  const { success, data, error } = manifest.safeParse(value);
  if (success) return data as unknown as Manifest;
  const [issue] = error.issues;
  const path = issue?.path.join(".") || "it";
  const { kind } = Object(value) as { readonly kind?: unknown };
  const what =
    path === "kind"
      ? `kind is ${JSON.stringify(kind)}, expected TrainingJob or ConfigMap`
      : `${path}: ${issue?.message}`;
  throw new PetageError("INVALID_ARGUMENT", `${where}: ${what}`, { hint: "`kubectl apply -f` takes any object" });
}
