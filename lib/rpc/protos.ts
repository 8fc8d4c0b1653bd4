import { fileURLToPath } from "node:url";
import { loadSync, type Options, type PackageDefinition } from "@grpc/proto-loader";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { defined } from "#lib/base/assert.ts";
import type { ServiceName } from "./contract.ts";

/** Equal to the flags that generate `proto/gen` (scripts/gen.ts): the types are true only then. */
const OPTIONS: Options = {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL("../../proto", import.meta.url))],
};

/** The proto of each service, in petage/v1/. */
export const PROTOS: Readonly<Record<ServiceName, string>> = {
  ControllerService: "controller",
  DataLoaderService: "data_loader",
  EvaluatorService: "evaluator",
  InferenceService: "inference",
  TrainerService: "trainer",
};

let loaded: PackageDefinition | undefined;

/** All protos, read on the first call. */
function packageDefinition(): PackageDefinition {
  loaded ??= loadSync(
    Object.values(PROTOS).map((name) => `petage/v1/${name}.proto`),
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
