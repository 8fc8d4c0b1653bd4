import { expose } from "#lib/host/thread/remote.ts";
import { reachOf } from "./reach.ts";
import type { ReachSettings } from "./reach.ts";
import { resolveRequest } from "./resolve.ts";
import type { ResolverThread } from "./resolver.ts";

expose((settings: ReachSettings): ResolverThread => {
  const reach = reachOf(settings, { quotesFiles: false });
  return { resolve: (request) => resolveRequest(request, { root: settings.PETAGE_ROOT, reach }), ready() {} };
});
