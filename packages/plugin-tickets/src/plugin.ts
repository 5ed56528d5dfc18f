import { AUDIT, BLOBS, CALENDARS, CLOCK, defineEvent, definePlugin, IDS, INTERACTIONS, METRICS, PERMISSIONS, PROMPTS, READ_POOL, SCREENS, SECRETS, TICKET_GATE, UNIT_OF_WORK } from "@hotlinejs/core";
import type { BusinessCalendar, IvrNodeType } from "@hotlinejs/core";
import { ticketAuditWords } from "./audit-words.js";
import { ticketsConfig } from "./config.js";
import { ContactBook } from "./contact-book.js";
import { QUEUED_MESSAGES, TICKETS } from "./contract.js";
import { STATISTICS, ticketDatasets } from "./datasets.js";
import { checkTemplates, DEFAULT_TEMPLATES } from "./domain/templates.js";
import { TicketCatalogue } from "./domain/ticket-kinds.js";
import { EVERY_DEPARTMENT, TicketWorkflow } from "./domain/ticket-workflow.js";
import type { LadderLevel } from "./domain/urging-ladder.js";
import type { Workflow } from "./domain/workflow.js";
import { QueryLockEntity } from "./entities/query-lock.entity.js";
import { QueuedMessageEntity } from "./entities/queued-message.entity.js";
import { TicketAttachmentEntity } from "./entities/ticket-attachment.entity.js";
import { TicketDraftEntity } from "./entities/ticket-draft.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { TicketMessageEntity } from "./entities/ticket-message.entity.js";
import { TicketPauseEntity } from "./entities/ticket-pause.entity.js";
import { TicketSerialEntity } from "./entities/ticket-serial.entity.js";
import { TicketUrgeEntity } from "./entities/ticket-urge.entity.js";
import { errors } from "./errors.js";
import { dueRoutes } from "./http/due-routes.js";
import { messageRoutes, SERVE } from "./http/message-routes.js";
import { CONTACT_BOOK, CREATE, TICKET_CATALOGUE, TICKET_READER, ticketRoutes } from "./http/ticket-routes.js";
import { complaintNode } from "./ivr/complaint-node.js";
import { TICKET_PROMPTS } from "./ivr/ticket-prompts.js";
import { TICKET_WORKFLOW, ticketStatusNode } from "./ivr/ticket-status-node.js";
import { TicketsAcceptance } from "./migrations/acceptance.js";
import { TicketsAgent } from "./migrations/agent.js";
import { TicketsGivenMessages } from "./migrations/given-messages.js";
import { TicketsInit } from "./migrations/init.js";
import { TicketsQueuedMessages } from "./migrations/queued-messages.js";
import { TicketsWorkflow } from "./migrations/workflow.js";
import { DueRecount, RECOUNT_JOB } from "./due-recount.js";
import { MessageQueue } from "./message-queue.js";
import { QueryGuard } from "./query-guard.js";
import { QueuedMessageStore } from "./queued-message-store.js";
import { TicketClock } from "./ticket-clock.js";
import { TicketCreator } from "./ticket-creator.js";
import { FINISH_DRAFT_JOB, TicketDrafts } from "./ticket-drafts.js";
import { TicketMessages } from "./ticket-messages.js";
import { registerTicketMetrics } from "./ticket-metrics.js";
import { TicketMover } from "./ticket-mover.js";
import { TicketNotifier } from "./ticket-notifier.js";
import { TicketReader } from "./ticket-reader.js";
import { ALL, CONFIDENTIAL, PERSONAL, READ } from "./ticket-scope.js";
import { checkLadder, TicketUrger, URGE_JOB } from "./ticket-urger.js";
import type { UrgePayload } from "./ticket-urger.js";
import { DefaultTickets, URGE } from "./tickets-service.js";

const MINUTE_MS = 60_000;
/** All open tickets of a large hotline. */
const RECOUNT_TIMEOUT_MS = 10 * MINUTE_MS;

/** Who sits in the hotline centre and sees all tickets; units see what was given to them. */
const CENTRE = ["agent", "team_leader", "shift_supervisor", "dispatcher", "expediter", "revisiter", "qa", "report_officer", "director", "bureau_leader"];
const UNITS = ["dept_liaison", "handler", "dept_head"];

/** Tickets (受理单): serial numbers, query codes, workflow, due clock and urging, messages; the nodes `complaint` and `ticketStatus`. */
export const tickets = definePlugin({
  name: "tickets",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  // With acd agents are found for written messages.
  after: ["tts", "acd"],
  critical: false,
  config: ticketsConfig,
  entities: [TicketEntity, TicketEventEntity, TicketAttachmentEntity, TicketSerialEntity, QueryLockEntity, TicketDraftEntity, TicketPauseEntity, TicketUrgeEntity, TicketMessageEntity, QueuedMessageEntity],
  migrations: [TicketsInit, TicketsAgent, TicketsWorkflow, TicketsQueuedMessages, TicketsGivenMessages, TicketsAcceptance],
  provides: [TICKETS, QUEUED_MESSAGES, TICKET_WORKFLOW, TICKET_READER, TICKET_CATALOGUE, CONTACT_BOOK],
  audit: ticketAuditWords,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [
      { path: "/tickets", title: "工单", titleEn: "Tickets", permission: READ, menu: { icon: "ticket", order: 20 } },
      { path: "/tickets/:id", title: "工单", titleEn: "Ticket", permission: READ },
      { path: "/messages", title: "书面来件", titleEn: "Letters", permission: SERVE, menu: { icon: "mail", order: 16 } },
    ],
    panels: [
      { slot: "agent.work", name: "form", title: "登记受理", titleEn: "Intake", permission: CREATE, order: 10 },
      { slot: "agent.context", name: "tickets", title: "工单", titleEn: "Tickets", permission: READ, order: 20 },
    ],
  },
  permissions: [
    { name: READ, roles: [...CENTRE, ...UNITS], description: "See tickets, of the own department at least" },
    { name: ALL, roles: CENTRE, description: "See the tickets of all departments" },
    { name: PERSONAL, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "revisiter", "report_officer", ...UNITS], description: "See names and numbers of citizens" },
    { name: CONFIDENTIAL, roles: ["report_officer"], description: "See confidential and secret tickets in full" },
    { name: CREATE, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "report_officer"], description: "Register tickets and answer at once" },
    { name: SERVE, roles: ["agent", "team_leader", "shift_supervisor"], description: "Take e-mails, faxes and other written messages from the queues" },
    { name: "tickets.dispatch", roles: ["dispatcher", "report_officer", "director"], description: "Give tickets to departments, decide on returned ones" },
    { name: "tickets.reject", roles: ["team_leader", "shift_supervisor", "dispatcher", "report_officer"], description: "Reject tickets and make them void" },
    { name: "tickets.sign", roles: ["dept_liaison", "dept_head"], description: "Sign for tickets of the own department, or return them" },
    { name: "tickets.handle", roles: [...UNITS, "agent", "team_leader", "shift_supervisor", "dispatcher", "report_officer"], description: "Handle and answer tickets of the own department, or of none" },
    { name: "tickets.close", roles: ["dispatcher", "revisiter", "report_officer", "director"], description: "Close tickets" },
    { name: "tickets.extend", roles: ["director"], description: "Grant more time" },
    { name: URGE, roles: ["expediter", "dispatcher", "team_leader", "shift_supervisor", "director"], description: "Urge whoever handles a ticket" },
    { name: "tickets.supervise", roles: ["director", "bureau_leader"], description: "Be told of tickets that are long overdue" },
    { name: STATISTICS, roles: ["team_leader", "shift_supervisor", "qa", "analyst", "director", "bureau_leader"], description: "Count tickets in reports" },
    { name: EVERY_DEPARTMENT, description: "Act for every department" },
  ],
  events: [
    defineEvent("ticket.created", { durable: true }),
    defineEvent("ticket.transitioned", { durable: true }),
    defineEvent("ticket.due-soon", { durable: true }),
    defineEvent("ticket.overdue", { durable: true }),
    defineEvent("ticket.urged", { durable: true }),
    defineEvent("ticket.message", { durable: true }),
    defineEvent("ticket.message-queue", { durable: true }),
  ],
  ivrNodes: [complaintNode, ticketStatusNode] as unknown as readonly IvrNodeType<never>[],
  routes: [...ticketRoutes, ...dueRoutes, ...messageRoutes],
  datasets: ticketDatasets,
  register({ config, events, hooks, jobs, log, onDrain, onReady, onStart, onStop, services }) {
    const catalogue = new TicketCatalogue(config.kinds, config.categories);
    const workflow = new TicketWorkflow(config.workflow as Workflow);
    const ladder = config.ladder as readonly LadderLevel[];
    const templates = { ...DEFAULT_TEMPLATES, ...config.templates };
    checkLadder(ladder);
    checkTemplates(templates);
    for (const name of [...workflow.templates(), ...ladder.map((level) => level.template)]) if (templates[name] === undefined) throw errors.UNKNOWN_TEMPLATE(name);
    for (const { kind } of Object.values(config.intake)) catalogue.kind(kind);

    const parts = lazy(() => {
      const calendar = (): BusinessCalendar => services.get(CALENDARS).get(config.calendar);
      const secrets = services.get(SECRETS);
      const common = {
        work: services.get(UNIT_OF_WORK),
        pool: services.get(READ_POOL),
        blobs: services.get(BLOBS),
        clock: services.get(CLOCK),
        ids: services.get(IDS),
        audit: services.get(AUDIT),
        gate: services.get(TICKET_GATE),
        contacts: new ContactBook(secrets),
        dueClock: new TicketClock({ calendar, calendarKey: config.calendar, catalogue, minLeftDays: config.minLeftDays }),
        secrets,
        calendar,
        catalogue,
        workflow,
        services,
        log,
      };
      const reader = new TicketReader(common.pool, common.contacts, catalogue, workflow, common.dueClock);
      const notifier = new TicketNotifier({ ...common, templates, mailboxes: config.mailboxes, citizenChannels: config.citizenChannels });
      const urger = new TicketUrger({ ...common, ladder, notifier });
      const creator = new TicketCreator({ ...common, reader, urger, codeDigits: config.queryCode, acceptWithinHours: config.acceptWithinHours });
      const drafts = new TicketDrafts({ ...common, creator });
      const queued = new QueuedMessageStore(common);
      const mover = new TicketMover({ ...common, reader, urger, notifier, queued, noDispatch: config.noDispatch });
      const queues = new Map(Object.entries(config.intake).flatMap(([channel, { queue }]) => (queue === undefined ? [] : [[channel, queue] as const])));
      const queue = new MessageQueue({ ...common, store: queued, reader, interactions: services.get(INTERACTIONS), queues });
      const messages = new TicketMessages({ ...common, reader, creator, notifier, queue, queued, intake: config.intake });
      const recount = new DueRecount({ ...common, reader, urger });
      const guard = new QueryGuard(secrets, common.clock, { failures: config.lock.failures, lockMs: config.lock.minutes * MINUTE_MS });
      return { reader, drafts, urger, messages, queue, recount, contacts: common.contacts, service: new DefaultTickets({ ...common, reader, creator, drafts, guard, mover, urger }) };
    });
    services.provide(TICKETS, () => parts().service);
    services.provide(QUEUED_MESSAGES, () => parts().queue);
    services.provide(TICKET_WORKFLOW, () => workflow);
    services.provide(TICKET_READER, () => parts().reader);
    services.provide(TICKET_CATALOGUE, () => ({ kinds: catalogue.kinds, categories: catalogue.categories, noDispatch: config.noDispatch }));
    for (const name of ["ticket.created", "ticket.transitioned", "ticket.urged", "ticket.message"] as const) {
      events.handle(name, async ({ ticketId }) => {
        const screens = services.optional(SCREENS);
        const row = screens === undefined ? undefined : await parts().reader.row({ id: ticketId });
        // That there is a secret ticket, and that something happens to it, is told only to whom it is shown.
        if (row !== undefined) screens?.tell({ permission: row.confidentiality === "secret" ? CONFIDENTIAL : READ }, { topic: "ticket.changed", data: { ticketId } });
      });
    }
    events.handle("ticket.message-queue", ({ messageId, agent, cause }) => {
      if (cause === "arrived") return parts().queue.enter(messageId);
      if (cause === "ticket") parts().queue.settled(messageId, agent);
    });
    events.handle("acd.agent-signed-out", ({ agent }) => parts().queue.signedOut(agent));
    registerTicketMetrics(services.get(METRICS), { pool: () => services.get(READ_POOL), clock: () => services.get(CLOCK), open: config.workflow.states.filter(({ closed }) => closed !== true).map(({ id }) => id) });
    services.provide(CONTACT_BOOK, () => parts().contacts);
    services.optional(PROMPTS)?.define(TICKET_PROMPTS);
    hooks.messageArrival.tap((message) => parts().messages.arrive(message));
    jobs.define<{ key: string }>(FINISH_DRAFT_JOB, { handler: ({ key }) => parts().drafts.finish(key) });
    jobs.define<UrgePayload>(URGE_JOB, { handler: (payload) => parts().urger.fire(payload) });
    jobs.define(RECOUNT_JOB, { handler: (_payload, { signal }) => parts().recount.run(signal), timeoutMs: RECOUNT_TIMEOUT_MS });
    onReady(() => {
      const known = new Set(services.get(PERMISSIONS).map((each) => each.name));
      for (const { permission, transition } of workflow.permissions()) if (!known.has(permission)) throw errors.BAD_WORKFLOW(`transition ${transition} names the permission ${permission}, which nobody declares`);
    });
    onStart(async () => {
      await parts().drafts.resume();
      await parts().recount.ask();
      await parts().queue.start();
    });
    onDrain(() => parts().queue.drain());
    onStop(() => parts().queue.stop());
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
