import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { ensurePackages, missingPackages, programPath } from "../cluster/binaries.ts";
import { execute } from "../cluster/execute.ts";
import type { Support } from "../cluster/support.ts";
import { DEBIAN_TOOLS } from "../cluster/tools.ts";
import { cacheFolder } from "../setup/cache.ts";
import type { Report } from "../setup/report.ts";

/** What images are made and run with here. */
const TOOLS = DEBIAN_TOOLS.filter(({ path }) => ["buildah", "debootstrap", "runc"].includes(path));
/** The slowest command is the whole build from nothing: 2 minutes on two free cores. */
const BUILDAH_TIMEOUT_MS = 30 * 60_000;
/** The store begins anew when it has grown beyond this. A build from nothing takes 3 GB, that of the gpu target 5 more. */
const STORE_LIMIT_BYTES = 12e9;
/** Otherwise it leaves a mount of its own folder behind. */
const SKIP_MOUNT = "--storage-opt=overlay.skip_mount_home=true";
/** Behind the tests that run meanwhile and have deadlines; but the longest of them waits for the image. */
const NICENESS = "5";

/** Whether this machine can build and run the images of the tests, and if not, in one line why. */
export function imageSupport(): Support {
  const missing = missingPackages(TOOLS).map((tool) => tool.package);
  const limit = process.env["PETAGE_CLUSTER_LEVEL"];
  if (limit !== undefined && limit !== "" && Number(limit) < 3) return no(`PETAGE_CLUSTER_LEVEL is ${limit}`);
  if (process.platform !== "linux") return no(`images are built on Linux only, this is ${process.platform}`);
  if (process.getuid?.() !== 0) return no("images are built by root only");
  if (missing.length > 0 && programPath("apt-get") === undefined) {
    return no(`there is no apt-get to install ${missing.join(", ")}`);
  }
  return { available: true };
}

function no(why: string): Support {
  return { available: false, why };
}

export async function ensureImageTools(report: Report): Promise<void> {
  await ensurePackages(TOOLS, report);
}

/** A path of the images' own cache. */
export function imageCache(...names: readonly string[]): string {
  return cacheFolder("images", ...names);
}

/** The folder that holds what must not outlive the machine's uptime, one for each cache. */
export function runFolder(name: string): string {
  return `/run/petage-images-${createHash("sha256").update(imageCache()).digest("hex").slice(0, 12)}/${name}`;
}

/** Runs buildah on a store of our own, without a registry, and returns what it printed. */
export async function buildah(...args: readonly string[]): Promise<string> {
  const folders = { root: imageCache("storage"), runroot: runFolder("storage"), tmp: imageCache("tmp") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const options = [`--root=${folders.root}`, `--runroot=${folders.runroot}`, "--storage-driver=overlay", SKIP_MOUNT];
  const program = programPath("buildah") ?? "buildah";
  const output = await execute(["nice", "-n", NICENESS, program, ...options, ...args], {
    timeoutMs: BUILDAH_TIMEOUT_MS,
    environment: { BUILDAH_ISOLATION: "chroot", TMPDIR: folders.tmp },
  });
  return output.trim();
}

/** Whether an image of this name is in the store. */
export async function hasImage(name: string): Promise<boolean> {
  return (await buildah("images", "--quiet", "--filter", `reference=${name}`)) !== "";
}

/** Makes an image out of a container that `fill` changes; the container is gone afterwards, whatever happens. */
export async function commitImage(
  { from, name, settings }: { readonly from: string; readonly name: string; readonly settings: readonly string[] },
  fill: (container: string) => Promise<unknown>,
): Promise<void> {
  const container = await buildah("from", "--pull-never", from);
  try {
    await fill(container);
    await buildah("config", ...settings, container);
    await buildah("commit", "--quiet", container, name);
  } finally {
    await buildah("rm", container);
  }
}

/** Layers of former builds make the next one fast, and pile up. */
export async function boundStore(): Promise<void> {
  const [bytes = "0"] = (await execute(["du", "-s", "--block-size=1", imageCache("storage")])).split("\t");
  if (Number(bytes) > STORE_LIMIT_BYTES) await buildah("rmi", "--all", "--force");
}
