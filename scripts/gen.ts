/**
 * `npm run gen` writes proto/gen: the TypeScript types of proto/petage, and the descriptors that reflection answers
 * with; lib/data/simd/gen, the WebAssembly of lib/data/simd/assembly; and the list of transforms in docs/transforms.md.
 * `npm run gen:check` says whether they are up to date, and whether the protos hold to buf's STANDARD rules and format.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { transformsReference } from "./gen/transforms.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PROTOS = join(ROOT, "proto");
const KERNELS = join(ROOT, "lib/data/simd");
const require = createRequire(import.meta.url);

// The same choices as in lib/rpc/protos.ts, which loads the protos at run time.
const OPTIONS = [
  "--longs=Number",
  "--enums=String",
  "--defaults",
  "--oneofs",
  "--includeComments",
  "--grpcLib=@grpc/grpc-js",
];

function run(program: string, args: readonly string[], cwd = ROOT): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0)
    throw new Error(
      `${basename(args[0] ?? program)} ${args[1] ?? ""} failed:\n${stdout}${stderr}${error?.message ?? ""}`,
    );
}

/** Every file below `folder`, relative to it. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

function generateTypes(outputDir: string, services: readonly string[]): void {
  const generator = join(dirname(require.resolve("@grpc/proto-loader")), "..", "bin", "proto-loader-gen-types.js");
  const args = [...OPTIONS, "--importFileExtension=.ts", `--outDir=${outputDir}`, "--includeDirs", ".", "--"];
  run(process.execPath, [generator, ...args, ...services], PROTOS);
}

// The protocols that every server speaks besides its own, as their packages have them.
const HEALTH = "node_modules/grpc-health-check/proto";
const REFLECTION = "node_modules/@grpc/reflection/build/proto";
const STANDARD = [`${HEALTH}/health`, `${REFLECTION}/grpc`];
const MODULES = [{ path: "proto" }, { path: HEALTH }, { path: REFLECTION, excludes: [`${REFLECTION}/sample`] }];

/** A set of descriptors per service, with what it imports, and one of the standard protocols. */
function generateDescriptors(outputDir: string, services: readonly string[]): void {
  const folder = join(outputDir, "descriptors");
  mkdirSync(folder, { recursive: true });
  const build = (name: string, ...paths: readonly string[]): void => {
    const config = JSON.stringify({ version: "v2", modules: MODULES });
    const output = ["--as-file-descriptor-set", "--output", join(folder, `${name}.binpb`)];
    buf("build", "--config", config, ...paths.flatMap((path) => ["--path", path]), ...output);
  };
  build("standard", ...STANDARD);
  for (const file of services) build(basename(file, ".proto"), join("proto", file));
}

function generateProtos(outputDir: string): void {
  // What is shared comes with the services that import it.
  const services = filesBelow(PROTOS).filter((file) => file.endsWith(".proto") && !file.endsWith("/common.proto"));
  generateTypes(outputDir, services);
  generateDescriptors(outputDir, services);
}

/** The same bytes whoever compiles them, as the compiler is pinned. */
function generateKernels(outputDir: string): void {
  mkdirSync(outputDir, { recursive: true });
  const [compiler, binary] = [require.resolve("assemblyscript/bin/asc.js"), join(outputDir, "kernels.wasm")];
  const options = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd", "--initialMemory", "1"];
  run(process.execPath, [compiler, "kernels.ts", ...options, "-o", binary], join(KERNELS, "assembly"));
  const text = readFileSync(binary, "base64");
  rmSync(binary);
  writeFileSync(join(outputDir, "kernels.ts"), `export const KERNELS =\n  "${text}";\n`);
}

const GENERATED = [
  { folder: join(PROTOS, "gen"), generate: generateProtos },
  { folder: join(KERNELS, "gen"), generate: generateKernels },
];

/** The files of one folder that the other lacks or has differently. */
function differences(left: string, right: string): string[] {
  const names = new Set([...filesBelow(left), ...filesBelow(right)]);
  const bytes = (folder: string, name: string): string | undefined =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "latin1") : undefined;
  return [...names].filter((name) => bytes(left, name) !== bytes(right, name));
}

function buf(...args: readonly string[]): void {
  run(process.execPath, [require.resolve("@bufbuild/buf/bin/buf"), ...args]);
}

async function main(): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), "petage-gen-"));
  const isCheck = process.argv.includes("--check");
  try {
    for (const { folder, generate } of GENERATED) {
      const name = relative(ROOT, folder);
      const fresh = join(temporary, name); // not the temporary folder itself, which nobody else may read
      generate(fresh);
      const stale = differences(fresh, folder);
      if (isCheck && stale.length > 0)
        throw new Error(`${name} is not up to date, run npm run gen: ${stale.join(", ")}`);
      if (isCheck) continue;
      rmSync(folder, { recursive: true, force: true });
      cpSync(fresh, folder, { recursive: true });
    }
    const documented = await transformsReference(ROOT, isCheck);
    if (!isCheck) return;
    if (!documented) throw new Error("docs/transforms.md is not up to date, run npm run gen");
    buf("lint");
    buf("format", "--diff", "--exit-code");
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
