import { defineRoute, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { ACD } from "../contract.js";

const key = z.string().min(1).max(64);
const rule = z.string().min(1).max(64);
const version = z.coerce.number().int().min(0);
const changedRule = z.object({ rule: z.string(), by: z.string(), at: z.number() });
const values = z.record(z.string(), z.unknown());
const queueRules = z.object({ queue: z.string(), name: z.string(), version: z.number(), rules: values, configured: values, changed: z.array(changedRule), leftOut: z.array(changedRule.extend({ value: z.unknown(), why: z.string() })) });

function actorOf(principal: Principal | undefined): string {
  return principal?.userId ?? "system";
}

export const queueRuleRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/queues/:key/rules",
    permission: "acd.queues.read",
    summary: "The rules of a queue that can be changed while the hotline runs: what counts, what is configured, and which were changed, by whom and when",
    params: z.strictObject({ key }),
    output: queueRules,
    handler: ({ services, params }) => Promise.resolve(services.get(ACD).queueRules(params.key)),
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/queues/:key/rules",
    permission: "acd.queues.manage",
    summary: "Changes rules of a queue (`rules`, each as a whole) or sets them back to what is configured (`reset`), at once, also for who waits; `version` as it was read; audited",
    params: z.strictObject({ key }),
    body: z.strictObject({ version: z.int().min(0), rules: values.optional(), reset: z.array(rule).max(100).optional() }),
    output: queueRules,
    handler: ({ services, params, body: { version: read, rules, reset }, principal }) =>
      services.get(ACD).changeQueueRules(params.key, { version: read, ...(rules === undefined ? {} : { rules }), ...(reset === undefined ? {} : { reset }) }, { actor: actorOf(principal) }),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/queues/:key/rules/:rule",
    permission: "acd.queues.manage",
    summary: "Sets one rule of a queue back to what is configured; one that was not changed stays as it is; audited",
    params: z.strictObject({ key, rule }),
    query: z.strictObject({ version }),
    output: queueRules,
    handler: ({ services, params, query, principal }) => services.get(ACD).changeQueueRules(params.key, { version: query.version, reset: [params.rule] }, { actor: actorOf(principal) }),
  }),
];
