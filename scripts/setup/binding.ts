import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { appear, cacheFolder } from "./cache.ts";
import type { Report } from "./report.ts";
import { firstProgram, run } from "./run.ts";

const require = createRequire(import.meta.url);
const PACKAGE = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
const LINK = join(PACKAGE, "lib", "napi-v8", "tfjs_binding.node");
const COMPILE_TIMEOUT_MS = 5 * 60_000;
const OFFICIAL_TIMEOUT_MS = 10 * 60_000;

/** Where TensorFlow's two shared libraries and its headers lie, and where a binding built against them goes. */
interface Library {
  readonly libraries: string;
  readonly headers: string;
  readonly binding: string;
  /** The run path, by which the binding finds the libraries. */
  readonly runPath: string;
}

/** The layout that the set-up itself unpacks; the run path is relative, so the folder can be moved. */
export function unpackedLibrary(folder: string): Library {
  return {
    libraries: join(folder, "lib"),
    headers: join(folder, "include"),
    binding: join(folder, bindingName()),
    runPath: "$ORIGIN/lib",
  };
}

/** A folder of the user's: the `tensorflow` folder of a Python installation, or one with lib/ and include/. */
export function foreignLibrary(folder: string): Library {
  const root = resolve(folder);
  const libraries = [root, join(root, "lib")].find((candidate) => existsSync(join(candidate, "libtensorflow_cc.so.2")));
  const headers = join(root, "include");
  if (libraries === undefined || !existsSync(headers)) {
    throw new Error(`PETAGE_TENSORFLOW_DIR=${folder} lacks libtensorflow_cc.so.2 or the headers in include/`);
  }
  const name = createHash("sha256").update(realpathSync(libraries)).digest("hex").slice(0, 16);
  const binding = cacheFolder("tensorflow", `folder-${name}`, bindingName());
  return { libraries, headers, binding, runPath: libraries };
}

/** A binding belongs to the package whose source it is built from. */
function bindingName(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  return `tfjs_binding-${version}.node`;
}

/** Builds the package's unmodified binding against `library` and links it to where the package looks for it. */
export async function installBinding(library: Library, report: Report): Promise<string> {
  if (!existsSync(library.binding)) {
    report.say("Building the binding (about 10 s)");
    await appear(library.binding, (temporary) => compile(library, temporary));
  }
  linkBinding(library.binding);
  return LINK;
}

async function compile({ libraries, headers, runPath }: Library, output: string): Promise<void> {
  const compiler = await firstProgram([process.env["CXX"], "g++", "c++", "clang++"]);
  if (compiler === undefined) throw new Error("no C++ compiler is installed; the binding is built from source");
  const nodeHeaders = join(dirname(require.resolve("node-api-headers/package.json")), "include");
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(PACKAGE, "binding", name));
  const flags = ["-O2", "-std=c++17", "-shared", "-fPIC", "-DNAPI_VERSION=8", "-I", nodeHeaders, "-I", headers];
  const link = [
    "-L",
    libraries,
    "-l:libtensorflow_cc.so.2",
    "-l:libtensorflow_framework.so.2",
    `-Wl,-rpath,${runPath}`,
  ];
  await run(compiler, [...flags, ...sources, ...link, "-o", output], { timeoutMs: COMPILE_TIMEOUT_MS });
}

function linkBinding(binding: string): void {
  if (existsSync(LINK) && realpathSync(LINK) === realpathSync(binding)) return;
  mkdirSync(dirname(LINK), { recursive: true });
  const temporary = `${LINK}.${process.pid}.tmp`;
  symlinkSync(binding, temporary);
  renameSync(temporary, LINK);
}

/** The package's own installer: fetches the TensorFlow of its day (2.9.1) and a binding made for it. */
export async function installOfficialBinding(report: Report): Promise<string> {
  report.say("Trying the package's own installer");
  const kind = existsSync("/dev/nvidia0") ? "gpu" : "cpu";
  const bin = join(PACKAGE, "..", "..", ".bin");
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const options = { timeoutMs: OFFICIAL_TIMEOUT_MS, cwd: PACKAGE, env };
  await run(process.execPath, [join("scripts", "install.js"), kind, "download"], options);
  if (!existsSync(LINK)) throw new Error("the package's own installer left no binding");
  return LINK;
}
