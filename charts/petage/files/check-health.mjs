// Asks each service for its liveness, as the kubelet does, and logs in to NATS as a worker does. It runs in the image's
// own folder, where the packages are.
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath } from "grpc-health-check";
import { connect } from "nats";

const { Health } = loadPackageDefinition(loadSync(protoPath, { enums: String })).grpc.health.v1;

async function check(address) {
  const client = new Health(address, credentials.createInsecure());
  const status = await new Promise((resolve) => {
    client.check({ service: "liveness" }, { deadline: Date.now() + 30_000 }, (error, answer) =>
      resolve(error ? error.message : answer.status),
    );
  });
  client.close();
  return [address, status, status === "SERVING"];
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

const { SERVICES, NATS_URL, NATS_PASSWORD } = process.env;
const services = SERVICES.split(/\s+/).filter(Boolean);
const results = await Promise.all([...services.map(check), login(NATS_URL, NATS_PASSWORD)]);
for (const [address, status] of results) console.log(`${address} ${status}`);
process.exit(results.every(([, , good]) => good) ? 0 : 1);
