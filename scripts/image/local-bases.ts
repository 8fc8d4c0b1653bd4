import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { programPath } from "../cluster/binaries.ts";
import { execute } from "../cluster/execute.ts";
import { watched } from "../setup/report.ts";
import type { Report } from "../setup/report.ts";
import { buildah, commitImage, hasImage, imageCache } from "./store.ts";

/** Base images in the store, which stand in for the public ones that the Dockerfile names. */
export interface Bases {
  /** A small Debian with the certificates and C++ library of `debian:bookworm-slim`. */
  readonly debian: string;
  /** The same with the Node and npm of this machine, at the places where `node:*-slim` has them. */
  readonly node: string;
}

const SUITE = "bookworm";
const PACKAGES = ["ca-certificates", "libstdc++6"];
const DEBOOTSTRAP_TIMEOUT_MS = 10 * 60_000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Of no use in a container, as in Debian's own slim images. */
const UNUSED = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/info",
  "usr/share/locale",
  "var/cache/apt",
  "var/lib/apt/lists",
  "var/log",
];
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Makes the base images out of Debian's packages and this machine's Node, where they are not there yet: 40 s. */
export async function localBases(report: Report): Promise<Bases> {
  const npm = npmFolder();
  const debian = `localhost/petage/debian:${tagOf([SUITE, ...PACKAGES, ...UNUSED])}`;
  const certificates = existsSync(CERTIFICATES) ? readFileSync(CERTIFICATES, "utf8") : "";
  const node = `localhost/petage/node:${tagOf([debian, process.version, npmVersion(npm), certificates])}`;
  if (!(await hasImage(debian)))
    await watched(`Making a base image (Debian ${SUITE})`, report, () => makeDebian(debian));
  if (!(await hasImage(node))) await makeNode(node, { debian, npm, certificates });
  return { debian, node };
}

function tagOf(ingredients: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(ingredients)).digest("hex").slice(0, 12);
}

async function makeDebian(name: string): Promise<void> {
  mkdirSync(imageCache("tmp"), { recursive: true });
  const rootfs = mkdtempSync(imageCache("tmp", "debian-"));
  try {
    const options = ["--variant=minbase", `--include=${PACKAGES.join(",")}`];
    const program = programPath("debootstrap") ?? "debootstrap";
    await execute([program, ...options, SUITE, rootfs], { timeoutMs: DEBOOTSTRAP_TIMEOUT_MS });
    for (const folder of UNUSED) {
      for (const each of readdirSync(join(rootfs, folder))) rmSync(join(rootfs, folder, each), { recursive: true });
    }
    await commitImage({ from: "scratch", name, settings: [`--env=PATH=${PATH}`, "--cmd=bash"] }, (container) =>
      buildah("add", "--quiet", container, rootfs, "/"),
    );
  } finally {
    rmSync(rootfs, { recursive: true, force: true });
  }
}

interface NodeIngredients {
  readonly debian: string;
  readonly npm: string;
  readonly certificates: string;
}

async function makeNode(name: string, { debian, npm, certificates }: NodeIngredients): Promise<void> {
  // Packages may come by way of a proxy with a certificate of its own.
  const settings = certificates === "" ? ["--env=HOME=/root"] : [`--env=NODE_EXTRA_CA_CERTS=${CERTIFICATES}`];
  await commitImage({ from: debian, name, settings }, async (container) => {
    await buildah("copy", "--quiet", container, realpathSync(process.execPath), "/usr/local/bin/node");
    await buildah("copy", "--quiet", container, npm, "/usr/local/lib/node_modules/npm");
    if (certificates !== "") await buildah("copy", "--quiet", container, CERTIFICATES, CERTIFICATES);
    await buildah("run", container, "--", "ln", "-s", "../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm");
    await buildah("run", container, "--", "npm", "--version"); // this machine's Node runs there
  });
}

/** The npm that belongs to this machine's Node. */
function npmFolder(): string {
  const program = realpathSync(programPath("npm") ?? process.execPath);
  return dirname(dirname(program));
}

function npmVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}
