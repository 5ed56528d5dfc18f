import { z } from "zod";
import { defineRoute, token } from "@hotlinejs/core";
import type { HttpRoute, Principal } from "@hotlinejs/core";
import { CALLBACKS } from "../contract.js";
import type { CallbackTask } from "../contract.js";
import { maskNumber } from "../domain/phone-number.js";
import { errors } from "../errors.js";
import { CALL, MANAGE, READ } from "../permissions.js";
import { taskView } from "../services/callback-store.js";
import type { CallbackStore } from "../services/callback-store.js";

/** For the routes of this plugin only. */
export const CALLBACK_STORE = token<CallbackStore>("callbacks.store");

const id = z.object({ id: z.string().min(1).max(64) });
const status = z.enum(["open", "kept", "calling", "uncertain", "closed"]);
const text = (most: number) => z.string().trim().min(1).max(most);

/** Whoever may call sees the number; others recognise it. */
function shown(task: CallbackTask, principal: Principal | undefined): CallbackTask {
  return principal?.permissions.has(CALL) === true ? task : { ...task, number: maskNumber(task.number) };
}

export const callbackRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/callbacks",
    permission: READ,
    summary: "Citizens to be called back, the earliest due first",
    query: z.strictObject({
      /** Several by comma. Default: what is not closed. */
      status: z
        .string()
        .transform((value) => value.split(","))
        .pipe(z.array(status))
        .default(["open", "kept", "calling", "uncertain"]),
      reason: text(20).optional(),
      queue: text(64).optional(),
      /** Epoch ms: due before then, for what is overdue. */
      dueBefore: z.coerce.number().int().nonnegative().optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(200).optional(),
    }),
    async handler({ query, services, principal }) {
      const page = await services.get(CALLBACK_STORE).page(query);
      return { items: page.items.map((row) => shown(taskView(row), principal)), next: page.next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/callbacks/:id",
    permission: READ,
    summary: "One callback",
    params: id,
    async handler({ params, services, principal }) {
      const task = await services.get(CALLBACKS).get(params.id);
      if (task === undefined) throw errors.NOT_FOUND(params.id);
      return shown(task, principal);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/callbacks/:id/attempts",
    permission: READ,
    summary: "Its attempts, oldest first",
    params: id,
    async handler({ params, services }) {
      const callbacks = services.get(CALLBACKS);
      if ((await callbacks.get(params.id)) === undefined) throw errors.NOT_FOUND(params.id);
      return { items: await callbacks.attempts(params.id), next: null };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/callbacks",
    permission: MANAGE,
    summary: "Notes a citizen's wish to be called back; an open one of the number is taken up",
    body: z.strictObject({ number: text(30), queue: text(64).optional(), note: text(500).optional(), interactionId: text(64).optional(), ticketId: text(64).optional(), at: z.number().int().nonnegative().optional() }),
    async handler({ body, services, principal }) {
      const task = await services.get(CALLBACKS).create({ ...body, actor: principal?.userId ?? "unknown" });
      return { kind: "reply", status: 201, headers: { location: `/api/callbacks/${task.id}` }, body: shown(task, principal) };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/callbacks/:id/call",
    permission: CALL,
    summary: "Rings your phone, then calls the citizen",
    params: id,
    body: z.strictObject({ /** The citizen asked to be called at this time: quiet hours do not count. */ onRequest: z.boolean().optional() }).optional(),
    async handler({ params, body, services, principal }) {
      const agent = principal?.agentNumber;
      if (principal === undefined || agent === undefined) throw errors.NO_AGENT_NUMBER();
      const begun = await services.get(CALLBACKS).call(params.id, { agent, actor: principal.userId, ...(body?.onRequest === undefined ? {} : { onRequest: body.onRequest }) });
      return { kind: "reply", status: 202, body: begun };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/callbacks/:id/close",
    permission: MANAGE,
    summary: "Closes it by hand",
    params: id,
    body: z.strictObject({ result: z.enum(["reached", "no-answer", "busy", "declined", "unreachable", "refused", "not-needed", "given-up"]), note: text(500).optional() }),
    async handler({ params, body, services, principal }) {
      return shown(await services.get(CALLBACKS).close(params.id, { ...body, actor: principal?.userId ?? "unknown" }), principal);
    },
  }),
];
