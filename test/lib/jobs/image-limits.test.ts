import assert from "node:assert/strict";
import { z } from "zod";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { readEnvironment } from "#lib/host/environment.ts";
import { imageLimits, imageVariables } from "#lib/jobs/image-limits.ts";

describe("the limits of images, as the environment says them", () => {
  const read = (variables: NodeJS.ProcessEnv) => imageLimits(readEnvironment(z.object(imageVariables), variables));

  it("are the defaults where nothing is said", () => {
    assert.deepEqual(read({}), DEFAULT_IMAGE_LIMITS);
    assert.deepEqual(read({ PETAGE_MAX_IMAGE_PIXELS: "", PETAGE_MAX_IMAGE_BYTES: "" }), DEFAULT_IMAGE_LIMITS);
  });

  it("are what is said", () => {
    const variables = { PETAGE_MAX_IMAGE_PIXELS: "200000000", PETAGE_MAX_IMAGE_BYTES: "67108864" };
    assert.deepEqual(read(variables), { maxImagePixels: 200e6, maxImageBytes: 64 * 2 ** 20 });
  });

  for (const [name, value] of [
    ["PETAGE_MAX_IMAGE_PIXELS", "0"],
    ["PETAGE_MAX_IMAGE_PIXELS", "many"],
    ["PETAGE_MAX_IMAGE_PIXELS", "1.5"],
    ["PETAGE_MAX_IMAGE_PIXELS", "700000001"],
    ["PETAGE_MAX_IMAGE_BYTES", "-1"],
    ["PETAGE_MAX_IMAGE_BYTES", "4294967296"],
  ] as const) {
    it(`refuse ${name}=${value}`, () => {
      assert.throws(() => read({ [name]: value }), { code: "INVALID_ARGUMENT", message: new RegExp(name) });
    });
  }
});
