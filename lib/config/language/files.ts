/** The file system as the config loader sees it. `lib/host/files/config-files.ts` has the real one. */
export interface ConfigFiles {
  /** The absolute path, with `~` expanded. */
  resolve(path: string): string;
  /** The text of a file (UTF-8); undefined when there is no such file. */
  read(path: string): string | undefined;
  /** Names of the entries of a folder; empty when there is no such folder, undefined where that is not told. */
  list(folder: string): readonly string[] | undefined;
}

/** A file system held in memory: absolute POSIX paths to texts. */
export function memoryConfigFiles(texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    resolve: (path) => (path.startsWith("/") ? path : `/${path}`),
    read: (path) => (Object.hasOwn(texts, path) ? texts[path] : undefined),
    list(folder) {
      const prefix = folder.endsWith("/") ? folder : `${folder}/`;
      return Object.keys(texts).flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []));
    },
  };
}
