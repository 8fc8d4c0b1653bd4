import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { contextPaths } from "../../scripts/image/context.ts";
import { importsOf, readText, ROOT, sourceFiles } from "../support/sources.ts";

/** A stage: its name, the image or stage that it starts from, its instructions without comments. */
interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly string[];
}

function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const stages: { name: string; from: string; instructions: string[] }[] = [];
  for (const line of lines) {
    const [, from, name] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (from !== undefined && name !== undefined) stages.push({ name, from, instructions: [] });
    else stages.at(-1)?.instructions.push(line);
  }
  return stages;
}

describe("the Dockerfile", () => {
  const text = readText("Dockerfile");
  const stages = stagesOf(text);
  const instructions = (name: string): readonly string[] =>
    stages.find((each) => each.name === name)?.instructions ?? [];
  const copies = stages.flatMap(({ instructions: all }) => all.filter((line) => line.startsWith("COPY ")));

  it("copies only what exists and what .dockerignore lets through", () => {
    const sources = copies.filter((line) => !line.includes("--from=")).flatMap((line) => line.split(" ").slice(1, -1));
    assert.ok(sources.length > 8);
    const allowed = contextPaths();
    for (const source of sources) {
      assert.ok(existsSync(join(ROOT, source)), `there is no ${source}`);
      assert.ok(
        allowed.some((path) => source === path || source.startsWith(`${path}/`)),
        `.dockerignore leaves out ${source}`,
      );
    }
  });

  it("copies from stages that exist", () => {
    const names = new Set(stages.map(({ name }) => name));
    const used = copies.flatMap((line) => /--from=(\S+)/.exec(line)?.[1] ?? []);
    assert.ok(used.length >= 8);
    assert.deepEqual(
      used.filter((name) => !names.has(name)),
      [],
    );
  });

  it("makes both targets alike, but for TensorFlow and the base image", () => {
    const [cpu, gpu] = [instructions("cpu"), instructions("gpu")];
    assert.ok(cpu.length > 10);
    assert.deepEqual(
      gpu.map((line) => line.replace("tensorflow-gpu", "tensorflow-cpu")),
      cpu,
    );
    const build = instructions("tensorflow-gpu").map((line) => line.replace(".ts gpu ", ".ts cpu "));
    assert.deepEqual(build, instructions("tensorflow-cpu"));
  });

  it("takes TensorFlow first and the code last, so that a change of the code leaves the other layers", () => {
    const order = instructions("cpu").flatMap((line) => /^COPY --from=(\S+)/.exec(line)?.[1] ?? []);
    assert.deepEqual(order, ["tensorflow-cpu", "build", "production", "code"]);
  });

  it("lets every base image be replaced, and names no package index", () => {
    const external = stages.map(({ from }) => from).filter((from) => !stages.some(({ name }) => name === from));
    for (const image of external) assert.match(image, /^(\$\{[A-Z_]+_IMAGE\}|scratch)$/);
    assert.doesNotMatch(text, /https?:|--index-url|--registry/);
  });

  it("holds every folder that a service imports from", () => {
    const copied = new Set(instructions("code").map((line) => line.split(" ")[1]));
    const roots = sourceFiles("services", "cli", "lib")
      .flatMap((file) => importsOf(file))
      .filter((path) => /^[a-z]+\/.*\.(ts|mjs|js)$/.test(path))
      .map((path) => path.slice(0, path.indexOf("/")));
    const wanted = [...new Set(roots)].filter((root) => existsSync(join(ROOT, root)));
    assert.ok(wanted.includes("lib") && wanted.includes("proto"));
    assert.deepEqual(
      wanted.filter((root) => !copied.has(root)),
      [],
    );
  });
});
