import type { Page } from "@hotlinejs/core";
import { z } from "zod";

export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
export const pageQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(200), cursor: z.string().max(64).optional() });

/** The page of a list sorted by key that comes after a key. */
export function page<T>(items: readonly T[], key: (item: T) => string, query: Pick<z.output<typeof pageQuery>, "limit" | "cursor">): Page<T> {
  const sorted = [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const { cursor } = query;
  const rest = cursor === undefined ? sorted : sorted.filter((item) => key(item) > cursor);
  const shown = rest.slice(0, query.limit);
  const last = shown.at(-1);
  return { items: shown, next: rest.length > shown.length && last !== undefined ? key(last) : null };
}

/** A list that is short by nature: always whole. */
export const wholeOf = <T>(items: readonly T[]): { items: T[]; next: null } => ({ items: [...items], next: null });
