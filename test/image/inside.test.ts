import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shippedBill } from "../../scripts/image/inside/bill-of-materials.ts";
import { resetTimestamps } from "../../scripts/image/inside/timestamps.ts";
import { isUnread } from "../../scripts/image/inside/unread.ts";

const HERE = `${process.platform}-${process.arch}`;

describe("isUnread() of a file in node_modules", () => {
  const read = [
    "node_modules/zod/index.js",
    "node_modules/zod/LICENSE.md",
    "node_modules/sharp/package.json",
    "node_modules/yaml/dist/doc/anchors.js",
    "node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto",
    "node_modules/@tensorflow/tfjs-core",
    "node_modules/@tensorflow/tfjs-core/dist",
    "node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js",
    "node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    "node_modules/@tensorflow/tfjs-node-gpu/dist/index.js",
    `node_modules/bare-fs/prebuilds/${HERE}/bare-fs.bare`,
    `node_modules/@julusian/jpeg-turbo/prebuilds/jpeg-turbo-${HERE}/libturbojpeg.so.0`,
    "node_modules/x/prebuilds",
  ];
  const unread = [
    "node_modules/zod/index.d.ts",
    "node_modules/zod/index.d.cts",
    "node_modules/zod/README.md",
    "node_modules/zod/index.js.map",
    "node_modules/@tensorflow/tfjs/dist/tf.min.js",
    "node_modules/@tensorflow/tfjs-core/dist/ops/add.js",
    "node_modules/@tensorflow/tfjs-layers/src/model.ts",
    "node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_backend.cc",
    "node_modules/bare-fs/prebuilds/win32-x64/bare-fs.bare",
    `node_modules/bare-fs/prebuilds/${HERE}-simulator/bare-fs.bare`,
  ];
  for (const path of read) it(`keeps ${path}`, () => assert.ok(!isUnread(path)));
  for (const path of unread) it(`leaves out ${path}`, () => assert.ok(isUnread(path)));
});

describe("shippedBill()", () => {
  const component = (
    name: string,
    extra: object = {},
  ): { "bom-ref": string; type: string; name: string; version: string } => ({
    "bom-ref": `${name}@1.0.0`,
    type: "library",
    name,
    version: "1.0.0",
    ...extra,
  });
  const development = { properties: [{ name: "cdx:npm:package:development", value: "true" }] };
  const references = [
    { type: "distribution", url: "http://index" },
    { type: "website", url: "http://site" },
  ];
  const bill = {
    bomFormat: "CycloneDX",
    serialNumber: "urn:uuid:1",
    metadata: { timestamp: "2026-01-01", tools: [], component: component("main") },
    components: [component("zod", { externalReferences: references }), component("mocha", development)],
    dependencies: [
      { ref: "main@1.0.0", dependsOn: ["zod@1.0.0", "mocha@1.0.0"] },
      { ref: "mocha@1.0.0", dependsOn: [] },
      { ref: "zod@1.0.0", dependsOn: [] },
    ],
  };
  const shipped = shippedBill(bill);

  it("leaves out what only development needs, and adds what npm does not know", () => {
    assert.deepEqual(
      shipped.components.map(({ name }) => name),
      ["zod", "tensorflow", "node"],
    );
    assert.deepEqual(shipped.dependencies, [
      { ref: "main@1.0.0", dependsOn: ["zod@1.0.0"] },
      { ref: "zod@1.0.0", dependsOn: [] },
    ]);
  });

  it("is the same for every build of the same packages, wherever they come from", () => {
    assert.equal(shipped.serialNumber, undefined);
    assert.equal(shipped.metadata.timestamp, undefined);
    assert.deepEqual(shipped.components[0]?.externalReferences, [{ type: "website", url: "http://site" }]);
  });

  it("keeps the rest", () => {
    const { component: application, ...metadata } = shipped.metadata;
    assert.equal(application.name, "petage");
    assert.deepEqual(metadata, { tools: [] });
    assert.equal((shipped as { bomFormat?: string }).bomFormat, "CycloneDX");
  });
});

describe("resetTimestamps()", () => {
  it("sets the times of files, folders and links, and follows no link", () => {
    const folder = mkdtempSync(join(tmpdir(), "petage-timestamps-"));
    try {
      const outside = join(folder, "outside");
      const inside = join(folder, "inside");
      mkdirSync(join(inside, "deep"), { recursive: true });
      writeFileSync(outside, "");
      writeFileSync(join(inside, "deep", "file"), "");
      symlinkSync(outside, join(inside, "link"));
      symlinkSync(join(folder, "nowhere"), join(inside, "dangling"));
      resetTimestamps(inside);
      for (const path of ["", "deep", "deep/file", "link", "dangling"]) {
        assert.equal(lstatSync(join(inside, path)).mtimeMs, 0, path);
      }
      assert.notEqual(lstatSync(outside).mtimeMs, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
