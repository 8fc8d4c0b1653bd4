/** Types, source maps, sources that were compiled, and texts for people who write code. */
const UNREAD_FILE = /\.(map|[cm]?ts|tsx|tsbuildinfo|flow|md|markdown|html|css|yml|cc|cpp|c|h|hpp|gypi?|a|o)$/i;
const LICENCE = /licen[cs]e|notice|copying/i;
/** tfjs comes in a dozen bundles, of which Node takes one. */
const TFJS_BUNDLE = /@tensorflow\/tfjs(-(backend-[a-z]+|converter|core|data|layers))?\/(dist|src)\/.*\./;
const TFJS_READ = /\/dist\/[^/]+\.(node\.js|wasm)$/;
/** Binaries for other systems that packages bring along: `prebuilds/win32-x64/`, also with a name before it. */
const PREBUILT = /\/prebuilds\/([^/]+)\//;

/** Whether a file of `node_modules`, named by its path, is of no use on this system at run time. Licences always are. */
export function isUnread(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (LICENCE.test(name)) return false;
  const prebuiltFor = PREBUILT.exec(path)?.[1];
  if (prebuiltFor !== undefined && !prebuiltFor.endsWith(`${process.platform}-${process.arch}`)) return true;
  if (TFJS_BUNDLE.test(path)) return !TFJS_READ.test(path);
  return UNREAD_FILE.test(name);
}
