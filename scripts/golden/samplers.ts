import { z } from "zod";
import { samplers } from "#lib/data/samplers/index.ts";
import { deal, type Sampler } from "#lib/data/samplers/sampler.ts";
import { build } from "./build.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

const samplersFile = z.record(z.string(), z.unknown());
const layout = z.tuple([z.array(z.int()), z.int()]);
const parametersOf = z.record(z.string(), z.string());
const place = z.looseObject({ n: z.coerce.number(), ws: z.coerce.number(), rank: z.coerce.number() });

const CONTEXT = { seed: 0 };

/** Keys read `NAME n=10 ws=4 rank=0 [parameter=value ...]`; values are the indices and the sampler's length. */
export const samplersChecker: GoldenChecker = {
  file: "samplers.json",
  *check(data) {
    for (const [name, expected] of Object.entries(samplersFile.parse(data))) {
      if (!name.startsWith("_")) yield checkLayout(name, expected);
    }
  },
};

function checkLayout(name: string, value: unknown): GoldenResult {
  const [kind = "", ...words] = name.split(" ");
  const parameters = parametersOf.parse(Object.fromEntries(words.map((word) => word.split("="))));
  const sampler = samplerOf(kind, parameters);
  if (!sampler) return { name, status: "skipped", why: "petage does not have this sampler yet" };
  const { n: count, ws: worldSize, rank } = place.parse(parameters);
  const [indices, length] = layout.parse(value);
  const labels = Array.from({ length: count }, () => null);
  const share = deal(sampler({ count, labels, worldSize, epoch: 0 }), rank, worldSize).indices;
  const [expected, got] = [JSON.stringify([indices, length]), JSON.stringify([share, share.length])];
  return { name, status: expected === got ? "passed" : "failed", expected, got };
}

function samplerOf(kind: string, parameters: Readonly<Record<string, string>>): Sampler | undefined {
  if (kind === "default") {
    return build(
      samplers,
      { type: "DefaultSampler", shuffle: false, round_up: parameters["round_up"] !== "False" },
      CONTEXT,
    );
  }
  if (kind === "repeataug") {
    const repeats = parameters["num_repeats"] ?? parameters["repeats"];
    const config = repeats === undefined ? {} : { num_repeats: Number(repeats) };
    return build(samplers, { type: "RepeatAugSampler", shuffle: false, ...config }, CONTEXT);
  }
  const [family, subsampleType] = kind.split("/");
  if (family !== "sequential") return undefined;
  return build(samplers, { type: "SequentialSampler", subsample_type: subsampleType }, CONTEXT);
}
