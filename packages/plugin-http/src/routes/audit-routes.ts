import { AUDIT, AUDIT_WORDS, CLOCK, defineRoute, DIRECTORY, READ_POOL, type Audit, type HttpRoute, type Principal, type Services } from "@hotlinejs/core";
import { z } from "zod";
import { maskNumbersIn } from "../domain/mask-numbers.js";
import { AuditReads, type AuditView } from "../services/audit-reads.js";
import { instant, PERSONAL } from "./shared-input.js";

export const AUDIT_READ = "core.audit.read";

/** A walk over the whole chain under way, for all who ask meanwhile: of millions of rows it takes seconds. */
const walks = new WeakMap<Audit, ReturnType<Audit["verify"]>>();

function verified(audit: Audit): ReturnType<Audit["verify"]> {
  const walking = walks.get(audit);
  if (walking !== undefined) return walking;
  const walk = audit.verify().finally(() => walks.delete(audit));
  walks.set(audit, walk);
  return walk;
}

const entry = z.object({
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
});

/** Rows as this person may see them. */
async function shown(services: Services, principal: Principal | undefined, rows: readonly AuditView[]): Promise<z.output<typeof entry>[]> {
  const people = new Map((await services.optional(DIRECTORY)?.listUsers())?.map((user) => [user.id, user.displayName]));
  const full = principal?.permissions.has(PERSONAL) === true;
  return rows.map((row) => ({
    ...row,
    actorName: people.get(row.actor) ?? null,
    ...(full ? {} : { details: maskNumbersIn(row.details), subject: row.subject && { type: row.subject.type, id: String(maskNumbersIn(row.subject.id)) } }),
  }));
}

const term = { name: z.string(), title: z.string(), titleEn: z.string() };

export const auditRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/audit",
    permission: AUDIT_READ,
    summary: "Who did what, newest first. Telephone numbers are masked unless one may see those of citizens",
    query: z.strictObject({
      from: instant.optional(),
      to: instant.optional(),
      /** User id, `system`, `plugin:<name>` or `citizen`; with a colon at its end all that begin so: `plugin:`. */
      actor: z.string().min(1).max(100).optional(),
      /** An action; with a dot at its end all that begin so: `auth.failed`, `sip.`. */
      action: z.string().min(1).max(100).optional(),
      subjectType: z.string().min(1).max(100).optional(),
      subjectId: z.string().min(1).max(200).optional(),
      outcome: z.enum(["done", "vetoed", "refused", "failed"]).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().min(1).max(200).optional(),
    }),
    output: z.object({ items: z.array(entry), next: z.string().nullable() }),
    handler: async ({ services, query, principal }) => {
      const { items, next } = await new AuditReads(services.get(READ_POOL)).list(query);
      return { items: await shown(services, principal, items), next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/audit/verify",
    permission: AUDIT_READ,
    summary: "Walks the chain of seals from its beginning: whether it holds, or the number of the first row that was changed, taken out or put in, and that row",
    output: z.object({
      ok: z.boolean(),
      /** Sealed rows, all of them as they were written; with a broken chain those before the break. */
      rows: z.number(),
      brokenAt: z.number().nullable(),
      /** What stands at the break now; `null` where the row was taken out. */
      broken: entry.nullable(),
      /** Rows of the last second or so, which have no seal yet. */
      unsealed: z.number(),
      checkedAt: z.number(),
    }),
    handler: async ({ services, principal }) => {
      const reads = new AuditReads(services.get(READ_POOL));
      const result = await verified(services.get(AUDIT));
      const broken = result.ok ? undefined : await reads.sealed(result.brokenAt);
      return {
        ok: result.ok,
        rows: result.ok ? result.rows : result.brokenAt - 1,
        brokenAt: result.ok ? null : result.brokenAt,
        broken: broken === undefined ? null : ((await shown(services, principal, [broken]))[0] ?? null),
        unsealed: await reads.unsealed(),
        checkedAt: services.get(CLOCK).now(),
      };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/audit/words",
    permission: AUDIT_READ,
    summary: "What the codes of the audit mean: words for actions and subjects, and the people who may stand as actors",
    output: z.object({
      actors: z.array(z.object({ id: z.string(), name: z.string() })),
      actions: z.array(z.object(term)),
      /** `page`: path of a console page about one, with `:id` in it or without. */
      subjects: z.array(z.object({ ...term, page: z.string().optional() })),
    }),
    handler: async ({ services }) => {
      const users = (await services.optional(DIRECTORY)?.listUsers()) ?? [];
      const { actions, subjects } = services.get(AUDIT_WORDS);
      return { actors: users.map(({ id, displayName }) => ({ id, name: displayName })), actions: [...actions], subjects: [...subjects] };
    },
  }),
];
