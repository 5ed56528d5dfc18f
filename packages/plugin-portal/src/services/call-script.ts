import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

/** The built script of the call page, named after its content. */
export class CallScript {
  private constructor(
    readonly file: string,
    readonly bytes: Buffer,
    readonly packed: Buffer,
  ) {}

  get path(): string {
    return `/portal/assets/${this.file}`;
  }

  /** `undefined`: it was not built, and citizens are told whom to call. */
  static async load(from: URL): Promise<CallScript | undefined> {
    try {
      const bytes = await readFile(from);
      return new CallScript(`call.${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.js`, bytes, await compress(bytes, { level: 9 }));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}
