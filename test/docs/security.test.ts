import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { NEEDS } from "#lib/rpc/access/roles.ts";
import { useGrpcurl } from "#test/support/grpcurl.ts";
import { runLine, startUp, type Up } from "#test/support/up.ts";
import { codeBlocks, shellCommands, tableRows } from "../support/markdown.ts";
import { readText } from "../support/sources.ts";

const text = readText("docs/security.md");
const [up = "", ...commands] = codeBlocks(text, "console").flatMap((block) => shellCommands(block.text));

/** What is to be seen in the answers, by the last word of the command. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  "ci.token": /^No resources found at the controller localhost:\d+$/m,
  "ci.key": /^No resources found at the controller localhost:\d+$/m,
  ListTrainingJobs: /^\{\}$/m,
  Check: /"status": "SERVING"/,
};

describe("docs/security.md", function () {
  this.timeout(120_000);

  it("names the calls that only admins may make, and those that only a job may", () => {
    const of = (need: string): string[] => {
      const names = Object.values(NEEDS).flatMap((methods) => Object.entries<string>(methods));
      return names
        .filter(([, needed]) => needed === need)
        .map(([name]) => name.charAt(0).toUpperCase() + name.slice(1));
    };
    const row = tableRows(text).find(([role]) => role === "`admin`")?.[1] ?? "";
    const sentence = /^(`Stop`[^]*?) are for nobody/m.exec(text)?.[1] ?? "";
    const named = (part: string): string[] => [...part.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    assert.deepEqual(named(row).toSorted(), [...new Set(of("admin"))].toSorted());
    assert.deepEqual(named(sentence).toSorted(), of("job").toSorted());
  });

  describe("its commands", () => {
    const grpcurl = useGrpcurl();
    let folder = "";
    let running: Up | undefined;

    before("make what they need, and petage up", async () => {
      folder = await mkdtemp(join(tmpdir(), "petage-security-"));
      await symlink(grpcurl.path, join(folder, "grpcurl"));
      for (const block of codeBlocks(text, "sh")) {
        const { exitCode, stderr } = await runLine(block.text, folder);
        assert.equal(exitCode, 0, stderr);
      }
      running = await startUp(up, folder);
    });
    after(async () => {
      await running?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    for (const command of commands) {
      it(command, async () => {
        const { exitCode, stdout, stderr } = await defined(running, "petage up").run(command);
        assert.equal(exitCode, 0, stderr);
        assert.match(stdout + stderr, defined(ANSWERS[command.split(/[ /]/).at(-1) ?? ""], `what ${command} answers`));
      });
    }

    it("answer nobody who shows nothing, and say what is missing", async () => {
      const call = "grpcurl -cacert ca.crt localhost:50050 petage.v1.ControllerService/ListTrainingJobs";
      const { exitCode, stderr } = await defined(running, "petage up").run(call);
      assert.notEqual(exitCode, 0);
      assert.match(
        stderr,
        /Code: Unauthenticated\n +Message: ControllerService\/ListTrainingJobs needs the role train/,
      );
    });
  });
});
