import { CLOCK, defineEvent, definePlugin, IDS, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import { WEBCHAT } from "@hotlinejs/plugin-webchat/contract";
import { portalConfig } from "./config.js";
import { DraftEntity } from "./entities/draft.entity.js";
import { chatRoutes } from "./http/chat-routes.js";
import { PORTAL_PARTS } from "./http/portal-context.js";
import { recordRoutes } from "./http/record-routes.js";
import { portalRoutes } from "./http/portal-routes.js";
import { PortalInit } from "./migrations/init.js";
import { DraftStore } from "./services/draft-store.js";
import { Filing } from "./services/filing.js";
import { FilingLimit } from "./services/filing-limit.js";

const MINUTE_MS = 60_000;

/** The citizens' web site: file a request, follow it. Server-rendered HTML that works without JavaScript. */
export const portal = definePlugin({
  name: "portal",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  // Without http its pages are not served and nothing else is lacking: every plugin but critical ones can be left out.
  after: ["http", "tickets", "webchat", "business"],
  critical: false,
  config: portalConfig,
  entities: [DraftEntity],
  migrations: [PortalInit],
  provides: [PORTAL_PARTS],
  events: [defineEvent("portal.filed")],
  routes: [...portalRoutes, ...recordRoutes, ...chatRoutes],
  register({ config, events, jobs, services }) {
    services.provide(PORTAL_PARTS, () => {
      const clock = services.get(CLOCK);
      const drafts = new DraftStore({ clock, ids: services.get(IDS), secrets: services.get(SECRETS), unitOfWork: services.get(UNIT_OF_WORK), readPool: services.get(READ_POOL), keepMs: config.draftMinutes * MINUTE_MS });
      return {
        config,
        drafts,
        filing: new Filing({ services, drafts, config, publish: (name, payload) => events.publish(name, payload) }),
        limit: new FilingLimit(clock, config.filingsPerHour),
        chat: () => services.optional(WEBCHAT) !== undefined,
      };
    });
    jobs.define(DraftStore.sweepJob, { handler: () => services.get(PORTAL_PARTS).drafts.sweep() });
  },
});
