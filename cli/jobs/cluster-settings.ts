import { PetageError } from "#lib/base/errors.ts";
import { VERSION } from "#lib/host/version.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";

const DEPLOYMENTS: ResourceType = { group: "apps", version: "v1", plural: "deployments" };
const CONTROLLERS = "app.kubernetes.io/part-of=petage,app.kubernetes.io/component=controller";

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly name: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What the chart gives to jobs when it is installed as `petage` in the namespace `petage` and nothing is set. */
export const CHART_DEFAULTS: Variables = {
  PETAGE_JOB_IMAGE: `petage:${VERSION}`,
  PETAGE_JOB_IMAGE_PULL_POLICY: "IfNotPresent",
  PETAGE_JOB_SERVICE_ACCOUNT: "petage-worker",
  PETAGE_JOB_INSTANCE: "petage",
  PETAGE_JOB_RUN_AS_USER: "10001",
  PETAGE_JOB_FS_GROUP: "10001",
  PETAGE_DATA_CLAIM: "petage-data",
  PETAGE_OUTPUT_CLAIM: "petage-output",
  PETAGE_JOB_NATS_URL: "nats://petage-nats.petage:4222",
  PETAGE_JOB_NATS_SECRET: "petage-nats",
};

/** The variables of the controller of a cluster that runs the jobs of a namespace; undefined where there is none. */
export async function controllerVariables(client: KubeClient, namespace: string): Promise<Variables | undefined> {
  const found = (await deployments(client)) ?? (await deployments(client, namespace)) ?? [];
  const controllers = found.map(variablesOf);
  const watches = ({ PETAGE_WATCH_NAMESPACES: watched = "" }: Variables): boolean =>
    watched === "*" || watched.split(",").includes(namespace);
  return controllers.find(watches) ?? controllers[0];
}

/** Of all namespaces, or of one; undefined where that may not be read. */
async function deployments(client: KubeClient, namespace?: string): Promise<readonly Deployment[] | undefined> {
  const place = { ...(namespace !== undefined && { namespace }), query: { labelSelector: CONTROLLERS } };
  try {
    return (await client.list<Deployment>(DEPLOYMENTS, place)).items;
  } catch (thrown) {
    if (thrown instanceof PetageError && thrown.code === "FAILED_PRECONDITION") return undefined;
    throw thrown;
  }
}

function variablesOf({ spec: { template } }: Deployment): Variables {
  const { env = [] } = template.spec.containers.find(({ name }) => name === "controller") ?? {};
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}
