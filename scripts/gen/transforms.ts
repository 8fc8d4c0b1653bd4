import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { z } from "zod";
import { ignoredKeys } from "#lib/config/component/ignored.ts";
import { objectsIn } from "#lib/config/component/schema-errors.ts";
import { dumpValue } from "#lib/config/print/dump.ts";
import type { ConfigValue } from "#lib/config/value.ts";
import { signedKeys } from "#lib/data/transforms/augmentation.ts";
import { transforms } from "#lib/data/transforms/index.ts";

// The list of transforms in docs/transforms.md, from their schemas and the comments above them.

const START = "<!-- Written by npm run gen, from here to the end. -->\n";

/** Writes the list into the document, or only says whether it is there already. */
export async function transformsReference(root: string, check: boolean): Promise<boolean> {
  const path = join(root, "docs/transforms.md");
  const written = readFileSync(path, "utf8");
  const [intro = ""] = written.split(START);
  const text = `${intro}${START}\n${reference(join(root, "lib/data/transforms"))}`;
  const wanted = await format(text, { parser: "markdown", printWidth: 120 });
  if (!check) writeFileSync(path, wanted);
  return wanted === written;
}

type Schema = z.core.$ZodType;
type Shape = Readonly<Record<string, Schema>>;

function reference(folder: string): string {
  const comments = commentsIn(folder);
  const each = Object.entries(transforms.components).map(([name, { schema }]) => {
    const shape: Shape = Object.fromEntries(
      objectsIn(schema).flatMap((object) => Object.entries(object._zod.def.shape)),
    );
    return `### ${name}\n\n${comments.get(name) ?? ""}\n\n${keysText(shape, schema)}`;
  });
  return ["## Keys of augmentations", AUGMENTATIONS, table(signedKeys), "## Each transform", ...each].join("\n\n");
}

const AUGMENTATIONS =
  "What RandAugment and AutoAugment choose from has these, besides its own. Either its own magnitude is given, or a\n" +
  "range and a level. RandAugment sets level, deviation and total of all that have a range.";

/** The comment above each component. */
function commentsIn(folder: string): ReadonlyMap<string, string> {
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const (\w+) = component\(/g;
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(pattern)].map(([, comment = "", name = ""]) => [
        name,
        comment.replaceAll(/\s*\n \* ?/g, " ").trim(),
      ]),
    ),
  );
}

function keysText(shape: Shape, schema: z.ZodType): string {
  const isAugmentation = shape["prob"] === signedKeys.prob;
  const shared: readonly Schema[] = isAugmentation ? Object.values(signedKeys) : [];
  const unsigned = "random_negative_prob" in shape ? "" : ", but for `random_negative_prob`";
  const ignored = ignoredKeys(schema);
  const own = Object.entries(shape).filter(([key, value]) => !(key in ignored) && !shared.includes(value));
  const accepted = Object.keys(ignored).map((key) => `\`${key}\``);
  return [
    own.length > 0 ? table(Object.fromEntries(own)) : "",
    isAugmentation ? `And the [keys of augmentations](#keys-of-augmentations)${unsigned}.` : "",
    accepted.length > 0 ? `Accepted, without effect: ${accepted.join(", ")}.` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function table(shape: Shape): string {
  const rows = Object.entries(shape).map(([key, schema]) => {
    const description = z.globalRegistry.get(schema)?.description ?? "";
    return `| \`${key}\` | ${defaultOf(schema)} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| key | default | |", "| --- | --- | --- |", ...rows].join("\n");
}

function defaultOf(schema: Schema): string {
  if (!(schema instanceof z.core.$ZodDefault || schema instanceof z.core.$ZodPrefault)) return "";
  return `\`${dumpValue(schema._zod.def.defaultValue as ConfigValue)}\``;
}
