import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { chmod, link, open, readFile, rm, stat } from "node:fs/promises";
import type { Secrets } from "../contracts/data.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import { isFileMissing } from "./database-error.js";

/** A key file as JSON. Old keys stay in it so that what they sealed can be read. */
interface KeyFile {
  /** Id of the key that seals. */
  current: string;
  /** Key id -> 32 octets, base64. */
  keys: Record<string, string>;
  /** 32 octets, base64; stays the same when keys change, or look-ups would find nothing. */
  index: string;
}

interface Keys {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
  readonly index: Buffer;
}

const VERSION = "s1";

/**
 * Seals with AES-256-GCM: `s1.<key id>.<nonce>.<cipher text and tag>`, base64url. Version and key id
 * are authenticated too.
 */
export class KeyFileSecrets implements Secrets {
  #keys: Keys | undefined;

  /** Ids of all keys in the file. */
  get keyIds(): readonly string[] {
    return [...this.#loaded().keys.keys()];
  }

  /** Id of the key that seals. */
  get currentKeyId(): string {
    return this.#loaded().current;
  }

  /**
   * Reads the key file.
   *
   * @param make make it (mode 0600) when it is missing; a file the operator names must be there.
   */
  async load(file: string, make: boolean, log: Logger): Promise<void> {
    let text: string;
    try {
      text = await readOrMake(file, make);
      const { mode } = await stat(file);
      if ((mode & 0o077) !== 0) {
        if (make) await chmod(file, 0o600);
        log.warn({ file }, make ? "the key file was readable by others; its mode is now 0600" : "the key file is readable by other users of this machine");
      }
    } catch (error) {
      throw dataErrors.SECRET_FILE(file, isFileMissing(error) ? "it does not exist" : errorText(error), { cause: error });
    }
    this.#keys = parseKeys(file, text);
  }

  seal(plain: string): string {
    const { current, keys } = this.#loaded();
    const key = keys.get(current);
    if (key === undefined) throw dataErrors.SECRET_UNREADABLE();
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    cipher.setAAD(Buffer.from(`${VERSION}.${current}`));
    const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${current}.${nonce.toString("base64url")}.${sealed.toString("base64url")}`;
  }

  open(sealed: string): string {
    const [version, id, nonceText, text, more] = sealed.split(".");
    const key = this.#loaded().keys.get(id ?? "");
    if (version !== VERSION || key === undefined || nonceText === undefined || text === undefined || more !== undefined) throw dataErrors.SECRET_UNREADABLE();
    const nonce = Buffer.from(nonceText, "base64url");
    const body = Buffer.from(text, "base64url");
    if (nonce.length !== 12 || body.length < 16) throw dataErrors.SECRET_UNREADABLE();
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, nonce);
      decipher.setAAD(Buffer.from(`${VERSION}.${id}`));
      decipher.setAuthTag(body.subarray(body.length - 16));
      return Buffer.concat([decipher.update(body.subarray(0, body.length - 16)), decipher.final()]).toString("utf8");
    } catch (error) {
      throw dataErrors.SECRET_UNREADABLE({ cause: error });
    }
  }

  blindIndex(value: string): string {
    return createHmac("sha256", this.#loaded().index).update(value, "utf8").digest("base64url");
  }

  #loaded(): Keys {
    if (this.#keys === undefined) throw dataErrors.DATA_STATE("not open", "reading secrets");
    return this.#keys;
  }
}

async function readOrMake(file: string, make: boolean): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (!make || !isFileMissing(error)) throw error;
  }
  const id = randomBytes(4).toString("hex");
  const content: KeyFile = { current: id, keys: { [id]: randomBytes(32).toString("base64") }, index: randomBytes(32).toString("base64") };
  // Written beside and linked into place: a crash leaves either no key file or a whole one.
  const temporary = `${file}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(temporary, file);
  await rm(temporary);
  return readFile(file, "utf8");
}

/** JSON as above, or one line with 32 octets in hex or base64 (a mounted secret). */
function parseKeys(file: string, text: string): Keys {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) {
    const key = decodeKey(trimmed);
    if (key === undefined) throw dataErrors.SECRET_FILE(file, "it is neither a key file nor 32 octets in hex or base64");
    const id = createHash("sha256").update(key).digest("hex").slice(0, 8);
    return { current: id, keys: new Map([[id, key]]), index: Buffer.from(hkdfSync("sha256", key, "", "hotline blind index", 32)) };
  }
  let parsed: Partial<KeyFile>;
  try {
    parsed = JSON.parse(trimmed) as Partial<KeyFile>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw dataErrors.SECRET_FILE(file, "it is not JSON");
  }
  const keys = new Map<string, Buffer>();
  for (const [id, value] of Object.entries(parsed.keys ?? {})) {
    const key = typeof value === "string" ? decodeKey(value) : undefined;
    if (key === undefined || !/^[A-Za-z0-9_-]+$/.test(id)) throw dataErrors.SECRET_FILE(file, `key ${id} is not 32 octets`);
    keys.set(id, key);
  }
  const index = typeof parsed.index === "string" ? decodeKey(parsed.index) : undefined;
  if (typeof parsed.current !== "string" || !keys.has(parsed.current)) throw dataErrors.SECRET_FILE(file, "the current key is not among its keys");
  if (index === undefined) throw dataErrors.SECRET_FILE(file, "the index key is not 32 octets");
  return { current: parsed.current, keys, index };
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const key = Buffer.from(text, "base64");
  return key.length === 32 ? key : undefined;
}
