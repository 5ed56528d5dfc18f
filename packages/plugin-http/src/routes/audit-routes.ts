import { AUDIT, CLOCK, defineRoute, DIRECTORY, READ_POOL, type Audit, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { maskNumbersIn } from "../domain/mask-numbers.js";
import { AuditReads } from "../services/audit-reads.js";
import { instant, PERSONAL } from "./shared-input.js";

const permission = "core.audit.read";

/** A walk over the whole chain under way, for all who ask meanwhile: of millions of rows it takes seconds. */
const walks = new WeakMap<Audit, ReturnType<Audit["verify"]>>();

function verified(audit: Audit): ReturnType<Audit["verify"]> {
  const walking = walks.get(audit);
  if (walking !== undefined) return walking;
  const walk = audit.verify().finally(() => walks.delete(audit));
  walks.set(audit, walk);
  return walk;
}

export const auditRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/audit",
    permission,
    summary: "Who did what, newest first. Telephone numbers are masked unless one may see those of citizens",
    query: z.strictObject({
      from: instant.optional(),
      to: instant.optional(),
      /** User id, `system`, `plugin:<name>` or `citizen`. */
      actor: z.string().min(1).max(100).optional(),
      /** Beginning of the action: `sip.`, `auth.failed`. */
      action: z.string().min(1).max(100).optional(),
      subjectType: z.string().min(1).max(100).optional(),
      subjectId: z.string().min(1).max(200).optional(),
      outcome: z.enum(["done", "vetoed", "refused", "failed"]).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().min(1).max(200).optional(),
    }),
    output: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          at: z.number(),
          actor: z.string(),
          /** Of a person the directory knows. */
          actorName: z.string().nullable(),
          action: z.string(),
          subject: z.object({ type: z.string(), id: z.string() }).nullable(),
          details: z.unknown(),
          outcome: z.string(),
          /** Place in the chain and seal of this row (SHA-256 over it and the seal before); `null` while it is not sealed yet. */
          seal: z.object({ number: z.number(), hash: z.string() }).nullable(),
        }),
      ),
      next: z.string().nullable(),
    }),
    handler: async ({ services, query, principal }) => {
      const { items, next } = await new AuditReads(services.get(READ_POOL)).list(query);
      const people = new Map((await services.optional(DIRECTORY)?.listUsers())?.map((user) => [user.id, user.displayName]));
      const full = principal?.permissions.has(PERSONAL) === true;
      return {
        items: items.map((item) => ({
          ...item,
          actorName: people.get(item.actor) ?? null,
          ...(full ? {} : { details: maskNumbersIn(item.details), subject: item.subject && { type: item.subject.type, id: String(maskNumbersIn(item.subject.id)) } }),
        })),
        next,
      };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/audit/verify",
    permission,
    summary: "Walks the chain of seals from its beginning: whether it holds, or the number of the first row that was changed, taken out or put in",
    output: z.object({
      ok: z.boolean(),
      /** Sealed rows, all of them as they were written; with a broken chain those before the break. */
      rows: z.number(),
      brokenAt: z.number().nullable(),
      /** Rows of the last second or so, which have no seal yet. */
      unsealed: z.number(),
      checkedAt: z.number(),
    }),
    handler: async ({ services }) => {
      const result = await verified(services.get(AUDIT));
      return {
        ok: result.ok,
        rows: result.ok ? result.rows : result.brokenAt - 1,
        brokenAt: result.ok ? null : result.brokenAt,
        unsealed: await new AuditReads(services.get(READ_POOL)).unsealed(),
        checkedAt: services.get(CLOCK).now(),
      };
    },
  }),
];
