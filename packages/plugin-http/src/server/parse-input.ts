import type { z } from "zod";
import { httpErrors } from "../errors.js";

/** One thing that does not fit, with its place: `query.limit`, `body.users.0.name`. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks one part of the input.
 *
 * @throws HTL_HTTP_BAD_INPUT with all issues in the details
 */
export async function parseInput(part: "params" | "query" | "body", schema: z.ZodType | undefined, value: unknown): Promise<unknown> {
  if (schema === undefined) return part === "body" ? undefined : value;
  const parsed = await schema.safeParseAsync(value);
  if (parsed.success) return parsed.data;
  const issues = describeIssues(part, parsed.error);
  throw httpErrors.BAD_INPUT(issues.slice(0, 5).map((issue) => `${issue.path}: ${issue.message}`).join("; "), { details: { issues } });
}

export function describeIssues(prefix: string, error: z.ZodError): InputIssue[] {
  return error.issues.slice(0, 50).map((issue) => ({ path: [prefix, ...issue.path.map(String)].join("."), message: issue.message }));
}
