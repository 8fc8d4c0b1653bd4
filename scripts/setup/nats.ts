import { PetageError } from "#lib/base/errors.ts";
import { installNatsServer } from "../nats-server.ts";
import type { Report } from "./report.ts";

/** Sees to a nats-server; without one everything but training on several processes works. */
export async function setUpNats(report: Report): Promise<string[]> {
  const say = (message: string): void => report.say(message);
  const log = { debug() {}, info: say, warn: say, error: say };
  try {
    const { path, version, how } = await installNatsServer({ log });
    report.say(`nats-server: ${version} (${how})`);
    return [path];
  } catch (error) {
    report.say(`nats-server: not available. ${PetageError.from(error).describe()}`);
    return [];
  }
}
