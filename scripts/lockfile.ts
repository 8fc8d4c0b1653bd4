/**
 * `npm run lockfile:check`: package-lock.json holds no download address and names every package, so that `npm ci`
 * works on every platform and with every registry. `--complete` adds the optional packages of other platforms, which
 * npm leaves out when the registry in use does not have them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const OPERATING_SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"];
const C_LIBRARIES = ["glibc", "musl"];
const ALIASES: Readonly<Record<string, string>> = {
  aarch64: "arm64",
  armv7: "arm",
  gnu: "glibc",
  gnueabihf: "glibc",
  musleabihf: "musl",
};

/** Packages that carry an address instead of leaving the choice of the registry to npm. */
export function packagesWithAddress(lock: Lockfile): string[] {
  return Object.entries(lock.packages)
    .filter(([, entry]) => /^(https?|git)/.test(entry.resolved ?? ""))
    .map(([path]) => path);
}

/** A dependency that some locked package asks for and the lockfile does not have. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

export function missingPackages(lock: Lockfile): MissingPackage[] {
  const missing = new Map<string, MissingPackage>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    const wanted = { ...entry.dependencies, ...entry.optionalDependencies };
    for (const [name, version] of Object.entries(wanted)) {
      if (resolves(lock, path, name)) continue;
      const dev = entry.dev === true && missing.get(name)?.dev !== false;
      missing.set(name, { name, version, dev });
    }
  }
  return [...missing.values()];
}

/** Node's own rule: the nearest node_modules on the way up from the asking package. */
function resolves(lock: Lockfile, from: string, name: string): boolean {
  const folders = from.split(/(?=\/node_modules\/)/);
  return (
    `node_modules/${name}` in lock.packages ||
    folders.some((_, depth) => `${folders.slice(0, depth + 1).join("")}/node_modules/${name}` in lock.packages)
  );
}

/** The entry npm would write, less the hash, for a package that is made for one platform; its name says which. */
export function platformEntry({ name, version, dev }: MissingPackage): LockedPackage {
  const words = name.split(/[-/]/).map((word) => ALIASES[word] ?? word);
  const os = words.filter((word) => OPERATING_SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const libc = words.filter((word) => C_LIBRARIES.includes(word));
  if (!/^\d+\.\d+\.\d+/.test(version) || (os.length === 0 && cpu.length === 0)) {
    throw new Error(`Cannot tell the version and platform of ${name}@${version}; run npm install`);
  }
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(libc.length > 0 && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

export function completed(lock: Lockfile): Lockfile {
  const added = missingPackages(lock).map(
    (missing) => [`node_modules/${missing.name}`, platformEntry(missing)] as const,
  );
  const packages = [...Object.entries(lock.packages), ...added].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...lock, packages: Object.fromEntries(packages) };
}

function main(): void {
  const file = fileURLToPath(new URL("../package-lock.json", import.meta.url));
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lockfile;
  if (process.argv.includes("--complete")) {
    writeFileSync(file, `${JSON.stringify(completed(lock), null, 2)}\n`);
    return;
  }
  const addressed = packagesWithAddress(lock);
  if (addressed.length > 0) {
    console.error(`package-lock.json holds download addresses of ${addressed.join(", ")}.`);
    console.error("Remove each `resolved` line; .npmrc keeps npm from writing them (omit-lockfile-registry-resolved).");
  }
  const missing = missingPackages(lock).map(({ name }) => name);
  if (missing.length > 0) {
    console.error(`package-lock.json lacks ${missing.join(", ")}, so \`npm ci\` refuses it.`);
    console.error("Run `node --import tsx scripts/lockfile.ts --complete`.");
  }
  process.exitCode = addressed.length + missing.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
