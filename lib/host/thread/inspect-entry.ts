import { loadBuild } from "#lib/host/plugins.ts";
import { localInspector, type InspectorThreadSetup } from "./inspector.ts";
import { expose } from "./remote.ts";

expose(async ({ plugins, ...setup }: InspectorThreadSetup) => localInspector(setup, await loadBuild(plugins), true));
