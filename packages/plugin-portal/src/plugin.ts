import { CLOCK, defineEvent, definePlugin, IDS, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import { WEBCHAT } from "@hotlinejs/plugin-webchat/contract";
import { portalConfig } from "./config.js";
import { DraftEntity } from "./entities/draft.entity.js";
import { callRoutes } from "./http/call-routes.js";
import { chatRoutes } from "./http/chat-routes.js";
import { PORTAL_PARTS } from "./http/portal-context.js";
import { recordRoutes } from "./http/record-routes.js";
import { portalRoutes } from "./http/portal-routes.js";
import { PortalInit } from "./migrations/init.js";
import { CallScript } from "./services/call-script.js";
import { DraftStore } from "./services/draft-store.js";
import { Filing } from "./services/filing.js";
import { HourlyLimit } from "./services/hourly-limit.js";

const MINUTE_MS = 60_000;
const CALL_SCRIPT = new URL("../dist/ui/call.js", import.meta.url);

/** The citizens' web site: file a request, follow it. Server-rendered HTML that works without JavaScript. */
export const portal = definePlugin({
  name: "portal",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  // Without http its pages are not served and nothing else is lacking: every plugin but critical ones can be left out.
  after: ["http", "tickets", "webchat", "business", "sip"],
  critical: false,
  config: portalConfig,
  entities: [DraftEntity],
  migrations: [PortalInit],
  provides: [PORTAL_PARTS],
  events: [defineEvent("portal.filed")],
  routes: [...portalRoutes, ...recordRoutes, ...chatRoutes, ...callRoutes],
  register({ config, events, jobs, services, log, onReady }) {
    let callScript: CallScript | undefined;
    onReady(async () => {
      callScript = await CallScript.load(CALL_SCRIPT);
      if (callScript === undefined && config.browserCalls) log.warn({ file: CALL_SCRIPT.pathname }, "the script of the call page is not built: citizens cannot call from the web");
    });
    services.provide(PORTAL_PARTS, () => {
      const clock = services.get(CLOCK);
      const drafts = new DraftStore({ clock, ids: services.get(IDS), secrets: services.get(SECRETS), unitOfWork: services.get(UNIT_OF_WORK), readPool: services.get(READ_POOL), keepMs: config.draftMinutes * MINUTE_MS });
      return {
        config,
        drafts,
        filing: new Filing({ services, drafts, config, publish: (name, payload) => events.publish(name, payload) }),
        limit: new HourlyLimit(clock, config.filingsPerHour),
        calls: new HourlyLimit(clock, config.callsPerHour),
        callScript: () => callScript,
        chat: () => services.optional(WEBCHAT) !== undefined,
      };
    });
    jobs.define(DraftStore.sweepJob, { handler: () => services.get(PORTAL_PARTS).drafts.sweep() });
  },
});
