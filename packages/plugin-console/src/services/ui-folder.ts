import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

/** What may be served, with its type. Anything else in the folder is left alone. */
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wav": "audio/wav",
};
const COMPRESSED = new Set([".js", ".css", ".svg"]);

export interface UiFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same with gzip, where that helps. */
  readonly gzip: Buffer | undefined;
}

/** Built files of one plugin, kept in memory, under one hash: as long as nothing changes, browsers keep them for good. */
export class UiFolder {
  private constructor(
    readonly hash: string,
    private readonly files: ReadonlyMap<string, UiFile>,
  ) {}

  /** `undefined` when there is no such folder, or nothing in it. */
  static async load(folder: URL): Promise<UiFolder | undefined> {
    const root = fileURLToPath(folder);
    const names = await filesBelow(root);
    if (names.length === 0) return undefined;
    const digest = createHash("sha256");
    const files = new Map<string, UiFile>();
    for (const name of names.sort()) {
      const extension = extname(name);
      const type = TYPES[extension];
      if (type === undefined) continue;
      const bytes = await readFile(join(root, name));
      digest.update(name).update("\0").update(String(bytes.length)).update("\0").update(bytes);
      files.set(name, { type, bytes, gzip: COMPRESSED.has(extension) ? await compress(bytes, { level: 9 }) : undefined });
    }
    return new UiFolder(digest.digest("base64url").slice(0, 12), files);
  }

  file(name: string): UiFile | undefined {
    return this.files.get(name);
  }

  has(name: string): boolean {
    return this.files.has(name);
  }

  /** A script and everything it imports at once (not what it loads later), itself first. */
  closure(script: string): readonly string[] {
    const found = new Set<string>();
    const visit = (name: string): void => {
      const file = this.files.get(name);
      if (file === undefined || found.has(name)) return;
      found.add(name);
      // Built by esbuild: static imports are `from"./x.js"` or `import"./x.js"`; dynamic ones have a parenthesis.
      for (const [, imported] of file.bytes.toString("utf8").matchAll(/(?:from|import)\s*"\.\/([\w./-]+\.js)"/g)) if (imported !== undefined) visit(imported);
    };
    visit(script);
    return [...found];
  }
}

async function filesBelow(root: string, prefix = ""): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(join(root, prefix), { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    throw error;
  }
  const nested = await Promise.all(entries.map((entry) => (entry.isDirectory() ? filesBelow(root, `${prefix}${entry.name}/`) : entry.isFile() ? [`${prefix}${entry.name}`] : [])));
  return nested.flat();
}
