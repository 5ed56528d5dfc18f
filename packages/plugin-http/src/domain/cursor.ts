import { httpErrors } from "../errors.js";

/** Place in a list sorted by time, then id. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.at, cursor.id])).toString("base64url");
}

/** @throws HTL_HTTP_BAD_CURSOR */
export function decodeCursor(text: string): Cursor {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    throw httpErrors.BAD_CURSOR({ cause });
  }
  if (Array.isArray(value) && value.length === 2) {
    const [at, id] = value as unknown[];
    if (Number.isSafeInteger(at) && typeof id === "string" && id.length <= 64) return { at: at as number, id };
  }
  throw httpErrors.BAD_CURSOR();
}
