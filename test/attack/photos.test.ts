import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { delay } from "#lib/system/clock.ts";
import { flatPng, jpegClaiming, pngBomb } from "#test/lib/data/odd-images.ts";
import { photo } from "#test/services/inference/support.ts";
import { saveUntrained } from "#test/services/inference/untrained.ts";
import { startTarget, type Target } from "./target.ts";

/** What a photo that is too much, or too late, is answered. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "IMAGE_TOO_LARGE",
  "IMAGE_UNDECODABLE",
  "IMAGE_FORMAT_UNSUPPORTED",
  "DEADLINE_EXCEEDED",
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
]);

describe("an inference service that gets dear photos, and too many", function () {
  this.timeout(120_000);
  let folder = "";
  let target: Target;
  let image: Buffer;
  let attacker: Client<"InferenceService">;
  let other: Client<"InferenceService">;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-attack-"));
    image = await photo(100);
    target = await startTarget("inference", { PETAGE_CHECKPOINT: await saveUntrained(folder) });
    attacker = dial(target.address, "InferenceService");
    other = dial(target.address, "InferenceService");
  });
  after(async () => {
    for (const client of [attacker, other]) await client[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** "OK", or the code that was answered. */
  async function outcomeOf(bytes: Buffer, deadlineMs: number): Promise<string> {
    try {
      await attacker.predict({ image: bytes }, { deadlineMs });
      return "OK";
    } catch (thrown) {
      const { code } = PetageError.from(thrown);
      assert.ok(REFUSALS.has(code), `a photo was answered ${code}`);
      return code;
    }
  }

  /** Somebody else's photos are answered meanwhile. */
  const call = async (): Promise<unknown> => await other.predict({ image }, { deadlineMs: 10_000 });

  const large = { create: { width: 6000, height: 6000, channels: 3 as const, background: "grey" } };
  const DEAR: Readonly<Record<string, () => Promise<Buffer>>> = {
    "a photo of 1 x 30,000 pixels": () => flatPng(1, 30_000),
    "a photo of 30,000 x 1 pixels": () => flatPng(30_000, 1),
    "a photo of 1 x 1,000,000 pixels": () => flatPng(1, 1_000_000),
    "hardly any bytes of many pixels": () => flatPng(6300, 6300),
    "a header that claims too much": () => jpegClaiming(65_000, 65_000),
    "rows that unfold": async () => pngBomb(20_000),
    "an AVIF that takes a second": async () => await sharp(large).resize(3900, 3900).avif({ effort: 0 }).toBuffer(),
    "a progressive JPEG of many pixels": async () => await sharp(large).jpeg({ progressive: true }).toBuffer(),
  };
  for (const [what, make] of Object.entries(DEAR)) {
    it(`leaves others alone: ${what}, a dozen at a time`, async () => {
      const bytes = await make();
      const attack = Promise.all(Array.from({ length: 12 }, () => outcomeOf(bytes, 500)));
      await target.holdsOut(attack, call);
    });
  }

  it("answers some and refuses the others, where far more come than it can bear", async () => {
    const outcomes: Promise<string>[] = [];
    const flood = async (): Promise<string[]> => {
      for (let burst = 0; burst < 20; burst++) {
        for (let index = 0; index < 50; index++) outcomes.push(outcomeOf(image, index % 2 === 0 ? 300 : 3_000));
        await delay(100);
      }
      return await Promise.all(outcomes);
    };
    const attack = flood();
    await target.holdsOut(attack, call);
    const answered = (await attack).filter((outcome) => outcome === "OK").length;
    assert.ok(answered > 0, "none was answered");
    assert.ok((await outcomeOf(image, 5000)) === "OK", "it did not recover");
  });
});
