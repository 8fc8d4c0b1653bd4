/** Starts a cluster of the level given to it, says where it is, and waits to be killed. */
import { startCluster } from "../../scripts/cluster/start.ts";
import { LEVELS } from "../../scripts/cluster/tools.ts";

const level = LEVELS.find((each) => String(each) === process.argv[2]) ?? 1;
const { folder, number } = await startCluster({ level });
process.send?.({ folder, number });
