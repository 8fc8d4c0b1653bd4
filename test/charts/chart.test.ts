import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isScalar, parseAllDocuments, visit } from "yaml";
import { useHelm } from "#test/support/helm.ts";
import { CHART, goldenOf, KUSTOMIZE, kustomizeManifests, render, scenarios } from "../../scripts/deploy.ts";
import { objectsOf, podSpecOf } from "./rendered.ts";
import type { Rendered } from "./rendered.ts";

const REGENERATE = "Look at what changed, then run: node --import tsx scripts/deploy.ts";

/** Values that the schema refuses, as `--set-json` takes them, and what Helm says. */
const BAD_VALUES: readonly (readonly [values: string, message: RegExp])[] = [
  ["imagee={}", /additional properties 'imagee' not allowed/],
  ["controller.replica=2", /additional properties 'replica' not allowed/],
  ["inference.service.prot=1", /additional properties 'prot' not allowed/],
  ['image.repository=""', /minLength/],
  ['image.repository="Petage Image"', /does not match pattern/],
  ["image.tag=1.0", /got number, want string/],
  ['image.tag="sha256:12"', /does not match pattern/],
  ['nats.image.tag=""', /minLength/],
  ['commonLabels={"app.kubernetes.io/part-of":"pets"}', /commonLabels has app\.kubernetes\.io\/part-of: selectors/],
  ['commonLabels={"team":"cats and dogs"}', /does not match pattern/],
  ['image.pullPolicy="Sometimes"', /must be one of 'IfNotPresent', 'Always', 'Never'/],
  ['image.pullSecrets=[{"name":"a"}]', /got object, want string/],
  ['log.level="loud"', /must be one of 'debug'/],
  ["tls.enable=true", /additional properties 'enable' not allowed/],
  ['tls.names=["Pets Example"]', /does not match pattern/],
  ['tls.certManager.duration="90d"', /does not match pattern/],
  ['auth.existingSecret="My Tokens"', /does not match pattern/],
  ["security.runAsUser=0", /minimum: got 0, want 1/],
  ["controller.replicas=3", /maximum: got 3, want 2/],
  ['controller.replicas="1"', /got string, want integer/],
  ['controller.watchNamespaces="default"', /got string, want array/],
  ['controller.watchNamespaces=["Team A"]', /does not match pattern/],
  ['controller.watchNamespaces=["a","a"]', /are equal/],
  ['controller={"watchNamespaces":["a"],"watchAllNamespaces":true}', /set one of them/],
  ['controller.extraEnv=[{"value":"a"}]', /missing property 'name'/],
  ['controller.resources={"request":{}}', /additional properties 'request' not allowed/],
  ["controller.service.port=70000", /maximum/],
  ["nats.replicas=2", /must be one of 1, 3/],
  ["nats.enabled=false", /minLength/],
  ['nats.url="nats://user:secret@host:4222"', /does not match pattern/],
  ['nats={"enabled":false,"url":"nats://a:4222,nats://b:4222"}', /does not match pattern/],
  ['nats.url="nats://elsewhere:4222"', /nats\.enabled runs one: set nats\.enabled to false/],
  ['nats.auth.existingSecret="My Secret"', /does not match pattern/],
  ['nats.jetstream.size="1G"', /does not match pattern/],
  ['inference.checkpoint="../etc"', /'not' failed/],
  ['inference.checkpoint="/etc"', /'not' failed/],
  ['inference.model="Pet Age"', /does not match pattern/],
  ['inference.service.type="Ingress"', /must be one of 'ClusterIP'/],
  ["inference.autoscaling.targetMilliseconds=0", /minimum/],
  ['inference.gpu.resourceName="gpu"', /does not match pattern/],
  ['inference.strategy={"kind":"Recreate"}', /invalid propertyName 'kind'/],
  ['arch="x86"', /must be one of '', 'amd64', 'arm64'/],
  ["inference.autoscaling.minReplicas=5", /minReplicas is 5, and maxReplicas only 4/],
  ["storage.data.accessModes=[]", /minItems/],
  ['storage.output.accessModes=["ReadWriteOncePod"]', /must be one of/],
  ['storage.output.existingClaim="My Models"', /does not match pattern/],
  ['storage.output.size="big"', /does not match pattern/],
  ["networkPolicy.inferenceFrom=[]", /minItems/],
  ['monitoring.serviceMonitor.interval="often"', /does not match pattern/],
  ['fullnameOverride="Pets"', /does not match pattern/],
];

const TEXTS = /^(name|namespace|value|claimName|image|storageClassName|priorityClassName|topologyKey)$/;
const MAPS_OF_TEXTS = /^(labels|annotations|matchLabels|nodeSelector|selector)$/;

/** Where an object has something else than the text that Kubernetes wants. */
function* wronglyTyped(node: unknown, path = "", wantsText = false): Generator<string> {
  if (typeof node !== "object" || node === null) {
    if (wantsText && typeof node !== "string") yield `${path}=${String(node)}`;
    return;
  }
  const parent = path.split(".").at(-1) ?? "";
  for (const [key, child] of Object.entries(node)) {
    const text = Array.isArray(node) ? /^(values|matchNames)$/.test(parent) : TEXTS.test(key);
    yield* wronglyTyped(child, `${path}.${key}`, text || MAPS_OF_TEXTS.test(parent));
  }
}

describe("the chart", function () {
  this.timeout(60_000);
  const helm = useHelm();

  for (const [values, message] of BAD_VALUES) {
    it(`refuses ${values}`, async () => {
      await assert.rejects(helm.run("template", "petage", CHART, "--set-json", values), message);
    });
  }

  for (const scenario of scenarios()) {
    describe(`with ci/${scenario}-values.yaml`, () => {
      let text = "";
      let objects: readonly Rendered[] = [];
      before("render", async () => {
        text = await render(helm.path, scenario);
        objects = objectsOf(text);
      });

      it("has nothing to lint", async () => {
        const values = join(CHART, "ci", `${scenario}-values.yaml`);
        assert.match(await helm.run("lint", "--strict", CHART, "--values", values), /0 chart\(s\) failed/);
      });

      it("renders what it did before", () => {
        assert.equal(text, readFileSync(goldenOf(scenario), "utf8"), REGENERATE);
      });

      it("gives nobody a verb on secrets, nor all verbs on anything", () => {
        const rules = objects.flatMap((object) => object.rules ?? []);
        assert.ok(rules.length > 0);
        for (const { apiGroups, resources, verbs } of rules) {
          assert.ok(![...apiGroups, ...resources, ...verbs].includes("*"));
          assert.deepEqual(
            resources.filter((resource) =>
              /^(secrets|pods\/exec|serviceaccounts|.*roles|.*rolebindings)$/.test(resource),
            ),
            [],
          );
        }
      });

      it("restricts every container and says what it needs", () => {
        const pods = objects.flatMap((object) => podSpecOf(object) ?? []);
        assert.ok(pods.length > 1);
        for (const pod of pods) {
          assert.equal(pod.securityContext?.["runAsNonRoot"], true);
          assert.deepEqual(pod.securityContext["seccompProfile"], { type: "RuntimeDefault" });
          for (const { name, securityContext, resources } of [...pod.containers, ...(pod.initContainers ?? [])]) {
            const expected = {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            };
            assert.deepEqual(securityContext, expected, name);
            assert.ok(
              resources?.requests?.["cpu"] && resources.requests["memory"] && resources.limits?.["memory"],
              name,
            );
          }
        }
      });

      it("gives a token to the controller alone, and mounts nothing of the node", () => {
        for (const object of objects) {
          const pod = podSpecOf(object);
          if (!pod) continue;
          const isController = object.metadata.name.endsWith("-controller");
          assert.equal(pod.automountServiceAccountToken, isController ? undefined : false, object.metadata.name);
          assert.ok(!(pod.volumes ?? []).some((volume) => "hostPath" in volume));
        }
      });

      it("probes every service", () => {
        for (const object of objects.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")) {
          for (const container of podSpecOf(object)?.containers ?? []) {
            assert.ok(container.livenessProbe && container.readinessProbe, container.name);
          }
        }
      });

      it("labels every object, and names none twice", () => {
        const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
        assert.deepEqual(new Set(names).size, names.length);
        for (const { metadata } of objects) assert.equal(metadata.labels?.["app.kubernetes.io/instance"], "petage");
      });
    });
  }

  /** What a release gets of production's values and of some more. */
  async function production(name: string, ...args: readonly string[]): Promise<string> {
    const values = join(CHART, "ci/production-values.yaml");
    return await helm.run("template", name, CHART, "--kube-version", "1.37.0", "--values", values, ...args);
  }

  it("keeps names within 63 characters whatever the release is called", async () => {
    const freer = ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];
    const long = objectsOf(await production("r".repeat(53))).filter(
      ({ kind, metadata }) => !freer.includes(kind) && metadata.name.length > 63,
    );
    assert.deepEqual(long, []);
  });

  it("gives Services names without dots though the release has some", async () => {
    const services = objectsOf(await production("pets.blue")).filter(({ kind }) => kind === "Service");
    assert.ok(services.length > 1);
    for (const { metadata } of services) assert.match(metadata.name, /^pets-blue-petage-[-a-z]+$/);
  });

  it("takes names that YAML would take for numbers", async () => {
    const named = ["fullnameOverride=pets", "storage.data.existingClaim=1e3", "storage.output.existingClaim=0x10"];
    const more = ["nats.auth.existingSecret=2024", "image.pullSecrets[0]=10", "controller.watchNamespaces[0]=007"];
    const sets = [...named, ...more].flatMap((value) => ["--set-string", value]);
    const place = ["--namespace", "1234567", "--set", "crd.install=false"];
    const objects = objectsOf(await production("12345e6", ...place, ...sets));
    assert.deepEqual([...new Set(objects.flatMap((object) => [...wronglyTyped(object)]))], []);
  });

  it("takes images by their digests", async () => {
    const digest = `sha256:${"4bc4".repeat(16)}`;
    const text = await production(
      "petage",
      "--set",
      `image.tag=${digest},nats.image.tag=${digest},jobs.image.tag=,inference.image.tag=`,
    );
    const petage = `registry.example/pets/petage@${digest}`;
    const images = new Set([...text.matchAll(/image: (.*)$/gm)].map(([, image]) => image));
    assert.deepEqual(images, new Set([petage, `nats@${digest}`]));
    assert.ok(text.includes(`{ name: PETAGE_JOB_IMAGE, value: "${petage}" }`));
  });

  it("gives inference an image, GPUs and a strategy of its own", async () => {
    const own = [
      "image.repository=registry.example/other",
      "image.tag=2-gpu",
      "gpu.count=2",
      "gpu.resourceName=amd.com/gpu",
    ];
    const sets = own.map((value) => `inference.${value}`).join();
    const strategy = ["--set-json", 'inference.strategy={"type":"Recreate","rollingUpdate":null}'];
    const objects = objectsOf(await production("petage", "--set", sets, ...strategy));
    const deployment = objects.find(
      ({ kind, metadata }) => kind === "Deployment" && metadata.name === "petage-inference",
    );
    assert.deepEqual(deployment?.spec?.["strategy"], { type: "Recreate", rollingUpdate: null });
    const [container] = (deployment && podSpecOf(deployment)?.containers) ?? [];
    assert.equal(container?.image, "registry.example/other:2-gpu");
    assert.deepEqual(container.resources, {
      requests: { cpu: "2", memory: "4Gi" },
      limits: { memory: "8Gi", "amd.com/gpu": 2 },
    });
  });

  it("lets all pods of its own images run on nodes of their architecture alone, and NATS anywhere", async () => {
    const objects = objectsOf(await production("petage", "--set", "arch=arm64,inference.nodeSelector.disk=fast"));
    const selectors = objects.flatMap((object) => {
      const pod = podSpecOf(object);
      return pod ? [[`${object.kind} ${object.metadata.name}`, pod.nodeSelector] as const] : [];
    });
    const arm = { "kubernetes.io/arch": "arm64" };
    assert.deepEqual(Object.fromEntries(selectors), {
      "Deployment petage-controller": arm,
      "Deployment petage-inference": { ...arm, disk: "fast" },
      "Pod petage-test": arm,
      "StatefulSet petage-nats": undefined,
    });
  });

  it("has no key that YAML reads as a boolean, which tools of YAML 1.1 do with y, n, on and off", async () => {
    const texts = [await production("petage"), readFileSync(join(CHART, "values.yaml"), "utf8")];
    const keys: unknown[] = [];
    for (const document of texts.flatMap((text) => parseAllDocuments(text, { version: "1.1" }))) {
      visit(document, { Pair: (_, { key }) => void keys.push(isScalar(key) ? key.value : key) });
    }
    assert.ok(keys.length > 100);
    assert.deepEqual(
      keys.filter((key) => typeof key === "boolean"),
      [],
    );
  });

  it("writes users as large as OpenShift's in full", async () => {
    const text = await production("petage", "--set-json", 'security={"runAsUser":1000660000,"fsGroup":1000660000}');
    assert.match(text, /PETAGE_JOB_RUN_AS_USER, value: "1000660000"/);
    assert.equal(text.match(/(runAsUser|fsGroup): 1000660000$/gm)?.length, 8);
  });

  it("runs helm test where the controller may run, not on nodes that its image is not for", async () => {
    const selector = "controller.nodeSelector.kubernetes\\.io/arch=amd64";
    const pod = objectsOf(await production("petage", "--set", selector)).find(({ kind }) => kind === "Pod");
    assert.deepEqual(pod?.spec?.["nodeSelector"], { "kubernetes.io/arch": "amd64" });
  });

  for (const [what, flags, whenDeleted] of [
    ["keeps JetStream's volumes when the release goes", [], "Retain"],
    ["takes JetStream's volumes away with the release where that is wanted", ["nats.jetstream.keep=false"], "Delete"],
  ] as const) {
    it(`${what}, and keeps them when it is scaled down`, async () => {
      const text = await production("petage", ...flags.flatMap((flag) => ["--set", flag]));
      const nats = objectsOf(text).find(({ kind }) => kind === "StatefulSet");
      const expected = { whenDeleted, whenScaled: "Retain" };
      assert.deepEqual(nats?.spec?.["persistentVolumeClaimRetentionPolicy"], expected);
    });
  }

  it("asks for no volume for NATS unless JetStream is turned on", async () => {
    const text = await production("petage", "--set", "nats.jetstream.enabled=false");
    const nats = objectsOf(text).find(({ kind }) => kind === "StatefulSet");
    assert.equal(nats?.spec?.["volumeClaimTemplates"], undefined);
    assert.doesNotMatch(text, /jetstream/);
  });

  it("is what deploy/kustomize applies", async () => {
    assert.equal(await kustomizeManifests(helm.path), readFileSync(KUSTOMIZE, "utf8"), REGENERATE);
  });
});
