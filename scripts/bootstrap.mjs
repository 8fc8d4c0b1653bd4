// Makes a clone ready: installs the packages, then runs the set-up, each only when it is needed. This is what comes
// first on a bare machine, so it is plain JavaScript that imports nothing but Node.
//   --packages  the packages only        --again  the set-up even if it seems done
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STAMP = `${ROOT}node_modules/.petage-setup.json`;
const NODE_MINIMUM = [20, 19];

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit" });
  if (status === 0) return;
  console.error(`Cannot go on: \`${[program, ...args].join(" ")}\` failed${error ? ` (${error.message})` : ""}`);
  process.exit(1);
}

/** npm keeps in node_modules what it installed; it must hold what the lockfile asks for. */
function packagesAreInstalled() {
  const wanted = readJson(`${ROOT}package-lock.json`)?.packages ?? {};
  const installed = readJson(`${ROOT}node_modules/.package-lock.json`)?.packages ?? {};
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || installed[path]?.version === entry.version,
  );
}

/** Changes when the set-up's own files, or the variables that steer it, do. */
function setupKey() {
  const hash = createHash("sha256");
  const scripts = readdirSync(`${ROOT}scripts/setup`)
    .toSorted()
    .map((name) => `setup/${name}`);
  for (const name of ["nats-server.ts", "setup.ts", ...scripts]) {
    const path = `${ROOT}scripts/${name}`;
    if (existsSync(path)) hash.update(name).update(readFileSync(path));
  }
  const { XDG_CACHE_HOME, ...env } = process.env;
  const variables = Object.entries(env).filter(([name]) => /^PETAGE_(CACHE|SKIP|TENSORFLOW|NATS)/.test(name));
  return hash.update(JSON.stringify([XDG_CACHE_HOME, variables.toSorted()])).digest("hex");
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor < NODE_MINIMUM[1])) {
  console.error(`petage needs Node ${NODE_MINIMUM.join(".")} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
if (!packagesAreInstalled()) {
  console.log("Installing the packages (npm ci)");
  const npm = process.env.npm_execpath;
  if (npm?.endsWith(".js")) run(process.execPath, [npm, "ci"]);
  else run("npm", ["ci"]);
}
if (!process.argv.includes("--packages")) {
  const key = setupKey();
  const stamp = readJson(STAMP);
  const done = stamp?.key === key && stamp.needs.every((path) => existsSync(path));
  if (!done || process.argv.includes("--again")) {
    run(process.execPath, ["--import", "tsx", "scripts/setup.ts", "--stamp", STAMP, "--key", key]);
  }
}
