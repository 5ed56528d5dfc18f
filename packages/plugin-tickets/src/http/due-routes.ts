import { Readable } from "node:stream";
import { z } from "zod";
import { BLOBS, defineRoute } from "@hotlinejs/core";
import type { HttpContent, HttpRoute, Principal, Services } from "@hotlinejs/core";
import { TICKETS } from "../contract.js";
import type { TicketView } from "../contract.js";
import { servedType } from "../domain/served-type.js";
import { errors } from "../errors.js";
import { confidentialOnly, mayFind, PERSONAL, READ } from "../ticket-scope.js";
import { URGE } from "../tickets-service.js";
import { TICKET_READER } from "./ticket-routes.js";

const idParams = z.object({ id: z.string().min(1).max(64) });
const urgingParams = idParams.extend({ urgingId: z.string().min(1).max(64) });
const attachmentParams = idParams.extend({ attachmentId: z.string().min(1).max(64) });

const urgeBody = z.strictObject({
  text: z.string().trim().min(1).max(500),
  /** Epoch ms or ISO 8601 with offset; left out: now. */
  at: z.union([z.number().int().nonnegative(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]).optional(),
  idempotencyKey: z.string().min(1).max(100).optional(),
});

/** The ticket, if it exists for this person. */
async function found(services: Services, id: string, principal: Principal | undefined): Promise<TicketView> {
  const view = await services.get(TICKET_READER).view(/^\d{12}$/.test(id) ? { serial: id } : { id });
  if (view === undefined || !mayFind(view, principal)) throw errors.NOT_FOUND(id);
  return view;
}

/** Due day, urging and files of a ticket. */
export const dueRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/tickets/:id/due",
    permission: READ,
    summary: "Why a ticket is due when it is: calendar, rule, pauses, day by day",
    params: idParams,
    async handler({ params, services, principal }) {
      const view = await found(services, params.id, principal);
      return services.get(TICKETS).due(view.id);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/tickets/:id/urgings",
    permission: URGE,
    summary: "Urges whoever handles a ticket, now or at a time",
    params: idParams,
    body: urgeBody,
    async handler({ params, body, services, principal }) {
      const view = await found(services, params.id, principal);
      const actor = principal?.userId ?? "unknown";
      const { idempotencyKey, ...rest } = body;
      const urging = await services.get(TICKETS).urge({
        ticketId: view.id,
        actor,
        ...(principal === undefined ? {} : { principal }),
        ...rest,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey: `${actor}:${idempotencyKey}` }),
      });
      return { kind: "reply", status: 201, body: urging };
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/tickets/:id/urgings/:urgingId",
    permission: URGE,
    summary: "Takes back an urging that was planned by hand",
    params: urgingParams,
    async handler({ params, services, principal }) {
      const view = await found(services, params.id, principal);
      await services.get(TICKETS).withdrawUrging(view.id, params.urgingId, principal?.userId ?? "unknown");
      return { kind: "reply", status: 204 };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/tickets/:id/attachments/:attachmentId",
    permission: READ,
    summary: "A file of a ticket",
    params: attachmentParams,
    async handler({ params, services, principal }): Promise<HttpContent> {
      const view = await found(services, params.id, principal);
      // A citizen's papers, and the letter as it came, show who it is.
      const needed = confidentialOnly(view, principal) ?? (principal?.permissions.has(PERSONAL) === true ? undefined : PERSONAL);
      if (needed !== undefined) throw errors.FORBIDDEN(needed);
      const file = await services.get(TICKET_READER).file(view.id, params.attachmentId);
      const blobs = services.get(BLOBS);
      const info = file === undefined ? undefined : await blobs.info(file.reference);
      if (file === undefined || info === undefined) throw errors.NO_ATTACHMENT(params.attachmentId);
      return {
        kind: "content",
        contentType: servedType(file.contentType ?? ""),
        size: info.size,
        fileName: file.fileName ?? file.reference,
        etag: `"${info.sha256}"`,
        headers: { "x-content-type-options": "nosniff", "content-security-policy": "sandbox" },
        open: (start, end) => Readable.from(pump(() => blobs.open(file.reference, { start, end })), { objectMode: false }),
      };
    },
  }),
];

async function* pump(open: () => Promise<Readable>): AsyncGenerator<Buffer> {
  yield* await open();
}
