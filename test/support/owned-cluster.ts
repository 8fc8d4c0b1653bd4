/** Starts a cluster of level 1, says where it is, and waits to be killed. For tests of what is left behind then. */
import { startCluster } from "../../scripts/cluster/start.ts";

const { folder } = await startCluster({ level: 1 });
process.send?.({ folder });
