import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { testImages } from "../image/test-images.ts";
import type { Report } from "../setup/report.ts";
import type { Cluster } from "./cluster.ts";
import { NODE } from "./network.ts";

/** The user of the chart's containers. */
const USER = 10001;
/** The claims of a release named petage. */
const CLAIMS = ["petage-data", "petage-output"];

export interface PetagePlace {
  readonly namespace: string;
  /** GPUs that the node is said to have; pods compute on the CPU all the same. */
  readonly gpus: number;
}

/** What `helm install petage charts/petage` needs of a cluster of level 3: images, GPUs, a namespace, volumes. */
export async function preparePetage(cluster: Cluster, { namespace, gpus }: PetagePlace, report: Report): Promise<void> {
  const images = await testImages(report);
  for (const archive of [images.petage, images.nats]) await cluster.loadImage(archive);
  await cluster.patchGpus(NODE.name, gpus);
  await cluster.kubectl(["create", "namespace", namespace]);
  await cluster.kubectl(["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"]);
  const folder = join(cluster.folder, "volumes");
  mkdirSync(folder);
  for (const claim of CLAIMS) await makeVolume(cluster, claim, { namespace, folder });
}

/** A folder of this machine as the volume that a claim waits for: the cluster has nothing that makes any. */
async function makeVolume(
  cluster: Cluster,
  claim: string,
  { namespace, folder }: { readonly namespace: string; readonly folder: string },
): Promise<void> {
  const path = join(folder, claim);
  mkdirSync(path);
  chownSync(path, USER, USER);
  await cluster.apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `${namespace}-${claim}` },
    spec: {
      capacity: { storage: "20Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path },
      claimRef: { namespace, name: claim },
    },
  });
}

/** Everything that fits on a node of two cores, beside the workers of a job. */
export const SMALL_VALUES = ["inference", "controller", "nats"].flatMap((part) => [
  "--set",
  `${part}.resources.requests.cpu=50m`,
]);
