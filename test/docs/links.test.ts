import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeBlocks, shellCommands } from "../support/markdown.ts";
import { ROOT, readText } from "../support/sources.ts";

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

describe("documents", () => {
  const { scripts } = JSON.parse(readText("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

  for (const document of documents) {
    const text = readText(document);

    it(`${document} links to files that exist`, () => {
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? "");
      const broken = links.filter((link) => !existsSync(join(ROOT, dirname(document), link)));
      assert.deepEqual(broken, []);
    });

    it(`${document} names npm scripts that exist`, () => {
      const named = codeBlocks(text, "sh")
        .flatMap((block) => shellCommands(block.text))
        .flatMap((command) => /^npm run (?:--?\S+ )*([\w:]+)/.exec(command)?.[1] ?? []);
      assert.deepEqual(
        named.filter((name) => !(name in scripts)),
        [],
      );
    });
  }
});
