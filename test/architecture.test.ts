import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import { importsOf, readText, sourceFiles } from "./support/sources.ts";
import type { SourceFile } from "./support/sources.ts";

/** What a layer may import: the layers below it, and the packages and Node modules that it is there for. */
interface Layer {
  readonly layers: readonly string[];
  readonly packages: readonly string[];
  /** Modules of Node that do I/O; the ones that only compute (`node:crypto`, `node:util`) are free for all. */
  readonly nodeModules: readonly string[];
}

const PURE_NODE_MODULES = ["assert", "buffer", "crypto", "events", "path", "url", "util", "zlib"];
const ANY_NODE_MODULE = builtinModules;

const FOUNDATION = ["base", "config"];
const DOMAIN = [...FOUNDATION, "engine", "collective", "nn", "optim", "metrics", "data"];
const MODEL = [...DOMAIN, "model"];
const APPLICATION = [...MODEL, "train", "serve", "jobs"];
const BELOW_ADAPTERS = [...APPLICATION, "system"];
const TENSORS = ["zod", "@tensorflow/tfjs-core"];

const LAYERS: Readonly<Record<string, Layer>> = {
  base: { layers: [], packages: [], nodeModules: [] },
  config: {
    layers: ["base"],
    packages: ["zod", "yaml", "@lezer/python", "@lezer/common", "fastest-levenshtein"],
    nodeModules: [],
  },
  engine: {
    layers: FOUNDATION,
    packages: [
      ...TENSORS,
      "@tensorflow/tfjs",
      "@tensorflow/tfjs-node-gpu",
      "@tensorflow/tfjs-backend-wasm",
      "protobufjs",
    ],
    // Writes graphs where the library reads them.
    nodeModules: ["fs", "os"],
  },
  collective: { layers: ["base"], packages: [], nodeModules: [] },
  metrics: { layers: FOUNDATION, packages: ["zod"], nodeModules: [] },
  // Reads images in worker threads; loads no tensors, so that the data-loader starts without TensorFlow.
  data: {
    layers: FOUNDATION,
    packages: ["zod", "sharp", "koffi", "tar", "fastest-levenshtein"],
    // `module` finds the library in the package that brings it along.
    nodeModules: ["fs", "fs/promises", "module", "worker_threads"],
  },
  optim: { layers: [...FOUNDATION, "engine"], packages: TENSORS, nodeModules: [] },
  // `data` for the shapes of a batch and of the preprocessor, which are plain values.
  nn: { layers: [...FOUNDATION, "engine", "data"], packages: TENSORS, nodeModules: [] },
  // A model with its weights: what training, evaluation and serving share.
  model: { layers: DOMAIN, packages: TENSORS, nodeModules: [] },
  train: { layers: MODEL, packages: TENSORS, nodeModules: [] },
  serve: { layers: MODEL, packages: ["zod"], nodeModules: [] },
  // `train` for the settings of a config, which a job is checked by before it runs.
  jobs: { layers: [...MODEL, "train"], packages: ["zod"], nodeModules: [] },
  // The clock and the folders of this machine, for the adapters and what lies above; everything below gets a clock.
  system: { layers: ["base"], packages: [], nodeModules: ["fs/promises", "path"] },
  host: {
    layers: BELOW_ADAPTERS,
    packages: ["zod", "pino", "prom-client", "sharp", "tsx"],
    nodeModules: ANY_NODE_MODULE,
  },
  rpc: {
    layers: BELOW_ADAPTERS,
    packages: ["zod", "@grpc/grpc-js", "@grpc/proto-loader", "@grpc/reflection", "grpc-health-check"],
    nodeModules: ANY_NODE_MODULE,
  },
  messaging: { layers: BELOW_ADAPTERS, packages: ["zod", "nats"], nodeModules: ANY_NODE_MODULE },
  k8s: {
    layers: BELOW_ADAPTERS,
    packages: ["zod", "yaml", "@kubernetes/client-node", "@marcbachmann/cel-js"],
    nodeModules: ANY_NODE_MODULE,
  },
  store: { layers: BELOW_ADAPTERS, packages: ["zod"], nodeModules: ANY_NODE_MODULE },
};

/** The layer that knows the messages of the gRPC API: it sends them, and makes values of the domain of them. */
const KNOWS_MESSAGES = new Set(["rpc"]);
/** Where the program's environment may be read: everything else gets values. */
const READS_ENVIRONMENT = /^lib\/host\/|^services\/[^/]+\/config\.ts$|^(scripts|test)\//;
const MAXIMUM_LINES = 400;
/** What makes pictures for people. */
const DRAWS = /^lib\/host\/(pictures\/(loss-curve|synth|synth-sheet)|dataset\/browse-sheet)\.ts$/;
const SHARP_ARITHMETIC =
  /\.(resize|extract|extend|trim|rotate|flip|flop|affine|sharpen|median|blur|dilate|erode|flatten|gamma|negate|normali[sz]e|clahe|convolve|threshold|boolean|linear|recomb|modulate|tint|greyscale|grayscale|composite|joinChannel|unflatten)\(/g;

const sources = sourceFiles("lib", "services", "cli", "scripts", "test");
const product = sources.filter(({ path }) => /^(lib|services|cli)\//.test(path));

/** Fails with what is wrong, what holds, and what to do, once per finding. */
function expectNone(findings: readonly string[], rule: string, remedy: string): void {
  assert.ok(findings.length === 0, findings.map((finding) => `\n${finding}\n  ${rule}\n  ${remedy}`).join("\n"));
}

function layerOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

function packageOf(imported: string): string {
  return imported
    .split("/")
    .slice(0, imported.startsWith("@") ? 2 : 1)
    .join("/");
}

function nodeModulesText({ nodeModules }: Layer): string {
  if (nodeModules === ANY_NODE_MODULE) return "all of node:*";
  return [...PURE_NODE_MODULES, ...nodeModules].map((module) => `node:${module}`).join(", ");
}

function isOurs(imported: string): boolean {
  return /^(lib|services|cli|proto|test|scripts)\//.test(imported);
}

function wrongImports(
  files: readonly SourceFile[],
  isWrong: (imported: string, file: SourceFile) => boolean | undefined,
): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => isWrong(imported, file))
      .map((imported) => `${file.path} imports ${imported}`),
  );
}

describe("importsOf()", () => {
  const cases: readonly (readonly [string, string[]])[] = [
    ['import { a } from "zod";', ["zod"]],
    ['import type {\n  A,\n} from "../base/errors.ts";', ["lib/base/errors.ts"]],
    ['export { a } from "./b.ts";', ["lib/nn/b.ts"]],
    ['import "#lib/data/types.ts";', ["lib/data/types.ts"]],
    ['const a = await import("#proto/a.ts");', ["proto/gen/a.ts"]],
    ['let a: import("node:fs").Stats;', ["node:fs"]],
    ['const text = "import { a } from nowhere";', []],
    ['export type A =\n  | { kind: "from" }\n  | { kind: "b" };', []],
    ['export const a = 1;\nimport * as b from "b";', ["b"]],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text.replace(/\n/g, " ")}`, () => {
      assert.deepEqual(importsOf({ path: "lib/nn/a.ts", text }), expected);
    });
  }
});

describe("architecture", () => {
  it("every folder of lib is a layer of the table", () => {
    const unknown = product.filter(({ path }) => path.startsWith("lib/") && !((layerOf(path) ?? "") in LAYERS));
    expectNone(
      unknown.map(({ path }) => path),
      "It lies in no known layer of lib/.",
      "Put it into one, or add the layer to this test and to ARCHITECTURE.md.",
    );
  });

  for (const [name, layer] of Object.entries(LAYERS)) {
    const files = product.filter(({ path }) => layerOf(path) === name);

    it(`lib/${name} imports only the layers below it`, () => {
      const allowed = [...layer.layers, name];
      const wrong = wrongImports(files, (imported) => {
        if (!isOurs(imported)) return false;
        if (imported.startsWith("proto/")) return !KNOWS_MESSAGES.has(name);
        return !allowed.includes(layerOf(imported) ?? "");
      });
      expectNone(
        wrong,
        `lib/${name} may import: ${layer.layers.join(", ") || "nothing"}${KNOWS_MESSAGES.has(name) ? ", and proto/gen" : ""}.`,
        "Move what is shared down, or take it as an argument (ARCHITECTURE.md, Layers).",
      );
    });

    it(`lib/${name} imports only the packages that it owns`, () => {
      const wrong = wrongImports(files, (imported) => {
        if (isOurs(imported)) return false;
        if (!imported.startsWith("node:")) return !layer.packages.includes(packageOf(imported));
        const module = imported.slice("node:".length);
        return ![...PURE_NODE_MODULES, ...layer.nodeModules].includes(module);
      });
      expectNone(
        wrong,
        `lib/${name} may import: ${[...layer.packages, nodeModulesText(layer)].join(", ")}.`,
        "Use it in the layer that owns it (docs/dependencies.md) and pass its result in.",
      );
    });
  }

  it("no service imports another service, and the command line imports none", () => {
    const own = (path: string): string | undefined => /^services\/[^/]+\//.exec(path)?.[0];
    const wrong = wrongImports(
      product,
      (imported, { path }) => imported.startsWith("services/") && !imported.startsWith(own(path) ?? "\0"),
    );
    expectNone(wrong, "Services know each other by proto/petage only.", "Move what is shared to lib/.");
  });

  it("the environment is read at the border only", () => {
    const wrong = sources.filter(({ path, text }) => text.includes("process.env") && !READS_ENVIRONMENT.test(path));
    expectNone(
      wrong.map(({ path }) => `${path} reads process.env`),
      "Only lib/host and services/*/config.ts do.",
      "Take the value as an argument; declare the variable in the service's config.ts.",
    );
  });

  it("sharp changes no pixel that reaches a model: its arithmetic is nobody else's", () => {
    const wrong = product
      .filter(({ path }) => !DRAWS.test(path))
      .flatMap(({ path, text }) =>
        importsOf({ path, text }).includes("sharp")
          ? [...text.matchAll(SHARP_ARITHMETIC)].map((match) => `${path} has sharp ${match[1] ?? ""} an image`)
          : [],
      );
    expectNone(
      wrong,
      "sharp decodes and encodes; it enlarges half a pixel off, and its edges and blurs are its own.",
      "Use lib/data/resize and the operations of lib/data/raster.ts.",
    );
  });

  it("no file is longer than a reader wants", () => {
    const long = sources.filter(({ text }) => text.split("\n").length > MAXIMUM_LINES + 1);
    expectNone(
      long.map(({ path, text }) => `${path} has ${text.split("\n").length - 1} lines`),
      `A file has at most ${MAXIMUM_LINES}, most have below 120.`,
      "Split it where two concepts meet, and name each part.",
    );
  });

  it("functions at the top of a file are declarations", () => {
    const wrong = product.flatMap(({ path, text }) =>
      [...text.matchAll(/^(?:export )?const (\w+) = (?:async )?(?:\([^()]*\)|\w+)(?:: [^=]+)? =>/gm)].map(
        (match) => `${path} makes ${match[1] ?? ""} a constant`,
      ),
    );
    expectNone(wrong, "Functions at the top of a file are declarations.", "Write `function name() {}`.");
  });

  it("each service has the same files", () => {
    const services = new Set(product.flatMap(({ path }) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []));
    const missing = [...services].flatMap((service) =>
      ["main.ts", "config.ts", "service.ts"]
        .map((file) => `services/${service}/${file}`)
        .filter((path) => !product.some((file) => file.path === path)),
    );
    expectNone(missing, "It is missing.", "Every service has main.ts, config.ts and service.ts (CONTRIBUTING.md).");
  });

  it("ARCHITECTURE.md tells of every layer", () => {
    const map = readText("ARCHITECTURE.md");
    const missing = Object.keys(LAYERS).filter((name) => !map.includes(`${name}/`));
    expectNone(missing, "ARCHITECTURE.md does not name this layer.", "Add it to its map.");
  });
});
