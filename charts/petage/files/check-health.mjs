// Asks each service for its liveness, over TLS where that is on, and logs in to NATS as a worker does. It runs in the
// image's own folder, where the packages are. What fails is tried again for half a minute: nodes learn of a Service's new
// endpoints a moment after its pods are ready.
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath } from "grpc-health-check";
import { connect } from "nats";

const PAUSE_MS = 1000;

const { Health } = loadPackageDefinition(loadSync(protoPath, { enums: String })).grpc.health.v1;

async function check(address) {
  const client = new Health(address, channelCredentials());
  const status = await new Promise((resolve) => {
    client.check({ service: "liveness" }, { deadline: Date.now() + 10_000 }, (error, answer) =>
      resolve(error ? error.message : answer.status),
    );
  });
  client.close();
  return [address, status, status === "SERVING"];
}

function channelCredentials() {
  const { TLS } = process.env;
  if (TLS === undefined) return credentials.createInsecure();
  const [ca, key, cert] = ["ca.crt", "tls.key", "tls.crt"].map((file) => readFileSync(`${TLS}/${file}`));
  return credentials.createSsl(ca, key, cert);
}

async function login(url, password) {
  const user = password === undefined ? {} : { user: "worker", pass: password };
  const tls = url.startsWith("tls:") ? { tls: {} } : {};
  try {
    const connection = await connect({ servers: new URL(url).host, timeout: 10_000, ...user, ...tls });
    await connection.close();
    return [url, "CONNECTED", true];
  } catch (error) {
    return [url, error.message, false];
  }
}

const { SERVICES, NATS_URL, NATS_PASSWORD, PATIENCE_MS = "30000" } = process.env;
const endMs = performance.now() + Number(PATIENCE_MS);

async function repeated(attempt) {
  for (;;) {
    const result = await attempt();
    const [, , good] = result;
    if (good || performance.now() > endMs) return result;
    await wait(PAUSE_MS);
  }
}

const services = SERVICES.split(/\s+/).filter(Boolean);
const checks = [...services.map((address) => () => check(address)), () => login(NATS_URL, NATS_PASSWORD)];
const results = await Promise.all(checks.map(repeated));
for (const [address, status] of results) console.log(`${address} ${status}`);
process.exit(results.every(([, , good]) => good) ? 0 : 1);
