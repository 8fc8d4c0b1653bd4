import assert from "node:assert/strict";
import { createMetrics, serveMetrics } from "#lib/host/metrics.ts";

const HOST = "127.0.0.1";

/** Lines that hold values, without comments. */
function samples(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("metrics", () => {
  it("are read as Prometheus writes them, each with its help and type", async () => {
    const metrics = createMetrics();
    const rejected = metrics.counter({ name: "petage_x_rejected_total", help: "Photos refused.", labels: ["code"] });
    const photos = metrics.counter({ name: "petage_x_photos_total", help: "Photos." });
    const batch = metrics.histogram({ name: "petage_x_batch_size", help: "Photos in a batch.", buckets: [1, 2] });
    rejected.add(2, { code: "IMAGE_EMPTY" });
    rejected.add(1, { code: "IMAGE_EMPTY" });
    photos.add(5);
    batch.observe(2);
    const text = await metrics.text();
    assert.match(text, /^# HELP petage_x_rejected_total Photos refused\.\n# TYPE petage_x_rejected_total counter$/m);
    assert.deepEqual(samples(text), [
      'petage_x_rejected_total{code="IMAGE_EMPTY"} 3',
      "petage_x_photos_total 5",
      'petage_x_batch_size_bucket{le="1"} 0',
      'petage_x_batch_size_bucket{le="2"} 1',
      'petage_x_batch_size_bucket{le="+Inf"} 1',
      "petage_x_batch_size_sum 2",
      "petage_x_batch_size_count 1",
    ]);
  });

  it("a gauge is collected when it is read, and forgets the labels of before", async () => {
    const metrics = createMetrics();
    let phases = ["Running", "Pending"];
    metrics.gauge({
      name: "petage_x_jobs",
      help: "Jobs.",
      labels: ["phase"],
      collect(gauge) {
        gauge.reset();
        for (const phase of phases) gauge.set(1, { phase });
      },
    });
    assert.deepEqual(samples(await metrics.text()), [
      'petage_x_jobs{phase="Running"} 1',
      'petage_x_jobs{phase="Pending"} 1',
    ]);
    phases = ["Succeeded"];
    assert.deepEqual(samples(await metrics.text()), ['petage_x_jobs{phase="Succeeded"} 1']);
  });

  it("are served at /metrics and nowhere else, those of the process included", async () => {
    const metrics = createMetrics({ process: true });
    await using server = await serveMetrics(metrics, { host: HOST, port: 0 });
    const read = (path: string, method = "GET") => fetch(`http://${server.address}${path}`, { method });
    const response = await read("/metrics?now");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^process_resident_memory_bytes \d+$/m);
    for (const [path, method] of [
      ["/", "GET"],
      ["/metrics/", "GET"],
      ["/metrics", "POST"],
    ] as const) {
      assert.equal((await read(path, method)).status, 404, `${method} ${path}`);
    }
  });

  it("tell when their port is taken", async () => {
    const metrics = createMetrics();
    await using server = await serveMetrics(metrics, { host: HOST, port: 0 });
    const port = Number(server.address.split(":").at(-1));
    await assert.rejects(serveMetrics(metrics, { host: HOST, port }), {
      code: "PORT_IN_USE",
      message: new RegExp(`127\\.0\\.0\\.1:${port}`),
    });
  });
});
