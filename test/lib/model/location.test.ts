import assert from "node:assert/strict";
import { localPath } from "#lib/model/location.ts";
import { errorOf } from "#test/lib/config/support.ts";

describe("localPath", () => {
  for (const [uri, path] of [
    ["work_dirs/a b/epoch_3", "work_dirs/a b/epoch_3"],
    ["/data/100%/epoch_3", "/data/100%/epoch_3"],
    ["file:///data/my%20runs/x/epoch_3", "/data/my runs/x/epoch_3"],
    ["file:///data/J%C3%BCrgen/100%25", "/data/Jürgen/100%"],
    ["file://localhost/data/x", "/data/x"],
    ["FILE:///data/x", "/data/x"],
  ] as const) {
    it(`takes ${uri} for ${path}`, () => assert.equal(localPath(uri), path));
  }

  for (const uri of [
    "s3://bucket/x",
    "https://host/x.pth",
    "gs://b/x",
    "file://host/x",
    "file:///a%2Fb",
    "file:///a%",
  ]) {
    it(`refuses ${uri}`, () => assert.equal(errorOf(() => localPath(uri)).code, "INVALID_ARGUMENT"));
  }
});
