import { status } from "@grpc/grpc-js";
import { SECONDS_BUCKETS, type Counter, type Histogram, type Metrics } from "#lib/base/metrics.ts";

/** Counts the calls of a server, and how long they took. */
export class CallMetrics {
  readonly #requests: Counter<"service" | "method" | "code">;
  readonly #seconds: Histogram<"service" | "method">;

  constructor(metrics: Metrics) {
    this.#requests = metrics.counter({
      name: "petage_rpc_requests_total",
      help: "Calls that ended, by their gRPC status.",
      labels: ["service", "method", "code"],
    });
    this.#seconds = metrics.histogram({
      name: "petage_rpc_request_seconds",
      help: "Time from a call to its end, in seconds; a stream counts as one call.",
      labels: ["service", "method"],
      buckets: SECONDS_BUCKETS,
    });
  }

  /** Counts a call to a method, whose path is `/service/method`, once it is answered. */
  async count(path: string, answer: () => Promise<status>): Promise<void> {
    const [, service = "", method = ""] = path.split("/");
    const startMs = performance.now();
    const code = await answer();
    this.#requests.add(1, { service, method, code: status[code] });
    this.#seconds.observe((performance.now() - startMs) / 1000, { service, method });
  }
}
