import { ACTIVITY, BLOBS, CALENDARS, CALL_PIPELINE, CLOCK, defineEvent, definePlugin, IDS, MESSAGE_INTAKE, PROMPTS, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import type { CallPipeline, IvrNodeType } from "@hotlinejs/core";
import { faxAuditWords } from "./audit-words.js";
import { faxConfig } from "./config.js";
import { FAX } from "./contract.js";
import { FaxPageEntity } from "./entities/fax-page.entity.js";
import { FaxEntity } from "./entities/fax.entity.js";
import { faxRoutes, READ, SEND } from "./http/fax-routes.js";
import { faxNode } from "./ivr/fax-node.js";
import { FAX_PROMPTS } from "./ivr/fax-prompts.js";
import { FaxInit } from "./migrations/init.js";
import { DefaultFaxes } from "./services/default-faxes.js";
import { FaxReceiver } from "./services/fax-receiver.js";
import { FAX_HANDLER, FaxSender } from "./services/fax-sender.js";
import type { SendOrder } from "./services/fax-sender.js";
import { DELIVER_JOB, FaxStore, SEND_JOB } from "./services/fax-store.js";
import { FAX_STORE } from "./services/fax-store-token.js";
import { PageEngine } from "./services/page-engine.js";

const DELIVER_LIMIT_MS = 10 * 60_000;

/** Fax over T.38: received and sent in calls and by calls of its own. */
export const fax = definePlugin({
  name: "fax",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["sip", "tts", "tickets"],
  critical: false,
  config: faxConfig,
  entities: [FaxEntity, FaxPageEntity],
  migrations: [FaxInit],
  provides: [FAX, FAX_STORE],
  audit: faxAuditWords,
  permissions: [
    { name: READ, roles: ["agent", "team_leader", "shift_supervisor", "supervisor"], description: "See faxes and their pages" },
    { name: SEND, roles: ["agent", "team_leader", "shift_supervisor", "supervisor"], description: "Send faxes" },
  ],
  events: [defineEvent("fax.received", { durable: true }), defineEvent("fax.sent", { durable: true }), defineEvent("fax.failed", { durable: true }), defineEvent("fax.uncertain", { durable: true })],
  ivrNodes: [faxNode] as unknown as readonly IvrNodeType<never>[],
  routes: faxRoutes,
  register({ config, hooks, jobs, log, onReady, onStop, services }) {
    const pipeline = (): CallPipeline => services.get(CALL_PIPELINE);
    const parts = lazy(() => {
      const clock = services.get(CLOCK);
      const work = services.get(UNIT_OF_WORK);
      const blobs = services.get(BLOBS);
      const store = new FaxStore(work, services.get(READ_POOL), blobs, clock, () => services.get(CALENDARS).get(config.calendar));
      const common = { config, store, blobs, engine: new PageEngine(services.get(ACTIVITY)), clock, ids: services.get(IDS), intake: services.get(MESSAGE_INTAKE), log };
      const receiver = new FaxReceiver(common);
      const sender = new FaxSender(common, pipeline);
      return { ...common, receiver, sender, faxes: new DefaultFaxes(common, receiver, sender, work) };
    });
    services.provide(FAX, () => parts().faxes);
    services.provide(FAX_STORE, () => parts().store);
    services.optional(PROMPTS)?.define(FAX_PROMPTS);

    jobs.define<SendOrder>(SEND_JOB, { handler: (order) => parts().sender.dial(order) });
    jobs.define<{ faxId: string }>(DELIVER_JOB, { timeoutMs: DELIVER_LIMIT_MS, concurrency: 1, handler: ({ faxId }) => parts().receiver.deliver(faxId) });

    const numbers = new Set(config.receiveNumbers);
    if (numbers.size > 0) hooks.callRoute.tap((plan, { call }) => (numbers.has(call.to.number) ? { ...plan, handler: FAX_HANDLER, target: "receive" } : undefined), { stage: 10 });

    onReady(async () => {
      pipeline().handler(FAX_HANDLER, async (session, plan) => {
        const faxId = plan.params?.["faxId"];
        if (typeof faxId === "string") return parts().sender.serve(session, faxId);
        await session.call.answer();
        await parts().receiver.receive(session);
      });
      await parts().receiver.adopt();
      await parts().sender.adopt();
    });
    onStop(async () => {
      await parts().sender.idle();
      await parts().engine.close();
    });
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
