import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { parse } from "yaml";
import { withLock } from "../cluster/lock.ts";
import { installNatsServer } from "../nats-server.ts";
import { appear } from "../setup/cache.ts";
import { watched } from "../setup/report.ts";
import type { Report } from "../setup/report.ts";
import { buildLocally } from "./build.ts";
import { copyContext } from "./context.ts";
import { localBases } from "./local-bases.ts";
import { boundStore, buildah, commitImage, ensureImageTools, imageCache } from "./store.ts";

/** Docker archives, to be loaded into a cluster. */
export interface TestImages {
  readonly petage: string;
  readonly nats: string;
}

/** So many versions of each archive stay, 0.9 GB each: the tests of another checkout may be about to load theirs. */
const KEPT_ARCHIVES = 2;
const CHART = new URL("../../charts/petage/", import.meta.url);

/**
 * The images that the chart names, made on this machine out of the checkout as it is now: from nothing 2 to 3 minutes on
 * two free cores, after a change of the code 20 s, otherwise less than a second. Who asks at the same time waits.
 */
export async function testImages(report: Report): Promise<TestImages> {
  await ensureImageTools(report);
  return await withLock(imageCache("lock"), { say: (line) => report.say(line) }, async () => {
    const names = chartImages();
    return { petage: await petageArchive(names.petage, report), nats: await natsArchive(names.nats, report) };
  });
}

/** The names of the chart's images, with registry and tag. */
export function chartImages(): TestImages {
  const read = (file: string): unknown => parse(readFileSync(new URL(file, CHART), "utf8"));
  const { image, nats } = read("values.yaml") as { image: Image; nats: { image: Image } };
  const { appVersion } = read("Chart.yaml") as { appVersion: string };
  return {
    petage: `docker.io/library/${image.repository}:${image.tag || appVersion}`,
    nats: `docker.io/library/${nats.image.repository}:${nats.image.tag}`,
  };
}

interface Image {
  readonly repository: string;
  readonly tag: string;
}

async function petageArchive(name: string, report: Report): Promise<string> {
  const bases = await localBases(report);
  mkdirSync(imageCache("tmp"), { recursive: true });
  const context = mkdtempSync(imageCache("tmp", "context-"));
  try {
    const digest = copyContext(context).slice(0, 16);
    const version = { VERSION: tagOf(name), REVISION: digest };
    return await archived(`petage-${tagOf(bases.node)}-${digest}`, name, async () => {
      await watched("Building the image", report, () =>
        buildLocally({ target: "cpu", name, context, arguments: version }, bases),
      );
    });
  } finally {
    rmSync(context, { recursive: true });
  }
}

async function natsArchive(name: string, report: Report): Promise<string> {
  const { debian } = await localBases(report);
  const say = (line: string): void => report.say(line);
  const server = await installNatsServer({ log: { debug() {}, info: say, warn: say, error: say } });
  return await archived(`nats-${tagOf(debian)}-${server.version}`, name, async () => {
    await commitImage({ from: debian, name, settings: ["--cmd=nats-server"] }, (container) =>
      buildah("copy", "--quiet", container, server.path, "/usr/local/bin/nats-server"),
    );
  });
}

function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(":") + 1);
}

/** The docker archive of an image, in a file whose name says what it was made of; made when it is not there yet. */
async function archived(file: string, image: string, make: () => Promise<void>): Promise<string> {
  const path = imageCache(`${file}.tar`);
  if (existsSync(path)) return path;
  await make();
  await appear(path, async (temporary) => {
    await buildah("push", "--quiet", image, `docker-archive:${temporary}:${image}`);
  });
  removeOldArchives(file.slice(0, file.indexOf("-")));
  await boundStore();
  return path;
}

function removeOldArchives(kind: string): void {
  const archives = readdirSync(imageCache()).filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".tar"));
  const byAge = archives
    .map((name) => imageCache(name))
    .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  for (const path of byAge.slice(KEPT_ARCHIVES)) rmSync(path, { force: true });
}
