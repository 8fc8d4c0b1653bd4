import assert from "node:assert/strict";
import { codeBlocks, shellCommands, tableRows } from "../support/markdown.ts";

describe("codeBlocks()", () => {
  it("gives the blocks of one language with their attributes and lines", () => {
    const text = ["# A", "```sh skip", "one", "```", "", "```ts", "no", "```", "  ```sh", "  two", "  ```"].join("\n");
    assert.deepEqual(codeBlocks(text, "sh"), [
      { attributes: "skip", text: "one", line: 2 },
      { attributes: "", text: "two", line: 9 },
    ]);
  });
});

describe("shellCommands()", () => {
  it("joins continued lines and leaves out comments, prompts and blank lines", () => {
    assert.deepEqual(shellCommands("# why\n$ a --b \\\n  c\n\nd   # e"), ["a --b c", "d   # e"]);
  });
});

describe("tableRows()", () => {
  it("gives the cells of every table's body", () => {
    assert.deepEqual(tableRows("| h | i |\n| - | :-: |\n| a | `b` |\n\ntext\n\n| k |\n|---|\n| c |"), [
      ["a", "`b`"],
      ["c"],
    ]);
  });
});
