import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { LEASES, pathOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject, Place, ResourceType } from "#lib/k8s/objects.ts";
import { useCluster } from "#test/support/cluster.ts";
import { useHelm } from "#test/support/helm.ts";
import { until } from "#test/support/until.ts";
import { job } from "#test/deploy/manifests.ts";
import type { Job } from "#test/deploy/manifests.ts";
import { CHART, CRD, KUSTOMIZE, render, scenarios } from "../../scripts/deploy.ts";
import { objectsOf, podSpecOf } from "./rendered.ts";

const NAMESPACE = "petage";
/** That of the release, and those that ci/production-values.yaml watches. */
const NAMESPACES = [NAMESPACE, "team-a", "team-b"];
const CONTROLLER = "petage-controller";
const CRDS: ResourceType = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const POD_GROUPS: ResourceType = { group: "scheduling.k8s.io", version: "v1beta1", plural: "podgroups" };
const CLUSTER_ROLES: ResourceType = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" };
const core = (plural: string): ResourceType => ({ group: "", version: "v1", plural });

/** Calls that the controller may make, and many that it may not. */
const ALLOWED: readonly (readonly [method: "GET" | "POST" | "DELETE" | "PATCH", path: string])[] = [
  ["GET", pathOf(TRAINING_JOBS, { namespace: NAMESPACE })],
  ["GET", pathOf(PODS, { namespace: NAMESPACE })],
  ["GET", pathOf(PODS, { namespace: NAMESPACE, name: "a" })],
  ["POST", pathOf(PODS, { namespace: NAMESPACE })],
  ["PATCH", pathOf(PODS, { namespace: NAMESPACE, name: "a" })],
  ["GET", pathOf(PODS, { namespace: NAMESPACE, name: "a", subresource: "log" })],
  ["DELETE", `${pathOf(PODS, { namespace: NAMESPACE })}?labelSelector=a%3Db`],
  ["GET", pathOf(core("configmaps"), { namespace: NAMESPACE, name: "a" })],
  ["POST", pathOf(core("events"), { namespace: NAMESPACE })],
  ["PATCH", pathOf(core("events"), { namespace: NAMESPACE, name: "a" })],
  ["POST", pathOf(POD_GROUPS, { namespace: NAMESPACE })],
  ["DELETE", pathOf(POD_GROUPS, { namespace: NAMESPACE, name: "a" })],
  ["GET", pathOf(core("nodes"))],
  ["GET", pathOf(TRAINING_JOBS)],
  ["POST", pathOf(core("events"), { namespace: "default" })],
  ["GET", pathOf(LEASES, { namespace: NAMESPACE, name: CONTROLLER })],
];
const FORBIDDEN: typeof ALLOWED = [
  ["GET", pathOf(core("secrets"), { namespace: NAMESPACE })],
  ["GET", pathOf(core("secrets"), { namespace: NAMESPACE, name: "petage-nats" })],
  ["POST", pathOf(core("secrets"), { namespace: NAMESPACE })],
  ["GET", pathOf(core("secrets"))],
  ["GET", pathOf(core("configmaps"), { namespace: NAMESPACE })],
  ["DELETE", pathOf(core("configmaps"), { namespace: NAMESPACE, name: "a" })],
  ["GET", pathOf(core("events"), { namespace: NAMESPACE })],
  ["GET", pathOf(PODS)],
  ["GET", pathOf(PODS, { namespace: "default" })],
  ["GET", pathOf(PODS, { namespace: "kube-system" })],
  ["POST", pathOf(TRAINING_JOBS, { namespace: "default" })],
  ["PATCH", pathOf(TRAINING_JOBS, { namespace: "default", name: "a", subresource: "status" })],
  ["POST", `${pathOf(PODS, { namespace: NAMESPACE, name: "a" })}/exec`],
  ["POST", `${pathOf(PODS, { namespace: NAMESPACE, name: "a" })}/eviction`],
  ["PATCH", pathOf(core("nodes"), { name: "a" })],
  ["DELETE", pathOf(core("nodes"), { name: "a" })],
  ["POST", `${pathOf(core("serviceaccounts"), { namespace: NAMESPACE, name: CONTROLLER })}/token`],
  ["POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`],
  ["POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"],
  ["GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"],
  ["GET", pathOf(LEASES, { namespace: NAMESPACE, name: "somebody-elses" })],
  ["GET", pathOf(LEASES, { namespace: "kube-system" })],
  ["GET", pathOf(core("nodes"), { name: "a" })],
  ["GET", pathOf(POD_GROUPS, { namespace: NAMESPACE })],
  ["GET", pathOf(core("persistentvolumeclaims"), { namespace: NAMESPACE, name: "petage-data" })],
  ["DELETE", pathOf(core("persistentvolumeclaims"), { namespace: NAMESPACE, name: "petage-data" })],
  ["POST", `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`],
];

/** What the resource has that it did not have in the version before. */
const NEW_COLUMN = "Workers in the ring, of those wanted";

function edit(file: string, what: string | RegExp, by: string): void {
  const text = readFileSync(file, "utf8");
  assert.notEqual(text.search(what), -1, `${file} has no ${what}`);
  writeFileSync(file, text.replace(what, by));
}

describe("the chart in a cluster", function () {
  this.timeout(120_000);
  const cluster = useCluster(1);
  const helm = useHelm();
  let credentials: Credentials;
  let client: KubeClient;
  let older = "";

  const release = (...args: readonly string[]): Promise<string> =>
    helm.run(...args, "--kubeconfig", cluster().kubeconfig, "--namespace", NAMESPACE);
  /** The release as this chart has it, whatever was there before. */
  const installed = (): Promise<string> => release("upgrade", "--install", "petage", CHART);

  before("make namespaces", async () => {
    credentials = Credentials.load(cluster().kubeconfig);
    client = new KubeClient(credentials);
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    for (const name of NAMESPACES) await client.create(core("namespaces"), { metadata: { name, labels } });
    await client.create(core("serviceaccounts"), { metadata: { namespace: NAMESPACE, name: "default" } });
  });
  before("a version before this one", () => {
    older = mkdtempSync(join(tmpdir(), "petage-chart-"));
    cpSync(CHART, older, { recursive: true });
    edit(join(older, "Chart.yaml"), /^version: .*$/m, "version: 0.0.9");
    edit(join(older, "files/trainingjobs.petage.dev.yaml"), NEW_COLUMN, "Workers");
  });
  after(() => {
    credentials?.[Symbol.dispose]();
    if (older) rmSync(older, { recursive: true });
  });

  for (const scenario of scenarios()) {
    it(`would be taken by the API server as ci/${scenario}-values.yaml has it`, async () => {
      // The kinds of the Prometheus operator and of cert-manager are not there.
      const objects = objectsOf(await render(helm.path, scenario)).filter(
        ({ kind }) => !/^(ServiceMonitor|PodMonitor|Certificate|Issuer)$/.test(kind),
      );
      for (const namespace of NAMESPACES) {
        const items = objects.filter(({ metadata }) => (metadata.namespace ?? NAMESPACE) === namespace);
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
        const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", `--namespace=${namespace}`];
        const answer = items.length > 0 ? await cluster().kubectl([...args, "--filename=-"], { input }) : "";
        assert.equal(answer.split("\n").filter((line) => line !== "").length, items.length);
      }
    });

    it(`has only pods that Pod Security "restricted" lets in, as ci/${scenario}-values.yaml has it`, async () => {
      for (const object of objectsOf(await render(helm.path, scenario))) {
        const spec = podSpecOf(object);
        if (!spec) continue;
        const claimed = object.spec?.["volumeClaimTemplates"] ? [{ name: "jetstream", emptyDir: {} }] : [];
        const here = { ...spec, serviceAccountName: "default", priorityClassName: undefined };
        const pod = {
          metadata: { name: "a-pod", namespace: NAMESPACE },
          spec: { ...here, volumes: [...(spec.volumes ?? []), ...claimed] },
        };
        await client.create(
          PODS,
          { apiVersion: "v1", kind: "Pod", ...pod },
          {
            dryRun: true,
            strict: true,
          },
        );
      }
    });
  }

  it("would be taken by the API server as deploy/kustomize has it", async () => {
    const said = await cluster().kubectl(["apply", "--kustomize", dirname(KUSTOMIZE), "--dry-run=server"]);
    const objects = objectsOf(readFileSync(KUSTOMIZE, "utf8"));
    assert.equal(said.trim().split("\n").length, objects.length);
    assert.doesNotMatch(said, /Warning/);
  });

  describe("after an older version", () => {
    before("install it", async () => {
      await release("install", "petage", older);
      const jobs = (): Promise<unknown> => client.list(TRAINING_JOBS, { namespace: NAMESPACE });
      await until("the path of training jobs", () => jobs().catch(() => null));
    });

    it("keeps the passwords, the jobs and their kind when it is upgraded, and brings the kind up to date", async () => {
      const place = { namespace: NAMESPACE, name: "early" };
      const { metadata } = await client.create<Job>(TRAINING_JOBS, { ...job(), metadata: place });
      const uidOf = async (type: ResourceType, where: Place): Promise<string | undefined> =>
        (await client.get(type, where)).metadata.uid;
      const kind = await uidOf(CRDS, { name: "trainingjobs.petage.dev" });
      const columns = async (): Promise<string> =>
        JSON.stringify(await client.get(CRDS, { name: "trainingjobs.petage.dev" }));
      assert.ok(!(await columns()).includes(NEW_COLUMN));
      const secret = { namespace: NAMESPACE, name: "petage-nats" };
      const before = await client.get<KubeObject & { data: Record<string, string> }>(core("secrets"), secret);
      assert.equal(Object.keys(before.data).length, 4);
      assert.equal(new Set(Object.values(before.data)).size, 4);
      for (const value of Object.values(before.data)) {
        assert.match(Buffer.from(value, "base64").toString(), /^p[A-Za-z0-9]{31}$/);
      }
      await release("upgrade", "petage", CHART, "--set", "log.level=debug");
      assert.deepEqual((await client.get<typeof before>(core("secrets"), secret)).data, before.data);
      assert.equal(await uidOf(TRAINING_JOBS, place), metadata.uid);
      assert.equal(await uidOf(CRDS, { name: "trainingjobs.petage.dev" }), kind);
      assert.ok((await columns()).includes(NEW_COLUMN));
      await client.delete(TRAINING_JOBS, place);
    });
  });

  describe("as it is installed", () => {
    before("install it", installed);

    describe("the controller's service account", () => {
      let own: Credentials;
      let controller: KubeClient;
      before("get a token", async () => {
        const token = (await cluster().kubectl(["create", "token", CONTROLLER, `--namespace=${NAMESPACE}`])).trim();
        const folder = mkdtempSync(join(tmpdir(), "petage-token-"));
        const kubeconfig = join(folder, "kubeconfig.json");
        const view = await cluster().kubectl(["config", "view", "--raw", "--output=json"]);
        const config = { ...(JSON.parse(view) as { users: { name: string; user: object }[] }) };
        config.users = config.users.map(({ name }) => ({ name, user: { token } }));
        writeFileSync(kubeconfig, JSON.stringify(config));
        own = Credentials.load(kubeconfig);
        controller = new KubeClient(own);
        rmSync(folder, { recursive: true });
      });
      after(() => own?.[Symbol.dispose]());

      async function statusOf([method, path]: (typeof ALLOWED)[number]): Promise<number> {
        const body = method === "POST" || method === "PATCH" ? { body: {} } : {};
        const contentType = method === "PATCH" ? { contentType: "application/merge-patch+json" } : {};
        const [plain = "", selector] = path.split("?labelSelector=");
        const query = selector === undefined ? {} : { query: { labelSelector: decodeURIComponent(selector) } };
        return await controller.call({ method, path: plain, ...body, ...contentType, ...query }).then(
          () => 200,
          (error: unknown) => (error instanceof KubeError ? error.status : assert.fail(String(error))),
        );
      }

      for (const call of ALLOWED) {
        it(`may ${call.join(" ")}`, async () => assert.notEqual(await statusOf(call), 403));
      }
      for (const call of FORBIDDEN) {
        it(`may not ${call.join(" ")}`, async () => assert.equal(await statusOf(call), 403));
      }

      it("may run a job from its creation to its end", async () => {
        const place = { namespace: NAMESPACE, name: "rights" };
        const made = await controller.create<Job>(TRAINING_JOBS, { ...job(), metadata: place });
        const status = { phase: "Succeeded" };
        await controller.merge(TRAINING_JOBS, { ...place, subresource: "status" }, { patch: { status } });
        const owner = {
          apiVersion: "petage.dev/v1alpha1",
          kind: "TrainingJob",
          name: "rights",
          uid: made.metadata.uid ?? "",
        };
        const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }];
        const metadata = { namespace: NAMESPACE, name: "rights-config", ownerReferences };
        await controller.create(core("configmaps"), { apiVersion: "v1", kind: "ConfigMap", metadata });
        await controller.delete(TRAINING_JOBS, place);
      });
    });

    for (const [role, can, cannot] of [
      ["edit", ["create", "patch", "delete"], ["get"]],
      ["view", ["get", "list", "watch"], ["create", "patch", "delete"]],
    ] as const) {
      it(`lets who may ${role} a namespace do so with its jobs`, async () => {
        const name = `trainingjobs.petage.dev-${role}`;
        const { metadata } = await client.get(CLUSTER_ROLES, { name });
        assert.equal(metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`], "true");
        // Nobody adds it to the cluster's own role here: that takes a controller-manager.
        const user = `somebody-who-${role}s`;
        await cluster().kubectl([
          "create",
          "rolebinding",
          user,
          `--clusterrole=${name}`,
          `--user=${user}`,
          "-n",
          NAMESPACE,
        ]);
        const may = async (verb: string): Promise<string> => {
          const question = ["auth", "can-i", verb, "trainingjobs.petage.dev", `--as=${user}`, "-n", NAMESPACE];
          return (
            await cluster()
              .kubectl(question)
              .catch(() => "no")
          ).trim();
        };
        assert.deepEqual(await Promise.all([...can, ...cannot].map(may)), [
          ...can.map(() => "yes"),
          ...cannot.map(() => "no"),
        ]);
      });
    }
  });

  describe("for other namespaces", () => {
    it("lets the controller run jobs anywhere where it watches all namespaces, and nowhere else than there where not", async () => {
      const account = `system:serviceaccount:${NAMESPACE}:${CONTROLLER}`;
      const may = async (verb: string, what: string, namespace: string): Promise<string> => {
        const question = ["auth", "can-i", verb, what, `--as=${account}`, "--namespace", namespace];
        const said = await cluster()
          .kubectl(question)
          .catch(() => "no");
        return said.trim();
      };
      const rights = async (namespace: string): Promise<string[]> => {
        const wanted = [
          "watch trainingjobs.petage.dev",
          "create pods",
          "create workloads.scheduling.k8s.io",
          "get secrets",
        ];
        return await Promise.all(wanted.map((right) => may(...(right.split(" ") as [string, string]), namespace)));
      };
      await release("upgrade", "--install", "petage", CHART, "--set", "controller.watchAllNamespaces=true");
      for (const namespace of NAMESPACES) assert.deepEqual(await rights(namespace), ["yes", "yes", "yes", "no"]);
      await release("upgrade", "petage", CHART, "--set", "controller.watchNamespaces={team-a}");
      assert.deepEqual(await rights("team-a"), ["yes", "yes", "yes", "no"]);
      assert.deepEqual(await rights("team-b"), ["yes", "no", "no", "no"], "it sees the jobs that nobody runs");
    });
  });

  describe("when it is uninstalled", () => {
    before("install it, and uninstall it with a job there", async () => {
      await installed();
      await client.create(TRAINING_JOBS, { ...job(), metadata: { namespace: NAMESPACE, name: "stays" } });
      await release("uninstall", "petage");
    });

    it("leaves jobs, their kind and the volumes when it is uninstalled, and nothing else", async () => {
      assert.equal((await client.get(TRAINING_JOBS, { namespace: NAMESPACE, name: "stays" })).metadata.name, "stays");
      const kinds = "all,configmaps,secrets,pvc,networkpolicies,roles,rolebindings,serviceaccounts,pdb,leases,hpa";
      const selector = "--selector=app.kubernetes.io/instance=petage";
      const left = await cluster().kubectl(["get", kinds, selector, `--namespace=${NAMESPACE}`, "--output=name"]);
      const names = left.trim().split("\n").toSorted();
      assert.deepEqual(names, ["persistentvolumeclaim/petage-data", "persistentvolumeclaim/petage-output"]);
      const roles = await cluster().kubectl(["get", "clusterroles,clusterrolebindings", selector, "--output=name"]);
      assert.equal(roles.trim(), "");
    });

    it("takes over what it left when it is installed again", async () => {
      await release("install", "petage", CHART);
      assert.equal((await client.get(TRAINING_JOBS, { namespace: NAMESPACE, name: "stays" })).metadata.name, "stays");
      await cluster().kubectl(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename", CRD]);
    });
  });
});
