import { readFile } from "node:fs/promises";
import { CRD_FILE } from "#lib/host/paths.ts";
import { CONFIG_MAP, checkObject, schemaOf } from "#lib/k8s/schema/check.ts";
import type { JobManifest, Manifest } from "./job-api.ts";
import { isJob } from "./manifest-files.ts";
import { checkManifests, noConfigMap } from "./manifests-of-flags.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";

/** Checks manifests as an API server and the controller would, without either: the rules of the resource, then the configs. */
export async function checkOffline(manifests: readonly Manifest[]): Promise<ReadonlyMap<JobManifest, ResolvedJob>> {
  const jobs = schemaOf(await readFile(CRD_FILE, "utf8"));
  for (const manifest of manifests) checkObject(isJob(manifest) ? jobs : CONFIG_MAP, manifest);
  return await checkManifests(manifests, noConfigMap);
}
