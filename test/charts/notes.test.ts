import assert from "node:assert/strict";
import { join } from "node:path";
import { useHelm } from "#test/support/helm.ts";
import { CHART } from "../../scripts/deploy.ts";

describe("the notes after helm install", function () {
  this.timeout(60_000);
  const helm = useHelm();

  async function notes(...args: readonly string[]): Promise<string> {
    const said = await helm.run("install", "petage", CHART, "--namespace", "petage", "--dry-run=client", ...args);
    return said.replace(/^[^]*\nNOTES:\n/, "");
  }
  const scenario = (name: string): Promise<string> => notes("--values", join(CHART, `ci/${name}-values.yaml`));

  it("name the namespace whose jobs run, be it that of the release or not", async () => {
    assert.match(await scenario("default"), /kubectl apply --namespace petage -f deploy\/samples\/quickstart\.yaml/);
    assert.match(await scenario("production"), /kubectl apply --namespace team-a -f deploy\/samples/);
    const both = await notes("--set", "controller.watchNamespaces={team-a,petage}");
    assert.match(both, /kubectl apply --namespace petage -f deploy\/samples/);
  });

  it("say what jobs of other namespaces need there, with a command that may be given twice", async () => {
    const said = await scenario("production");
    for (const namespace of ["team-a", "team-b"]) {
      const needs = new RegExp(`Jobs of namespace ${namespace} need there\n(.*\n)+?\n`).exec(said)?.[0] ?? "";
      assert.match(needs, /the claims petage-data and petage-output, unless they name others/);
      assert.match(needs, /to pull images: registry\n/);
      assert.match(needs, /create secret generic petage-nats .* --dry-run=client -o yaml \| kubectl apply -f -\n/);
    }
    assert.doesNotMatch(await scenario("default"), /need there/);
    const open = ["nats.enabled=false", "nats.url=nats://nats", "controller.watchNamespaces={team-a}"];
    assert.doesNotMatch(await notes(...open.flatMap((value) => ["--set", value])), /password/);
  });

  it("say what jobs of any other namespace need where all are watched", async () => {
    const said = await scenario("all-namespaces");
    assert.match(said, /Jobs of all namespaces run\. NAMESPACE below is each of them but petage\./);
    assert.match(said, /Jobs of namespace NAMESPACE need there\n/);
    assert.match(said, /kubectl apply --namespace petage -f deploy\/samples/);
  });

  it("wait for no model where a checkpoint is served", async () => {
    assert.match(await scenario("default"), /once a job has published the model "pet-age" to the claim petage-output/);
    assert.match(await scenario("openshift"), /Ask for an age:\n/);
    assert.doesNotMatch(await scenario("minimal"), /Ask for an age/);
  });

  it("tell who calls inference from outside that policies keep them out", async () => {
    const balanced = ["--set", "inference.service.type=LoadBalancer"];
    const warning = /who calls from outside of the cluster needs an ipBlock in networkPolicy\.inferenceFrom/;
    assert.match(await notes(...balanced), warning);
    assert.doesNotMatch(await notes(), warning);
    assert.doesNotMatch(await notes(...balanced, "--set", "networkPolicy.enabled=false"), warning);
    assert.doesNotMatch(await scenario("production"), warning); // it has an ipBlock
  });

  it("speak of ReadWriteOnce where the chart makes such volumes, not of claims that are there already", async () => {
    assert.match(await scenario("default"), /Volumes are ReadWriteOnce/);
    assert.doesNotMatch(await scenario("production"), /ReadWriteOnce/);
    assert.doesNotMatch(await scenario("minimal"), /ReadWriteOnce/);
  });
});
