import type { RingGroup } from "./group.ts";

/**
 * The groups that a worker is a member of, one after another, each of its own generation. An attempt starts processes; a
 * generation is the ranks that average together; a worker is one process, whichever rank it has in them.
 */
export type Membership = AsyncIterable<RingGroup>;

/** One group for as long as the process lives: a lost peer ends the attempt, and the next one has a group of its own. */
export async function* oneGroup(join: () => Promise<RingGroup>): AsyncGenerator<RingGroup, void, undefined> {
  await using group = await join();
  yield group;
}
