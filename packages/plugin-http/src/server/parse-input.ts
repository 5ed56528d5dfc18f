import type { z } from "zod";
import { httpErrors } from "../errors.js";

/** One thing that does not fit, with its place: `query.limit`, `body.users.0.name`. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks one part of the input. Text with U+0000 or half a surrogate pair fits nowhere: no database takes it.
 *
 * @throws HTL_HTTP_BAD_INPUT with all issues in the details
 */
export async function parseInput(part: "params" | "query" | "body", schema: z.ZodType | undefined, value: unknown): Promise<unknown> {
  const place = findUnstorable(part, value);
  if (place !== undefined) throw refuse([{ path: place, message: "U+0000 and halves of surrogate pairs are not allowed in text" }]);
  if (schema === undefined) return part === "body" ? undefined : value;
  const parsed = await schema.safeParseAsync(value);
  if (parsed.success) return parsed.data;
  throw refuse(describeIssues(part, parsed.error));
}

function refuse(issues: readonly InputIssue[]): Error {
  return httpErrors.BAD_INPUT(issues.slice(0, 5).map((issue) => `${issue.path}: ${issue.message}`).join("; "), { details: { issues } });
}

/** `u`: whole pairs are one character and no match. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Place of the first text that cannot be stored. A list instead of recursion: a body may be nested deeper than the stack, and its path is not told in full. */
function findUnstorable(part: string, value: unknown): string | undefined {
  const todo: (readonly [path: string, value: unknown])[] = [[part, value]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [path, found] = next;
    if (typeof found === "string" && UNSTORABLE.test(found)) return path;
    if (typeof found !== "object" || found === null) continue;
    for (const [key, child] of Object.entries(found)) {
      if (UNSTORABLE.test(key)) return path;
      todo.push([path.length < 200 ? `${path}.${key}` : path, child]);
    }
  }
  return undefined;
}

export function describeIssues(prefix: string, error: z.ZodError): InputIssue[] {
  return error.issues.slice(0, 50).map((issue) => ({ path: [prefix, ...issue.path.map(String)].join("."), message: issue.message }));
}
