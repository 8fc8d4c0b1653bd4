import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { createMetrics } from "#lib/host/metrics.ts";
import { dial } from "#lib/rpc/client.ts";
import { serve } from "#lib/rpc/server.ts";
import { until } from "#test/support/until.ts";
import { cancelled, collect, evaluator, gate } from "./support.ts";

const SERVICE = 'service="petage.v1.EvaluatorService"';

describe("metrics of a server", () => {
  it("count calls by method and the status that the caller gets, and time them", async () => {
    const metrics = createMetrics();
    const reached = gate();
    let calls = 0;
    const service = evaluator({
      async getStatus() {
        if (calls++ === 0) throw new PetageError("CHECKPOINT_MISMATCH", "Another model");
        return {};
      },
      async *evaluate({ checkpointUri }, context) {
        yield { progress: {} };
        if (checkpointUri === "bad") throw new PetageError("NOT_FOUND", "Not there");
        if (checkpointUri === "long") {
          reached.open();
          await cancelled(context);
        }
      },
    });
    await using server = await serve({ port: 0, log: silentLog, metrics, services: [service] });
    await using client = dial(server.address, "EvaluatorService");
    const read = (checkpointUri: string, signal = new AbortController().signal) =>
      collect(client.evaluate({ checkpointUri }, { signal }));

    await assert.rejects(client.getStatus({}));
    await client.getStatus({});
    await client.getStatus({});
    await read("good");
    await assert.rejects(read("bad"));
    const cancel = new AbortController();
    const long = assert.rejects(read("long", cancel.signal));
    await reached.promise;
    cancel.abort();
    await long;

    const expected = [
      `petage_rpc_requests_total{${SERVICE},method="GetStatus",code="FAILED_PRECONDITION"} 1`,
      `petage_rpc_requests_total{${SERVICE},method="GetStatus",code="OK"} 2`,
      `petage_rpc_requests_total{${SERVICE},method="Evaluate",code="OK"} 1`,
      `petage_rpc_requests_total{${SERVICE},method="Evaluate",code="NOT_FOUND"} 1`,
      `petage_rpc_requests_total{${SERVICE},method="Evaluate",code="CANCELLED"} 1`,
      `petage_rpc_request_seconds_count{${SERVICE},method="GetStatus"} 3`,
      `petage_rpc_request_seconds_count{${SERVICE},method="Evaluate"} 3`,
    ];
    let text = "";
    await until("every call is counted", async () => {
      text = await metrics.text();
      return expected.every((line) => text.split("\n").includes(line));
    }).catch((error: unknown) => assert.fail(`${String(error)}\n${text}`));
  });
});
