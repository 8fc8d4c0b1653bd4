import { fileURLToPath } from "node:url";
import { loadSync, type Options, type PackageDefinition } from "@grpc/proto-loader";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { defined } from "#lib/base/assert.ts";
import type { ServiceName } from "./contract.ts";

/** Equal to the flags that generate `proto/gen` (proto/README.md): the types are true only then. */
const OPTIONS: Options = {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL("../../proto", import.meta.url))],
};

const FILES = ["controller", "data_loader", "evaluator", "inference", "trainer"];

let loaded: PackageDefinition | undefined;

/** All protos, read on the first call. */
export function packageDefinition(): PackageDefinition {
  loaded ??= loadSync(
    FILES.map((name) => `petage/v1/${name}.proto`),
    OPTIONS,
  );
  return loaded;
}

/** The name of a service on the wire. */
export function fullName(service: ServiceName): string {
  return `petage.v1.${service}`;
}

export function serviceDefinition(service: ServiceName): ServiceDefinition {
  // The loader's type does not tell services from messages.
  return defined(packageDefinition()[fullName(service)], `the definition of ${service}`) as ServiceDefinition;
}
