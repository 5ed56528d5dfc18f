import { errors } from "../errors.js";

/** Where a page of a list ends: the sort key and the id of its last row. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

export function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString("base64url");
}

/** @throws HTL_CALLBACKS_BAD_CURSOR */
export function decodeCursor(cursor: string): Cursor {
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    if (typeof at === "number" && typeof id === "string") return { at, id };
  } catch {
    // Not one of ours: refused below.
  }
  throw errors.BAD_CURSOR();
}
