import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pipeline } from "node:stream/promises";
import { appear, cacheFolder } from "./cache.ts";
import type { Report } from "./report.ts";
import { firstProgram, run } from "./run.ts";

export const TENSORFLOW_VERSION = "2.21.0";

/** What a TensorFlow library computes on. The one for GPUs needs CUDA 12 and cuDNN 9, and computes on CPUs without. */
export type Device = "cpu" | "gpu";

/** One known wheel per device and platform: its C library does not depend on the Python that the wheel is made for. */
interface Wheel {
  readonly package: string;
  readonly pythonVersion: string;
  readonly platform: string;
  readonly sha256: string;
  readonly sizeMegabytes: number;
}

const WHEELS: Readonly<Record<string, Wheel>> = {
  "cpu-linux-x64": {
    package: "tensorflow-cpu",
    pythonVersion: "3.11",
    platform: "manylinux_2_27_x86_64",
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    sizeMegabytes: 270,
  },
  "gpu-linux-x64": {
    package: "tensorflow",
    pythonVersion: "3.11",
    platform: "manylinux_2_27_x86_64",
    sha256: "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124",
    sizeMegabytes: 570,
  },
  // There is no tensorflow-cpu for this platform: `tensorflow` itself has no CUDA here.
  "cpu-linux-arm64": {
    package: "tensorflow",
    pythonVersion: "3.11",
    platform: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    sizeMegabytes: 260,
  },
};

const DOWNLOAD_TIMEOUT_MS = 30 * 60_000;
const UNPACK_TIMEOUT_MS = 10 * 60_000;

/** The folder with lib/ and include/ of TensorFlow's C library, fetched and unpacked when it is not there yet. */
export async function tensorflowFolder(report: Report, device: Device = "cpu"): Promise<string> {
  const platform = `${device}-${process.platform}-${process.arch}`;
  const known = WHEELS[platform];
  const knownName = `${TENSORFLOW_VERSION}-${platform}`;
  const local = process.env["PETAGE_TENSORFLOW_WHEEL"];
  if (local) {
    const sha256 = await sha256OfFile(local);
    const name = sha256 === known?.sha256 ? knownName : `wheel-${sha256.slice(0, 16)}`;
    return unpackedWheel(name, report, () => Promise.resolve(local));
  }
  if (known === undefined) throw new Error(`there is no TensorFlow wheel with a C library for ${platform}`);
  return unpackedWheel(knownName, report, (folder) => download(known, { folder, report }));
}

async function unpackedWheel(
  name: string,
  report: Report,
  fetch: (folder: string) => Promise<string>,
): Promise<string> {
  const folder = cacheFolder("tensorflow", name);
  if (existsSync(join(folder, "include"))) return folder;
  await appear(folder, async (temporary) => {
    const downloads = join(temporary, "download");
    mkdirSync(downloads, { recursive: true });
    await unpack(await fetch(downloads), temporary, report);
    rmSync(downloads, { recursive: true });
    symlinkSync("libtensorflow_cc.so.2", join(temporary, "lib", "libtensorflow.so.2"));
  });
  if (!existsSync(join(folder, "include"))) throw new Error(`parts of ${folder} are gone: remove it and set up again`);
  return folder;
}

async function download(wheel: Wheel, { folder, report }: { folder: string; report: Report }): Promise<string> {
  const interpreter = await python();
  report.say(`Fetching ${wheel.package} ${TENSORFLOW_VERSION} (about ${wheel.sizeMegabytes} MB)`);
  const platform = ["--implementation", "cp", "--python-version", wheel.pythonVersion, "--platform", wheel.platform];
  const what = ["--no-deps", "--only-binary=:all:", `${wheel.package}==${TENSORFLOW_VERSION}`];
  const how = ["--no-cache-dir", "--disable-pip-version-check", "--dest", folder];
  await run(interpreter, ["-m", "pip", "download", ...how, ...platform, ...what], {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    show: report.interactive,
  });
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith(".whl")) ?? "");
  const sha256 = await sha256OfFile(file);
  if (sha256 !== wheel.sha256) throw new Error(`${file} has SHA-256 ${sha256}, expected ${wheel.sha256}`);
  return file;
}

async function unpack(wheel: string, folder: string, report: Report): Promise<void> {
  const script = fileURLToPath(new URL("unpack.py", import.meta.url));
  using bar = report.bar("Unpacking");
  await run(await python(), [script, wheel, folder], {
    timeoutMs: UNPACK_TIMEOUT_MS,
    onLine: (line) => bar.update(Number(line)),
  });
}

async function python(): Promise<string> {
  const found = await firstProgram(["python3", "python"]);
  if (found === undefined) throw new Error("python3 is not installed; it fetches and unpacks the TensorFlow wheel");
  return found;
}

/** Hexadecimal SHA-256 of a file, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
