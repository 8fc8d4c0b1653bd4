import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namedConfigs } from "#lib/host/files/named-configs.ts";
import { complaint, petage } from "#test/support/cli.ts";

describe("petage config", function () {
  this.timeout(60_000);
  let folder = "";
  before(async () => (folder = await mkdtemp(join(tmpdir(), "petage-config-"))));
  after(() => rm(folder, { recursive: true }));

  async function print(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await petage(["config", "print", ...args]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    return stdout;
  }

  it("print gives a config that means the same without its bases", async () => {
    const options = ["--cfg-options", "train_cfg.max_epochs=3", "model.backbone.init_cfg=None"];
    const python = await print("resnet101_8xb32_petage", ...options);
    assert.match(python, /max_epochs=3/);
    assert.doesNotMatch(python, /_base_/);
    const copy = join(folder, "copy.py");
    await writeFile(copy, python);
    const [again, json, copied] = await Promise.all([
      print(copy),
      print("resnet101_8xb32_petage", "--json", ...options),
      print(copy, "--json"),
    ]);
    assert.equal(again, python);
    assert.deepEqual(JSON.parse(copied), JSON.parse(json));
  });

  it("list names the configs that come with petage, each of which can be named", async () => {
    const { exitCode, stdout } = await petage(["config", "list"]);
    assert.equal(exitCode, 0);
    assert.deepEqual(stdout.trimEnd().split("\n"), [...namedConfigs().keys()]);
    assert.ok(stdout.includes("resnet18_petage_quickstart\n"));
  });

  const wrong: readonly { readonly args: string[]; readonly says: RegExp }[] = [
    {
      args: ["resnet18_petage_quicstart"],
      says: /No config named resnet18_petage_quicstart .*Did you mean `resnet18_petage_quickstart`\? \[CONFIG_NOT_FOUND\]/,
    },
    {
      args: ["configs/resnet/resnet18_petage_quickstrt.py"],
      says: /`configs\/resnet\/resnet18_petage_quickstrt\.py` does not exist.*Did you mean `configs\/resnet\/resnet18_petage_quickstart\.py`\? \[CONFIG_NOT_FOUND\]/,
    },
  ];
  for (const { args, says } of wrong) {
    it(`print ${args.join(" ")} names the nearest`, async () => {
      const result = await petage(["config", "print", ...args]);
      assert.equal(result.exitCode, 1);
      assert.match(complaint(result), says);
    });
  }
});
