import { readFileSync } from "node:fs";
import { ReflectionService } from "@grpc/reflection";
import type { ServiceName } from "./contract.ts";
import { PROTOS } from "./protos.ts";

/**
 * Reflection v1 and v1alpha of a server's services, health and reflection, so that grpcurl and its like need no proto
 * files. `npm run gen` has buf make the descriptors: those that proto-loader makes of what it has loaded name no imports
 * and no packages, which Go's protobuf refuses.
 */
export function reflection(services: readonly ServiceName[]): ReflectionService {
  const fileDescriptorProtos = ["standard", ...services.map((name) => PROTOS[name])].flatMap(readSet);
  return new ReflectionService({
    all: { format: "Protocol Buffer 3 DescriptorProto", type: {}, fileDescriptorProtos },
  });
}

/** The files of a FileDescriptorSet, which is one field again and again: a tag of one byte, a length, a file. */
function readSet(name: string): Buffer[] {
  const set = readFileSync(new URL(`../../proto/gen/descriptors/${name}.binpb`, import.meta.url));
  const files: Buffer[] = [];
  let at = 0;
  while (at < set.length) {
    let [length, shift, byte] = [0, 0, 0x80];
    for (at += 1; byte > 0x7f; shift += 7) {
      byte = set.readUInt8(at++);
      length += (byte & 0x7f) << shift;
    }
    files.push(set.subarray(at, (at += length)));
  }
  return files;
}
