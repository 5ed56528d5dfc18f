import { defineRoute, DIRECTORY, type HttpRoute, type Principal, type Services } from "@hotlinejs/core";
import { z } from "zod";
import { ACD, type QueueRules } from "../contract.js";

const key = z.string().min(1).max(64);
const rule = z.string().min(1).max(64);
const version = z.coerce.number().int().min(0);
const changedRule = z.object({ rule: z.string(), by: z.string(), byName: z.string().nullable(), at: z.number() });
const values = z.record(z.string(), z.unknown());
const queueRules = z.object({ queue: z.string(), name: z.string(), version: z.number(), rules: values, configured: values, changed: z.array(changedRule), leftOut: z.array(changedRule.extend({ value: z.unknown(), why: z.string() })) });

function actorOf(principal: Principal | undefined): string {
  return principal?.userId ?? "system";
}

/** With the names of who changed them, as far as the directory knows them. */
async function named(services: Services, { changed, leftOut, ...rules }: QueueRules): Promise<z.input<typeof queueRules>> {
  const people = changed.length + leftOut.length === 0 ? new Map<string, string>() : new Map((await services.optional(DIRECTORY)?.listUsers())?.map(({ id, displayName }) => [id, displayName]));
  const withName = <T extends { readonly by: string }>(change: T) => ({ ...change, byName: people.get(change.by) ?? null });
  return { ...rules, rules: { ...rules.rules }, configured: { ...rules.configured }, changed: changed.map(withName), leftOut: leftOut.map(withName) };
}

export const queueRuleRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/queues/:key/rules",
    permission: "acd.queues.read",
    summary: "The rules of a queue that can be changed while the hotline runs: what counts, what is configured, and which were changed, by whom and when",
    params: z.strictObject({ key }),
    output: queueRules,
    handler: ({ services, params }) => named(services, services.get(ACD).queueRules(params.key)),
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/queues/:key/rules",
    permission: "acd.queues.manage",
    summary: "Changes rules of a queue (`rules`, each as a whole) or sets them back to what is configured (`reset`), at once, also for who waits; `version` as it was read; audited",
    params: z.strictObject({ key }),
    body: z.strictObject({ version: z.int().min(0), rules: values.optional(), reset: z.array(rule).max(100).optional() }),
    output: queueRules,
    handler: async ({ services, params, body: { version: read, rules, reset }, principal }) =>
      named(services, await services.get(ACD).changeQueueRules(params.key, { version: read, ...(rules === undefined ? {} : { rules }), ...(reset === undefined ? {} : { reset }) }, { actor: actorOf(principal) })),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/queues/:key/rules/:rule",
    permission: "acd.queues.manage",
    summary: "Sets one rule of a queue back to what is configured; one that was not changed stays as it is; audited",
    params: z.strictObject({ key, rule }),
    query: z.strictObject({ version }),
    output: queueRules,
    handler: async ({ services, params, query, principal }) => named(services, await services.get(ACD).changeQueueRules(params.key, { version: query.version, reset: [params.rule] }, { actor: actorOf(principal) })),
  }),
];
