import { AUDIT, CALENDARS, CLOCK, defineEvent, definePlugin, IDS, PROMPTS, READ_POOL, SECRETS, TICKET_GATE, UNIT_OF_WORK } from "@hotlinejs/core";
import type { IvrNodeType } from "@hotlinejs/core";
import { ticketsConfig } from "./config.js";
import { TICKETS } from "./contract.js";
import { STATISTICS, ticketDatasets } from "./datasets.js";
import { TicketCatalogue } from "./domain/ticket-kinds.js";
import { TicketWorkflow } from "./domain/ticket-workflow.js";
import { QueryLockEntity } from "./entities/query-lock.entity.js";
import { TicketAttachmentEntity } from "./entities/ticket-attachment.entity.js";
import { TicketDraftEntity } from "./entities/ticket-draft.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { TicketSerialEntity } from "./entities/ticket-serial.entity.js";
import { CONFIDENTIAL, CREATE, HANDLE, PERSONAL, READ, TICKET_READER, ticketRoutes } from "./http/ticket-routes.js";
import { complaintNode } from "./ivr/complaint-node.js";
import { TICKET_PROMPTS } from "./ivr/ticket-prompts.js";
import { TICKET_WORKFLOW, ticketStatusNode } from "./ivr/ticket-status-node.js";
import { TicketsAgent } from "./migrations/agent.js";
import { TicketsInit } from "./migrations/init.js";
import { QueryGuard } from "./query-guard.js";
import { TicketCreator } from "./ticket-creator.js";
import { FINISH_DRAFT_JOB, TicketDrafts } from "./ticket-drafts.js";
import { TicketReader } from "./ticket-reader.js";
import { DefaultTickets } from "./tickets-service.js";

const MINUTE_MS = 60_000;

/** Tickets (受理单): serial numbers, query codes, workflow; the nodes `complaint` and `ticketStatus`. */
export const tickets = definePlugin({
  name: "tickets",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["tts"],
  critical: false,
  config: ticketsConfig,
  entities: [TicketEntity, TicketEventEntity, TicketAttachmentEntity, TicketSerialEntity, QueryLockEntity, TicketDraftEntity],
  migrations: [TicketsInit, TicketsAgent],
  provides: [TICKETS, TICKET_WORKFLOW, TICKET_READER],
  permissions: [
    { name: READ, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "expediter", "revisiter", "qa", "report_officer", "director", "bureau_leader"], description: "See tickets" },
    { name: CREATE, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "report_officer"], description: "Register tickets" },
    { name: HANDLE, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "report_officer", "director"], description: "Move tickets on" },
    { name: PERSONAL, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "revisiter", "report_officer"], description: "See names and numbers of citizens" },
    { name: STATISTICS, roles: ["team_leader", "shift_supervisor", "qa", "analyst", "director", "bureau_leader"], description: "Count tickets in reports" },
    { name: CONFIDENTIAL, roles: ["report_officer"], description: "See confidential and secret tickets in full" },
  ],
  events: [defineEvent("ticket.created", { durable: true }), defineEvent("ticket.transitioned", { durable: true })],
  ivrNodes: [complaintNode, ticketStatusNode] as unknown as readonly IvrNodeType<never>[],
  routes: ticketRoutes,
  datasets: ticketDatasets,
  register({ config, jobs, log, onStart, services }) {
    const catalogue = new TicketCatalogue(config.kinds, config.categories);
    const workflow = new TicketWorkflow(config.workflow);
    const parts = lazy(() => {
      const common = {
        work: services.get(UNIT_OF_WORK),
        pool: services.get(READ_POOL),
        secrets: services.get(SECRETS),
        clock: services.get(CLOCK),
        ids: services.get(IDS),
        audit: services.get(AUDIT),
        gate: services.get(TICKET_GATE),
        catalogue,
        workflow,
        services,
        log,
      };
      const reader = new TicketReader(common.pool, common.secrets, catalogue, workflow);
      const creator = new TicketCreator({ ...common, reader, calendar: () => services.get(CALENDARS).get(config.calendar), codeDigits: config.queryCode });
      const drafts = new TicketDrafts({ ...common, creator });
      const guard = new QueryGuard(common.secrets, common.clock, { failures: config.lock.failures, lockMs: config.lock.minutes * MINUTE_MS });
      return { reader, drafts, service: new DefaultTickets({ ...common, reader, creator, drafts, guard }) };
    });
    services.provide(TICKETS, () => parts().service);
    services.provide(TICKET_WORKFLOW, () => workflow);
    services.provide(TICKET_READER, () => parts().reader);
    services.optional(PROMPTS)?.define(TICKET_PROMPTS);
    jobs.define<{ key: string }>(FINISH_DRAFT_JOB, { handler: ({ key }) => parts().drafts.finish(key) });
    onStart(() => parts().drafts.resume());
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
