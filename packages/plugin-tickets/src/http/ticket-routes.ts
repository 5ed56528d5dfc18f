import { z } from "zod";
import { defineRoute, DIRECTORY, READ_POOL, token } from "@hotlinejs/core";
import type { HttpRoute, Services } from "@hotlinejs/core";
import { TICKETS } from "../contract.js";
import { errors } from "../errors.js";
import { TICKET_WORKFLOW } from "../ivr/ticket-status-node.js";
import type { ContactBook } from "../contact-book.js";
import type { TicketCatalogue } from "../domain/ticket-kinds.js";
import { RECORDINGS } from "../ticket-creator.js";
import type { TicketReader } from "../ticket-reader.js";
import { CONFIDENTIAL, mayFind, ownDepartmentOnly, PERSONAL, READ } from "../ticket-scope.js";
import { actionsOf, may, shown } from "./ticket-view.js";

/** For the routes of this plugin only. */
export const TICKET_READER = token<TicketReader>("tickets.reader");
export const CONTACT_BOOK = token<ContactBook>("tickets.contact-book");

export const TICKET_CATALOGUE = token<Pick<TicketCatalogue, "kinds" | "categories"> & { /** Departments that are given no tickets. */ readonly noDispatch: readonly string[] }>("tickets.catalogue");

export const CREATE = "tickets.create";

const instant = z.union([z.coerce.number().int().nonnegative(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]);
const several = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(",")).map((each) => each.trim()).filter((each) => each !== ""));
const idParams = z.object({ id: z.string().min(1).max(64) });

const listQuery = z.strictObject({
  status: several.optional(),
  /** Key, code or name; several by comma. */
  kind: several.optional(),
  source: several.optional(),
  interactionId: z.string().max(64).optional(),
  /** Epoch ms or ISO 8601 with offset; `from` inclusive, `to` exclusive. */
  from: instant.optional(),
  to: instant.optional(),
  /** Serial number, or how it begins. */
  q: z
    .string()
    .transform((text) => text.replace(/[\s-]/g, ""))
    .pipe(z.string().regex(/^\d{1,12}$/))
    .optional(),
  /** 承办单位. */
  handlingDepartment: z.string().max(10).optional(),
  /** `me`, or a user id. */
  handler: z.string().max(64).optional(),
  overdue: z.stringbool().optional(),
  /** The citizen's number; needs `tickets.personal`. Tickets whose state needs the code are not found by it. */
  contactNumber: z.string().regex(/^[\d+\s-]{3,30}$/).optional(),
  /** Id of an interaction: tickets of the same citizen's number, whoever asks. Tickets whose state needs the code are not found by it. */
  relatedTo: z.string().min(1).max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

const text = (most: number) => z.string().trim().max(most);
const createBody = z.strictObject({
  kind: z.string().min(1).max(40),
  category: text(40).nullish(),
  summary: text(500).nullish(),
  content: text(20_000).nullish(),
  contactName: text(100).nullish(),
  contactNumber: text(30).nullish(),
  contactEmail: z.email().max(254).nullish(),
  anonymous: z.boolean().optional(),
  confidentiality: z.enum(["normal", "confidential", "secret"]).optional(),
  departmentCode: text(10).nullish(),
  staffCode: text(10).nullish(),
  interactionId: text(64).nullish(),
  recordingIds: z.array(z.string().max(64)).max(20).optional(),
  source: z.enum(["phone", "agent", "fax", "web", "email", "letter", "sms", "exchange"]).default("agent"),
  /** The same key twice is the same ticket. */
  idempotencyKey: text(100).optional(),
});
const transitionBody = z.strictObject({
  action: z.string().min(1).max(40),
  /** Version that was read. */
  version: z.number().int().min(1).optional(),
  note: text(2000).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** The number of the citizen's end of an interaction. */
async function citizenNumber(services: Services, interactionId: string): Promise<string | undefined> {
  const [row] = await services.get(READ_POOL).read((em) => em.execute<{ direction: string; caller_number: string; called_number: string }[]>("select direction, caller_number, called_number from core_interaction where id = ?", [interactionId]));
  return row === undefined ? undefined : row.direction === "outbound" ? row.called_number : row.caller_number;
}

/** What the desk need not type, and may not see in full: the number and the recordings of the call the ticket comes from. */
async function ofInteraction(services: Services, body: z.output<typeof createBody>): Promise<{ contactNumber?: string; recordingIds?: readonly string[] }> {
  const { interactionId } = body;
  if (interactionId === undefined || interactionId === null) return {};
  const number = body.contactNumber === undefined && body.anonymous !== true ? await citizenNumber(services, interactionId) : undefined;
  const recordings = body.recordingIds === undefined ? await services.optional(RECORDINGS)?.byInteraction(interactionId) : undefined;
  return { ...(number === undefined || number === "" ? {} : { contactNumber: number }), ...(recordings === undefined ? {} : { recordingIds: recordings.map(({ id }) => id) }) };
}

export const ticketRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/tickets/catalogue",
    permission: READ,
    summary: "Natures, fields of business, states and departments, for forms and filters",
    handler: async ({ services }) => {
      const { kinds, categories, noDispatch } = services.get(TICKET_CATALOGUE);
      const departments = (await services.optional(DIRECTORY)?.listDepartments()) ?? [];
      return {
        departments: departments.map(({ code, name, shortName }) => ({ code, name, shortName, dispatch: !noDispatch.includes(code) })),
        kinds: kinds.map(({ key, name, limitDays, anonymousAllowed, confidentiality }) => ({ key, name, limitDays: limitDays ?? null, anonymousAllowed: anonymousAllowed === true, confidentiality: confidentiality ?? "normal" })),
        categories: categories.map(({ code, name, parent }) => ({ code, name, parent: parent ?? null })),
        states: services.get(TICKET_WORKFLOW).workflow.states.map(({ id, name, closed }) => ({ id, name, closed: closed === true })),
      };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/tickets",
    permission: READ,
    summary: "Tickets, newest first",
    query: listQuery,
    async handler({ query, services, principal }) {
      const { contactNumber, handler, kind, relatedTo, ...filter } = query;
      const related = relatedTo === undefined ? undefined : await citizenNumber(services, relatedTo);
      if (relatedTo !== undefined && (related === undefined || related === "")) return { items: [], next: null };
      if (contactNumber !== undefined && !may(principal, PERSONAL)) throw errors.FORBIDDEN(PERSONAL);
      const kinds = kind?.map((name) => services.get(TICKETS).kinds.find((each) => [each.key, each.code, each.name].includes(name))?.key ?? name);
      const own = ownDepartmentOnly(principal);
      if (own === "" || (own !== undefined && filter.handlingDepartment !== undefined && filter.handlingDepartment !== own)) return { items: [], next: null };
      const page = await services.get(TICKET_READER).page({
        ...filter,
        kind: kinds,
        withoutSecret: !may(principal, CONFIDENTIAL),
        ...(own === undefined ? {} : { handlingDepartment: own }),
        ...(handler === undefined ? {} : { handler: handler === "me" ? (principal?.userId ?? "") : handler }),
        ...(contactNumber === undefined ? {} : { contactIndex: services.get(CONTACT_BOOK).indexOf(contactNumber) }),
        ...(related === undefined ? {} : { contactIndex: services.get(CONTACT_BOOK).indexOf(related) }),
      });
      // That a confidential ticket is this caller's is part of the secret.
      const items = related === undefined || may(principal, CONFIDENTIAL) ? page.items : page.items.filter((item) => item.confidentiality === "normal");
      return { items: items.map((item) => shown(item, principal)), next: page.next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/tickets/:id",
    permission: READ,
    summary: "One ticket with its history and what can be done; the id may be a serial number",
    params: idParams,
    async handler({ params, services, principal }) {
      const reader = services.get(TICKET_READER);
      const view = await reader.view(/^\d{12}$/.test(params.id) ? { serial: params.id } : { id: params.id });
      if (view === undefined || !mayFind(view, principal)) throw errors.NOT_FOUND(params.id);
      const workflow = services.get(TICKET_WORKFLOW);
      const open = view.confidentiality === "normal" || may(principal, CONFIDENTIAL);
      const people = new Map((await services.optional(DIRECTORY)?.listUsers())?.map((user) => [user.id, user.displayName]));
      const history = (await reader.history(view.id)).map((line) => ({
        at: line.at,
        action: line.action,
        actionName: workflow.workflow.transitions.find((each) => each.id === line.action)?.name ?? null,
        actorName: people.get(line.actor) ?? null,
        from: line.fromStatus ?? null,
        to: line.toStatus,
        actor: line.actor,
        note: open ? (line.note ?? null) : null,
        data: open ? line.data : {},
      }));
      const done = new Set(history.map((line) => line.action));
      return { ...shown(view, principal), history, urgings: await services.get(TICKETS).urgings(view.id), actions: actionsOf(view, done, workflow, principal) };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/tickets",
    permission: CREATE,
    summary: "Registers a ticket; serial number and query code are in the answer, the code only here",
    body: createBody,
    async handler({ body, services, principal }) {
      const created = await services.get(TICKETS).create({
        ...body,
        ...(await ofInteraction(services, body)),
        actor: principal?.userId ?? "unknown",
        agent: principal?.agentNumber ?? null,
        // One person's key never finds another's ticket, with its code.
        ...(body.idempotencyKey === undefined ? {} : { idempotencyKey: `api:${principal?.userId ?? ""}:${body.idempotencyKey}` }),
      });
      return { kind: "reply", status: 201, headers: { location: `/api/tickets/${created.id}` }, body: created };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/tickets/:id/transitions",
    // Who may do which transition is in the workflow.
    permission: READ,
    summary: "Moves a ticket on",
    params: idParams,
    body: transitionBody,
    async handler({ params, body, services, principal }) {
      const result = await services.get(TICKETS).transition({ ticketId: params.id, actor: principal?.userId ?? "unknown", ...(principal === undefined ? {} : { principal }), ...body });
      if (!result.done) throw errors.VETOED(result.veto.message, { details: { veto: result.veto.code } });
      return shown(result.ticket, principal);
    },
  }),
];
