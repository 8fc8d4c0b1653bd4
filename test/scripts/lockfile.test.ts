import assert from "node:assert/strict";
import { completed, missingPackages, packagesWithAddress, platformEntry } from "../../scripts/lockfile.ts";

describe("scripts/lockfile.ts", () => {
  it("packagesWithAddress() names entries that hold a download address", () => {
    const lock = {
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.0", resolved: "https://example.org/a.tgz" },
        "node_modules/b": { version: "1.0.0" },
      },
    };
    assert.deepEqual(packagesWithAddress(lock), ["node_modules/a"]);
  });

  it("missingPackages() resolves as Node does: the nearest node_modules on the way up", () => {
    const lock = {
      packages: {
        "node_modules/a": { version: "1.0.0", dependencies: { nested: "1.0.0", hoisted: "1.0.0", absent: "2.0.0" } },
        "node_modules/a/node_modules/nested": { version: "1.0.0", dependencies: { hoisted: "1.0.0" } },
        "node_modules/hoisted": { version: "1.0.0", dependencies: { nested: "1.0.0" } },
      },
    };
    assert.deepEqual(missingPackages(lock), [
      { name: "absent", version: "2.0.0", dev: false },
      { name: "nested", version: "1.0.0", dev: false },
    ]);
  });

  it("missingPackages() is for development only when everybody who asks is", () => {
    const optionalDependencies = { "tool-darwin-arm64": "1.0.0" };
    const dev = { version: "1.0.0", dev: true, optionalDependencies };
    const always = { version: "1.0.0", optionalDependencies };
    const isDev = (packages: Record<string, object>): boolean | undefined => missingPackages({ packages })[0]?.dev;
    assert.equal(isDev({ "node_modules/a": dev }), true);
    assert.equal(isDev({ "node_modules/a": dev, "node_modules/b": always }), false);
    assert.equal(isDev({ "node_modules/a": always, "node_modules/b": dev }), false);
  });

  const platforms = [
    ["@bufbuild/buf-linux-aarch64", { os: ["linux"], cpu: ["arm64"] }],
    ["@oxlint/binding-linux-x64-musl", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }],
    ["@oxc-parser/binding-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
    ["@oxlint-tsgolint/win32-arm64", { os: ["win32"], cpu: ["arm64"] }],
    ["@oxlint/binding-openharmony-arm64", { os: ["openharmony"], cpu: ["arm64"] }],
  ] as const;
  for (const [name, expected] of platforms) {
    it(`platformEntry() reads the platform of ${name}`, () => {
      assert.deepEqual(platformEntry({ name, version: "1.2.3", dev: false }), {
        version: "1.2.3",
        optional: true,
        ...expected,
      });
    });
  }

  it("platformEntry() refuses what is not made for one platform", () => {
    assert.throws(() => platformEntry({ name: "left-pad", version: "1.0.0", dev: false }), /left-pad@1\.0\.0/);
    assert.throws(() => platformEntry({ name: "tool-linux-x64", version: "^1.0.0", dev: false }), /npm install/);
  });

  it("completed() adds what is missing, in order, and then misses nothing", () => {
    const lock = {
      packages: {
        "": { dependencies: { tool: "1.0.0" } },
        "node_modules/tool": {
          version: "1.0.0",
          optionalDependencies: { "tool-darwin-x64": "1.0.0", "a-linux-x64": "1.0.0" },
        },
      },
    };
    const done = completed(lock);
    assert.deepEqual(Object.keys(done.packages), [
      "",
      "node_modules/a-linux-x64",
      "node_modules/tool",
      "node_modules/tool-darwin-x64",
    ]);
    assert.deepEqual(missingPackages(done), []);
  });
});
