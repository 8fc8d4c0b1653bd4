import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Counter, Gauge as Level, Histogram, Registry } from "prom-client";
import { PetageError } from "#lib/base/errors.ts";
import type { Gauge, GaugeOptions, MetricOptions, Metrics } from "#lib/base/metrics.ts";

/** Connections that may read metrics at a time; further ones are closed. */
const MAX_CONNECTIONS = 16;

/** Metrics that can be read. */
export interface ReadableMetrics extends Metrics {
  readonly contentType: string;
  /** All of them, in Prometheus' text format. */
  text(): Promise<string>;
}

/** Metrics for Prometheus; with `process`, those of the process are among them: memory, event loop, collected garbage. */
export function createMetrics({ process = false } = {}): ReadableMetrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter(options) {
      const counter = new Counter(configurationOf(options, registry));
      return { add: (amount, ...labels) => counter.inc(given(labels), amount) };
    },
    gauge<L extends string>({ collect, ...options }: GaugeOptions<L>) {
      const configuration = configurationOf(options, registry);
      const level = new Level({ ...configuration, ...(collect && { collect: () => collect(gauge) }) });
      const gauge: Gauge<L> = {
        set: (value, ...labels) => level.set(given(labels), value),
        reset: () => level.reset(),
      };
      return gauge;
    },
    histogram({ buckets, ...options }) {
      const histogram = new Histogram({ ...configurationOf(options, registry), buckets: [...buckets] });
      return { observe: (value, ...labels) => histogram.observe(given(labels), value) };
    },
  };
}

function configurationOf({ name, help, labels = [] }: MetricOptions<string>, registry: Registry) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function given([labels = {}]: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return labels;
}

/** Serves `/metrics` over HTTP, those of the process included. PORT_IN_USE when another process listens there. */
export async function serveMetrics(
  metrics: ReadableMetrics,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = createServer((request, response) => void answer(metrics, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, `${host}:${port}`)));
    server.listen(port, host, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo; // not a pipe
  return {
    address: address.includes(":") ? `[${address}]:${bound}` : `${address}:${bound}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface MetricsServer extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
}

async function answer(metrics: ReadableMetrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?")[0];
  if (path !== "/metrics" || request.method !== "GET") {
    response.writeHead(404, { "content-type": "text/plain" }).end("Metrics are at /metrics\n");
    return;
  }
  try {
    const text = await metrics.text();
    response.writeHead(200, { "content-type": metrics.contentType }).end(text);
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" }).end(`${PetageError.from(error).message}\n`);
  }
}

function listenError(cause: NodeJS.ErrnoException, address: string): PetageError {
  const taken = cause.code === "EADDRINUSE";
  return new PetageError(
    taken ? "PORT_IN_USE" : "FAILED_PRECONDITION",
    `Cannot serve metrics on ${address}: ${taken ? "another process listens there" : cause.message}`,
    { cause, hint: "Choose another port with PETAGE_METRICS_PORT (0 takes any free one)" },
  );
}
