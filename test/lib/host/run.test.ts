import assert from "node:assert/strict";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { z } from "zod";
import { availableCores, shareCores } from "#lib/host/process/cores.ts";
import { exitCodeOf } from "#lib/host/exit-codes.ts";
import { onLines } from "#lib/host/process/lines.ts";
import { readEnvironment } from "#lib/host/environment.ts";

describe("readEnvironment", () => {
  const schema = z.object({ PETAGE_PORT: z.coerce.number().int(), PETAGE_HOST: z.string() });

  it("names every variable that is wrong", () => {
    assert.throws(() => readEnvironment(schema, { PETAGE_PORT: "x" }), {
      code: "INVALID_ARGUMENT",
      message: /PETAGE_PORT.*PETAGE_HOST/,
    });
  });

  it("passes over what it does not know", () => {
    const variables = { PETAGE_PORT: "1", PETAGE_HOST: "h", HOME: "/" };
    assert.deepEqual(readEnvironment(schema, variables), { PETAGE_PORT: 1, PETAGE_HOST: "h" });
  });
});

describe("exitCodeOf", () => {
  it("tells input that no other attempt can use, and a victim, from a failure", () => {
    assert.equal(exitCodeOf("CONFIG_SYNTAX"), 3);
    assert.equal(exitCodeOf("PEER_LOST"), 75);
    assert.equal(exitCodeOf("INTERNAL"), 1);
  });
});

describe("cores", () => {
  it("shareCores never gives a process less than one, nor the trainers more than there are", () => {
    for (let cores = 1; cores <= 64; cores++) {
      for (const trainers of [1, 2, 3, 8]) {
        const { trainerThreads, loaderWorkers } = shareCores(cores, trainers);
        assert.ok(trainerThreads >= 1 && loaderWorkers >= 1);
        const { loaderWorkers: ofThree } = shareCores(cores, trainers, 3);
        assert.ok(ofThree === 1 || ofThree * 3 <= loaderWorkers);
        assert.ok(trainerThreads === 1 || trainerThreads * trainers <= cores);
      }
    }
  });

  it("availableCores minds the quota of a container", async () => {
    const folder = await mkdtemp(join(tmpdir(), "petage-"));
    const file = join(folder, "cpu.max");
    await writeFile(file, "50000 100000\n");
    assert.equal(availableCores(file), 1);
    await writeFile(file, "max 100000\n");
    assert.equal(availableCores(file), availableCores("/nowhere"));
    await rm(folder, { recursive: true });
  });
});

describe("onLines", () => {
  it("joins pieces, cuts endless lines and gives the last one without a break", async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    onLines(stream, (line) => lines.push(line));
    const long = "x".repeat(20_000);
    const umlaut = Buffer.from("ä");
    for (const piece of ["a", "b\r\nc\n", umlaut.subarray(0, 1), umlaut.subarray(1), `\n${long}`, "\nend"])
      stream.write(piece);
    stream.end();
    await new Promise((resolve) => stream.on("end", resolve));
    assert.deepEqual(
      lines.map((line) => (line.length > 10 ? line.length : line)),
      ["ab", "c", "ä", 16_384, 20_000 - 16_384, "end"],
    );
  });
});
