import assert from "node:assert/strict";
import { shellCommand } from "#lib/base/shell.ts";
import { wordsOfShell } from "#test/support/shell.ts";

const WORDS = [
  "plain",
  "",
  "two words",
  "it's",
  "'",
  'a "quoted" word',
  "$HOME ${HOME} $(date) `date`",
  "history!!",
  "*.py ?[ab]",
  "{a,b}",
  "~",
  "~root/x",
  "#comment",
  "a;b|c&d<e>f(g)",
  "back\\slash\\",
  "two\nlines",
  "tab\there",
  "--flag=value",
  "-x",
  "=ls",
  "key=[1, 'b']",
  "père/été 🐈",
];

describe("shellCommand", () => {
  it("is read by a shell as the words that it was made from", async () => {
    assert.deepEqual(await wordsOfShell(shellCommand(["petage", ...WORDS])), WORDS);
  });

  it("leaves alone what needs no quotes", () => {
    const words = ["petage", "train", "configs/a_b.py", "--cfg-options", "train_cfg.max_epochs=3", "127.0.0.1:50050"];
    assert.equal(shellCommand(words), words.join(" "));
  });
});
