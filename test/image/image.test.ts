import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "#lib/base/assert.ts";
import { withLock } from "../../scripts/cluster/lock.ts";
import { buildLocally } from "../../scripts/image/build.ts";
import { runContainer, unpackImage } from "../../scripts/image/container.ts";
import type { ContainerOptions, Ended, UnpackedImage } from "../../scripts/image/container.ts";
import { copyContext } from "../../scripts/image/context.ts";
import { localBases } from "../../scripts/image/local-bases.ts";
import { buildah, imageCache, imageSupport } from "../../scripts/image/store.ts";
import { testImages } from "../../scripts/image/test-images.ts";
import type { TestImages } from "../../scripts/image/test-images.ts";
import { consoleReport } from "../../scripts/setup/report.ts";
import { ROOT, readText } from "../support/sources.ts";

/** From nothing: packages, a Debian, TensorFlow's wheel. */
const BUILD_TIMEOUT_MS = 20 * 60_000;
const TIMEOUT_MS = 5 * 60_000;
const SIZE_LIMIT_BYTES = 1.3e9;
const SERVICES = readdirSync(join(ROOT, "services"));

describe("the image", function () {
  this.timeout(TIMEOUT_MS);
  let archives: TestImages | undefined;
  let unpacked: UnpackedImage | undefined;

  before("an image", async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const support = imageSupport();
    if (!support.available) {
      console.log(`      Left out: tests of the image: ${support.why}`);
      this.skip();
    }
    archives = await testImages(consoleReport());
    unpacked = await unpackImage(`docker-archive:${archives.petage}`);
  });
  after("no image", () => unpacked?.[Symbol.asyncDispose]());

  const image = (): UnpackedImage => defined(unpacked, "the image");
  const run = (options: ContainerOptions): Promise<Ended> => runContainer(image(), options);
  const shell = (script: string): Promise<Ended> => run({ command: ["sh", "-c", script] });
  const evaluate = (script: string): Promise<Ended> =>
    run({
      command: ["node", "--import", "tsx", "--input-type=module", "--eval", script],
      environment: { TF_CPP_MIN_LOG_LEVEL: "3" },
    });

  it(`takes at most ${SIZE_LIMIT_BYTES / 1e9} GB`, () => {
    const bytes = statSync(defined(archives, "the archives").petage).size;
    console.log(`        ${(bytes / 1e6).toFixed(0)} MB uncompressed`);
    assert.ok(bytes < SIZE_LIMIT_BYTES, `${bytes} bytes`);
  });

  it("says how each service is started when it is given no command", async () => {
    const { exitCode, output } = await run({});
    assert.equal(exitCode, 0);
    for (const service of SERVICES) assert.match(output, new RegExp(`tsx services/${service}/main\\.ts`));
  });

  for (const service of SERVICES) {
    it(`starts ${service}, which says what is wrong with its environment`, async () => {
      const command = ["node", "--import", "tsx", `services/${service}/main.ts`];
      const { exitCode, output } = await run({ command, environment: { PETAGE_PORT: "none" } });
      assert.equal(exitCode, 3, output);
      assert.match(output, /Environment variables cannot be used: .*PETAGE_PORT/);
    });
  }

  it("serves, and ends as it is told to", async () => {
    const end = new AbortController();
    const startMs = performance.now();
    let servingMs = 0;
    const { exitCode, output } = await run({
      command: ["node", "--import", "tsx", "services/controller/main.ts"],
      signal: end.signal,
      onOutput(text) {
        if (!text.includes('"msg":"Serving"')) return;
        servingMs = performance.now() - startMs;
        end.abort();
      },
    });
    assert.equal(exitCode, 0, output);
    console.log(`        serving ${servingMs.toFixed(0)} ms after its start`);
  });

  it("computes with TensorFlow", async () => {
    const { exitCode, output } = await evaluate(`
      import { loadEngine } from "/srv/petage/lib/engine/load.ts";
      import * as tf from "@tensorflow/tfjs-core";
      const { backend, device } = await loadEngine();
      console.log(backend, device, tf.matMul([[2]], [[3]]).dataSync()[0]);`);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^tensorflow cpu 6$/m);
  });

  it("has what every module of lib and cli imports", async () => {
    // Modules of threads run when they are loaded, and so does the command line.
    const { exitCode, output } = await evaluate(`
      import { readdirSync } from "node:fs";
      let count = 0;
      for (const folder of ["lib", "cli"]) {
        for (const path of readdirSync(folder, { recursive: true })) {
          if (!path.endsWith(".ts") || path.endsWith(".d.ts") || path.includes("/assembly/") || /-entry\\.ts$|(^|\\/)main\\.ts$/.test(path)) continue;
          await import("/srv/petage/" + folder + "/" + path);
          count++;
        }
      }
      console.log(count, "modules");
      process.exit();`);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^\d{3} modules$/m);
  });

  it("runs as a user without a name, to whom nothing belongs", async () => {
    assert.match((await shell("id")).output, /^uid=10001 gid=10001/);
    const { output } = await shell("find / -xdev -writable -not -type l -not -path '/proc/*' 2>/dev/null");
    // Those of files: the root itself is read-only here.
    const writable = output
      .trim()
      .split("\n")
      .filter((path) => path !== "");
    const meant = /^\/(dev|tmp|run\/lock|var\/tmp|var\/lib\/petage\/(data|work_dirs))(\/|$)/;
    assert.deepEqual(
      writable.filter((path) => !meant.test(path)),
      [],
    );
  });

  it("finds the data and the results of a relative path where volumes are mounted", async () => {
    const { output } = await shell("pwd; readlink data work_dirs");
    assert.deepEqual(output.trim().split("\n"), ["/srv/petage", "/var/lib/petage/data", "/var/lib/petage/work_dirs"]);
  });

  it("has no compiler, no package manager of a language, and nothing to fetch with", async () => {
    const programs = "as c++ cc corepack curl g++ gcc git ld make node-gyp npm npx pip pip3 python3 strip wget yarn";
    assert.equal((await shell(`for each in ${programs}; do command -v $each; done; true`)).output, "");
  });

  it("lists every package that it holds", () => {
    const text = readFileSync(join(image().root, "usr/share/petage/sbom.cdx.json"), "utf8");
    const bill = JSON.parse(text) as { bomFormat: string; components: { name: string; version: string }[] };
    assert.equal(bill.bomFormat, "CycloneDX");
    const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
    const { dependencies } = JSON.parse(readText("package.json")) as { dependencies: Record<string, string> };
    const wanted = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
    wanted.push("tensorflow@2.21.0", `node@${process.versions.node}`);
    for (const each of [...wanted, ...installedPackages(join(image().root, "srv/petage/node_modules"))]) {
      assert.ok(listed.has(each), `${each} is not listed`);
    }
    assert.doesNotMatch(text, /"distribution"/); // where it was fetched
  });

  it("keeps nothing of what it was built with", () => {
    for (const path of [
      "root/.npmrc",
      "root/.npm",
      "etc/pip.conf",
      "srv/petage/.npmrc",
      "var/cache/petage",
      "rootfs",
    ]) {
      assert.throws(() => statSync(join(image().root, path)), { code: "ENOENT" });
    }
  });

  it("says what it is", () => {
    const { Labels: labels, User: user, StopSignal: stopSignal } = image().config;
    const { version } = JSON.parse(readText("package.json")) as { version: string };
    assert.equal(labels["org.opencontainers.image.version"], version);
    assert.equal(user, "10001:10001");
    assert.equal(stopSignal, "SIGTERM");
  });

  it("changes in its last layer only when the code does; TensorFlow has a layer of its own", async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const changed = await layersAfter((context) => appendFileSync(join(context, "lib/base/errors.ts"), "// changed\n"));
    const layers = image().layers;
    assert.equal(layers.length, 5, "base, TensorFlow, Node, packages, code");
    assert.deepEqual(changed.slice(0, -1), layers.slice(0, -1));
    assert.notEqual(changed.at(-1), layers.at(-1));
  });

  it("comes with one of NATS that the chart can start", async () => {
    await using nats = await unpackImage(`docker-archive:${defined(archives, "the archives").nats}`);
    const { exitCode, output } = await runContainer(
      { ...nats, config: { ...nats.config, User: "10001:10001", WorkingDir: "/" } },
      { command: ["nats-server", "--version"] },
    );
    assert.equal(exitCode, 0, output);
    assert.match(output, /nats-server: v2\.\d+/);
  });
});

/** The layers of an image that is built from the sources as `change` leaves them. */
async function layersAfter(change: (context: string) => void): Promise<readonly string[]> {
  const name = "localhost/petage/changed:1";
  const context = mkdtempSync(join(tmpdir(), "petage-context-"));
  try {
    return await withLock(imageCache("lock"), { say: console.log }, async () => {
      copyContext(context);
      change(context);
      await buildLocally({ target: "cpu", name, context, arguments: {} }, await localBases(consoleReport()));
      await using image = await unpackImage(name);
      return image.layers;
    });
  } finally {
    rmSync(context, { recursive: true });
    await buildah("rmi", name).catch(() => undefined);
  }
}

/** Name and version of each package in a node_modules, nested ones too. */
function installedPackages(folder: string): string[] {
  const manifests = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(^|\/node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path),
  );
  return manifests.map((path) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, path), "utf8")) as Record<
      "name" | "version",
      string
    >;
    return `${name}@${version}`;
  });
}
