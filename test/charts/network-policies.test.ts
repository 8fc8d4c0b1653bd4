import assert from "node:assert/strict";
import { join } from "node:path";
import { useHelm } from "#test/support/helm.ts";
import { CHART } from "../../scripts/deploy.ts";
import { objectsOf } from "./rendered.ts";
import type { Rendered } from "./rendered.ts";

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
}

interface Rule {
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
  readonly from?: readonly { readonly podSelector?: Selector; readonly namespaceSelector?: Selector }[];
}

const CONTROLLER = 50051;
const NATS = 4222;

/** Whether a policy lets pods of its own namespace with these labels in. */
function letsIn(policy: Rendered | undefined, labels: Labels, port: number): boolean {
  const rules = (policy?.spec?.["ingress"] ?? []) as readonly Rule[];
  const matches = ({ matchLabels = {} }: Selector): boolean =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return rules.some(
    ({ ports, from = [] }) =>
      ports?.some((one) => one.port === port) &&
      from.some((peer) => peer.podSelector && !peer.namespaceSelector && matches(peer.podSelector)),
  );
}

describe("the chart's network policies", function () {
  this.timeout(60_000);
  const helm = useHelm();

  async function policies(...args: readonly string[]): Promise<(name: string) => Rendered | undefined> {
    const objects = objectsOf(await helm.run("template", "petage", CHART, "--kube-version", "1.37.0", ...args));
    return (name) => objects.find(({ kind, metadata }) => `${kind} ${metadata.name}` === name);
  }

  it("let the pod of helm test ask everything, whoever else may", async () => {
    const web = '[{"namespaceSelector":{"matchLabels":{"team":"web"}}}]';
    const named = await policies("--set-json", `networkPolicy={"controllerFrom":${web},"inferenceFrom":${web}}`);
    const { labels = {} } = named("Pod petage-test")?.metadata ?? {};
    const other = { ...labels, "app.kubernetes.io/component": "other" };
    for (const [name, port] of [
      ["petage-controller", CONTROLLER],
      ["petage-inference", CONTROLLER],
      ["petage-nats", NATS],
    ] as const) {
      const policy = named(`NetworkPolicy ${name}`);
      assert.deepEqual([letsIn(policy, labels, port), letsIn(policy, other, port)], [true, false], name);
    }
  });

  for (const [url, port] of [
    ["nats://nats", 4222],
    ["nats://nats-1", 4222],
    ["nats://10.0.0.5", 4222],
    ["nats://[fd00::5]", 4222],
    ["tls://nats.messaging:4443", 4443],
  ] as const) {
    it(`let the pods of jobs out to port ${port} for ${url}`, async () => {
      const named = await policies("--set", `nats.enabled=false,nats.url=${url}`);
      const rules = named("NetworkPolicy petage-jobs")?.spec?.["egress"] as readonly Rule[];
      const tcp = rules.flatMap(({ ports = [] }) => ports).filter(({ protocol }) => protocol === undefined);
      assert.deepEqual(tcp, [{ port }]);
      const controller = JSON.stringify(named("Deployment petage-controller"));
      assert.ok(controller.includes(JSON.stringify({ name: "PETAGE_JOB_NATS_URL", value: url })));
    });
  }

  it("let the pods of jobs out to DNS behind its Service, also where it listens on 5353", async () => {
    const named = await policies("--values", join(CHART, "ci/openshift-values.yaml"));
    const rules = named("NetworkPolicy pets-jobs")?.spec?.["egress"] as readonly Rule[];
    const dns = rules.find(({ ports = [] }) => ports.some(({ port }) => port === 53));
    assert.deepEqual(
      dns?.ports?.map(({ port, protocol }) => `${port}/${protocol}`),
      ["53/UDP", "53/TCP", "5353/UDP", "5353/TCP"],
    );
  });
});
