import assert from "node:assert/strict";
import type { Command } from "commander";
import { VERSION } from "#lib/host/version.ts";
import { petage } from "#test/support/cli.ts";
import { createProgram, subcommands } from "../../cli/program.ts";

/** What `COMMAND --help` prints. */
function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

const program = await createProgram();

describe("petage --help", () => {
  const commands = [program, ...subcommands(program)];

  it("names every command", () => {
    assert.deepEqual(commands.map(pathOf), [
      "petage",
      "petage quickstart",
      "petage dataset",
      "petage dataset synth",
      "petage dataset import",
      "petage dataset check",
      "petage dataset browse",
      "petage dataset split",
      "petage train",
      "petage test",
      "petage predict",
      "petage config",
      "petage config print",
      "petage config list",
      "petage engine",
      "petage engine profile",
      "petage up",
      "petage job",
      "petage job submit",
      "petage job list",
      "petage job get",
      "petage job watch",
      "petage job logs",
      "petage job cancel",
      "petage job suspend",
      "petage job resume",
      "petage job render",
      "petage remove-run",
    ]);
  });

  for (const command of commands) {
    it(`${pathOf(command)} lists its flags and arguments, each with its meaning`, () => {
      const help = helpOf(command);
      for (const option of command.options) {
        assert.ok(help.includes(option.flags), option.flags);
        assert.ok(option.description, `${option.flags} has no description`);
      }
      for (const argument of command.registeredArguments) {
        assert.ok(help.includes(argument.name()), argument.name());
        assert.ok(argument.description, `<${argument.name()}> has no description`);
      }
      assert.ok(command.description());
    });

    if (command.commands.length > 0) continue;
    it(`${pathOf(command)} shows an example that it can parse`, () => {
      const examples = helpOf(command)
        .split("\n")
        .filter((line) => line.startsWith(`  ${pathOf(command)}`))
        .map((line) => line.trim().split(/\s+/).slice(pathOf(command).split(" ").length));
      assert.ok(examples.length > 0);
      for (const args of examples) {
        const { unknown, operands } = command.parseOptions(args);
        assert.deepEqual(unknown, []);
        const wanted = command.registeredArguments.filter(({ required }) => required).length;
        assert.ok(operands.length >= wanted, `${args.join(" ")} lacks an argument`);
      }
    });
  }
});

describe("a command line that cannot be understood", function () {
  this.timeout(60_000);
  const cases: readonly { readonly args: string[]; readonly says: RegExp }[] = [
    { args: ["trian"], says: /unknown command 'trian'\n\(Did you mean train\?\)/ },
    { args: ["dataset", "synht"], says: /unknown command 'synht'\n\(Did you mean synth\?\)/ },
    { args: ["train", "--nprc", "2", "x.py"], says: /unknown option '--nprc'\n\(Did you mean --nproc\?\)/ },
    { args: ["train"], says: /missing required argument 'config'/ },
    {
      args: ["train", "x.py", "--nproc", "two"],
      says: /--nproc <number>' argument 'two' is invalid\. Expected a whole/,
    },
    { args: ["job", "lits"], says: /unknown command 'lits'\n\(Did you mean list\?\)/ },
    { args: ["job", "logs", "a", "--rank", "0", "--role", "evaluator"], says: /'--rank <number>' cannot be used with/ },
    { args: ["job", "submit"], says: /Name either a config or, with -f, a manifest/ },
    { args: ["job", "render", "a.py", "-f", "a.yaml"], says: /Name either a config or, with -f, a manifest/ },
    { args: ["job", "submit", "-f", "a.yaml", "--workers", "2"], says: /--workers does not go with -f/ },
    { args: ["up", "--port", "65536"], says: /Expected a port, 0 to 65535/ },
    { args: ["dataset", "synth", "--layout", "zip"], says: /Allowed choices are annotation, folders/ },
  ];
  for (const { args, says } of cases) {
    it(`petage ${args.join(" ")} ends with exit code 2 and says what was meant`, async () => {
      const { exitCode, stdout, stderr } = await petage(args);
      assert.match(stderr, says);
      assert.deepEqual([exitCode, stdout], [2, ""]);
    });
  }

  it("petage job takes the flags of a place before its command, too", async () => {
    const dry = ["submit", "resnet18_petage_quickstart", "--dry-run", "client", "-o", "yaml"];
    const { stdout } = await petage(["job", "-n", "pets", ...dry]);
    assert.match(stdout, /^ {2}namespace: pets$/m);
  });

  it("petage --version and --help end with 0", async () => {
    const [version, help] = await Promise.all([petage(["--version"]), petage(["--help"])]);
    assert.deepEqual(version, { exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
    assert.equal(help.exitCode, 0);
    assert.match(help.stdout, /^Usage: petage/);
  });
});
