/**
 * In the image's build, `production.ts ROOTFS`: leaves there the packages that the services need, the bill of materials,
 * the usage, and the folders that volumes are mounted on. Run it beside a node_modules with all packages.
 */
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../setup/run.ts";
import { shippedBill } from "./bill-of-materials.ts";
import type { Bill } from "./bill-of-materials.ts";
import { isUnread } from "./unread.ts";
import { resetTimestamps } from "./timestamps.ts";

const NPM_TIMEOUT_MS = 5 * 60_000;
const BINDING = "node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node";

const [rootfs = ""] = process.argv.slice(2);
if (rootfs === "") throw new Error("usage: production.ts ROOTFS");
const home = join(rootfs, "srv", "petage");
const share = join(rootfs, "usr", "share", "petage");
const volumes = join(rootfs, "var", "lib", "petage");
for (const folder of [home, share, volumes]) mkdirSync(folder, { recursive: true });

const bill = await run("npm", ["sbom", "--sbom-format=cyclonedx"], { timeoutMs: NPM_TIMEOUT_MS });
writeFileSync(join(share, "sbom.cdx.json"), JSON.stringify(shippedBill(JSON.parse(bill) as Bill), null, 1));
cpSync(join(import.meta.dirname, "usage.txt"), join(share, "usage.txt"));

await run("npm", ["prune", "--omit=dev"], { timeoutMs: NPM_TIMEOUT_MS });
cpSync("node_modules", join(home, "node_modules"), {
  recursive: true,
  verbatimSymlinks: true,
  filter: (path) => !isUnread(path),
});
const binding = join(home, BINDING);
rmSync(binding, { force: true });
mkdirSync(dirname(binding), { recursive: true });
symlinkSync("/opt/tensorflow/tfjs_binding.node", binding);

for (const name of ["data", "work_dirs"]) {
  mkdirSync(join(volumes, name));
  chmodSync(join(volumes, name), 0o1777); // whoever the container runs as
  symlinkSync(`/var/lib/petage/${name}`, join(home, name));
}
resetTimestamps(rootfs);
