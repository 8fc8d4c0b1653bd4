import assert from "node:assert/strict";
import { ERROR_CODES } from "#lib/base/errors.ts";
import { readText, sourceFiles } from "../support/sources.ts";

describe("docs/errors.md", () => {
  const sections = readText("docs/errors.md")
    .split(/^### /m)
    .slice(1)
    .map((section) => ({ code: /^`(\w+)`/.exec(section)?.[1] ?? section, text: section.replaceAll(/\s+/g, " ") }));

  it("explains every code, and no other", () => {
    assert.deepEqual(sections.map(({ code }) => code).toSorted(), Object.keys(ERROR_CODES).toSorted());
  });

  for (const { code, text } of sections) {
    it(`says of ${code} what it means, where it comes from and what to do`, () => {
      const meaning: string = (ERROR_CODES as Readonly<Record<string, string>>)[code] ?? "";
      assert.ok(text.includes(meaning), `the meaning in lib/base/errors.ts is: ${meaning}`);
      assert.match(text, /- Likely cause: \S.*\. - What to do: \S.*\./);
    });
  }

  it("has no code that nothing throws", () => {
    const text = sourceFiles("lib", "services", "cli", "scripts")
      .filter(({ path }) => path !== "lib/base/errors.ts")
      .map((file) => file.text)
      .join("\n");
    const unused = Object.keys(ERROR_CODES).filter((code) => !text.includes(`"${code}"`));
    assert.deepEqual(unused, []);
  });
});
