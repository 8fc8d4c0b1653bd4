import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../../../scripts/cluster/binaries.ts";
import { writeBusyboxImage } from "../../../scripts/cluster/image.ts";
import { NODE } from "../../../scripts/cluster/network.ts";
import { clusterSupport } from "../../../scripts/cluster/support.ts";
import { takeDownAbandoned } from "../../../scripts/cluster/teardown.ts";
import { OWNED_CLUSTER, useCluster } from "../../support/cluster.ts";
import { podManifest } from "../../support/pods.ts";
import type { PodStatus } from "../../support/pods.ts";
import { until } from "../../support/until.ts";

const DEADLINE_MS = 60_000;

describe("a cluster of level 3", function () {
  this.timeout(180_000);
  const cluster = useCluster(3);

  const reaches = async (name: string, phase: string): Promise<PodStatus> => {
    let last = "";
    const ready = async (): Promise<PodStatus | undefined> => {
      const pod = await cluster().get<PodStatus>("pod", name);
      last = JSON.stringify(pod.status);
      const isReady = phase !== "Running" || pod.status.containerStatuses?.every((container) => container.ready);
      return pod.status.phase === phase && isReady ? pod : undefined;
    };
    return await until(`${name} is ${phase}`, ready, DEADLINE_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}; it says ${last}`, { cause: error });
    });
  };

  it("runs a container to its end", async () => {
    await cluster().apply(podManifest({ name: "talker", command: ["sh", "-c", "echo hello; id -u; exit 3"] }));
    const { status } = await reaches("talker", "Failed");
    assert.equal(status.containerStatuses?.[0]?.state.terminated?.exitCode, 3);
    assert.equal(await cluster().kubectl(["logs", "talker"]), "hello\n65532\n");
  });

  it("runs a command in a container", async () => {
    await cluster().apply(podManifest({ name: "sleeper", command: ["sleep", "3600"] }));
    await reaches("sleeper", "Running");
    assert.equal(await cluster().kubectl(["exec", "sleeper", "--", "hostname"]), "sleeper\n");
  });

  it("finds a service by its name and by its address", async () => {
    const probe = { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 };
    const serve = 'echo "it works" > /www/index.html; exec httpd -f -p 8080 -h /www';
    const server = podManifest({
      name: "server",
      labels: { app: "server" },
      command: ["sh", "-c", serve],
      container: { readinessProbe: probe, volumeMounts: [{ name: "www", mountPath: "/www" }] },
      volumes: [{ name: "www", emptyDir: {} }],
    });
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { app: "server" }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    await cluster().apply(server, service);
    await reaches("server", "Running");
    const ask = "until wget -q -O - http://web.default.svc.cluster.local; do sleep 0.1; done";
    await cluster().apply(podManifest({ name: "client", command: ["sh", "-c", ask] }));
    await reaches("client", "Succeeded");
    assert.equal(await cluster().kubectl(["logs", "client"]), "it works\n");

    const { spec } = await cluster().get<{ spec: { clusterIP: string } }>("service", "web");
    await using way = await cluster().forward(spec.clusterIP, 80);
    const answer = await fetch(`http://${way.host}:${way.port}/`);
    assert.equal(await answer.text(), "it works\n");
    assert.equal(await cluster().exec(["busybox", "wget", "-q", "-O", "-", `http://${spec.clusterIP}`]), "it works\n");
  });

  it("gives GPUs to pods until there are none left", async () => {
    await cluster().patchGpus(NODE.name, 2);
    const command = ["sleep", "3600"];
    await cluster().apply(podManifest({ name: "gpu-0", gpus: 2, command }));
    await reaches("gpu-0", "Running");
    await cluster().apply(podManifest({ name: "gpu-1", gpus: 1, command }));
    const path = '--output=jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}';
    const why = await until(
      "it says why",
      async () => (await cluster().kubectl(["get", "pod", "gpu-1", path])) || undefined,
    );
    assert.match(why, /Insufficient nvidia\.com\/gpu/);
    await cluster().kubectl(["delete", "pod", "gpu-0", "--now"]);
    await reaches("gpu-1", "Running");
  });

  it("plays fake nodes beside the real one", async () => {
    await cluster().addFakeNodes(1, { gpus: 8 });
    await cluster().apply(podManifest({ name: "fake", gpus: 8 }));
    assert.equal((await reaches("fake", "Running")).spec.nodeName, "fake-0");
    await cluster().kubectl(["delete", "pod/fake", "node/fake-0"]);
  });

  it("runs images that were loaded, under the names that pods use", async () => {
    const folder = mkdtempSync(join(tmpdir(), "petage-image-test-"));
    const busybox = programPath("busybox") ?? "";
    try {
      for (const [name, known] of [
        ["docker.io/local/one:1", "docker.io/local/one:1"],
        ["localhost/local/two:1", "docker.io/local/two:1"],
      ] as const) {
        const file = join(folder, "image.tar");
        await writeBusyboxImage({ file, name, busybox, command: ["/bin/echo", name] });
        assert.deepEqual(await cluster().loadImage(file), [known]);
        const pod = `image-${known.slice("docker.io/local/".length, -2)}`;
        await cluster().apply(podManifest({ name: pod, image: known }));
        await reaches(pod, "Succeeded");
        assert.equal(await cluster().kubectl(["logs", pod]), `${name}\n`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a cluster of level 3 whose owner was killed", function () {
  this.timeout(180_000);

  const usual = [
    "/run/containerd",
    "/run/netns",
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
  ];
  const left = (): string[] => usual.flatMap((path) => (existsSync(path) ? [path, ...readdirSync(path)] : []));

  it("leaves no process, mount, control group or file", async function () {
    if (!(await clusterSupport(3)).available) this.skip();
    const before = left();
    const owner = fork(OWNED_CLUSTER, ["3"], { execArgv: ["--import", "tsx"] });
    const [{ folder, number }] = (await once(owner, "message")) as [{ folder: string; number: number }];
    const uses = (): string[] => processesThatName(folder);
    assert.ok(uses().length >= 8, uses().join("\n"));
    owner.kill("SIGKILL");
    await once(owner, "exit"); // its last thread: its processes end with the first
    await until("its processes are gone", () => uses().length === 0);
    await takeDownAbandoned();
    assert.ok(!existsSync(folder));
    const groups = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`);
    const own = ["/sys/fs/cgroup", ...groups].filter((group) => existsSync(`${group}/petage-cluster-${number}`));
    assert.deepEqual(own, []);
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(`${folder}/`));
    assert.deepEqual(left(), before);
  });
});

/** The command lines that hold a folder's name: a cluster's processes have its configuration there. */
function processesThatName(folder: string): string[] {
  const lines = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid));
  return lines.filter((line) => line.includes(`${folder}/`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has just ended
  }
}
