import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
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
    apiVersion: z.literal("petage.dev/v1alpha1"),
    kind: z.literal("TrainingJob"),
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

/** TrainingJobs, and ConfigMaps for them, of a YAML or JSON file; `-` is the standard input. */
export async function readManifests(file: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await read(file));
  const manifests = [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const { line = 1, col: column = 1 } = error.linePos?.[0] ?? {};
      const message = error.message.split(" at line ")[0] ?? error.message;
      throw new PetageError("INVALID_ARGUMENT", message, { position: { file, line, column } });
    }
    const value = document.toJS() as unknown;
    return value === null ? [] : itemsOf(value);
  });
  if (manifests.length === 0) throw new PetageError("INVALID_ARGUMENT", `${file} holds no manifest`);
  return manifests.map((value, index) => checked(value, `${file}, object ${index + 1}`));
}

export function isJob(object: Manifest): object is JobManifest {
  return object.kind === "TrainingJob";
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
