import { createGroup } from "#lib/collective/group.ts";
import type { GroupOptions, RingGroup } from "#lib/collective/group.ts";
import { systemClock } from "#lib/system/clock.ts";

import type { Nats } from "./connect.ts";
import { openNatsLink } from "./nats-link.ts";
import type { NatsLinkOptions } from "./nats-link.ts";

export interface JoinOptions
  extends Omit<GroupOptions, "link" | "clock">, Pick<NatsLinkOptions, "job" | "windowBytes" | "messageBytes"> {
  /** Not needed by a group of one. */
  readonly nats?: Nats;
}

/** The group of a rank over NATS: disposing it leaves the ring and closes the link, but not the connection. */
export async function joinRing({ nats, ...options }: JoinOptions): Promise<RingGroup> {
  const group = { ...options, clock: systemClock };
  if (options.size === 1 || !nats) return createGroup(group);
  return createGroup({ ...group, link: await openNatsLink({ ...options, nats }) });
}
