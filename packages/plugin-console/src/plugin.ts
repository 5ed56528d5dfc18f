import { CLOCK, CONSOLE_UIS, definePlugin, errorText, IDS, READ_POOL, SCREENS, UNIT_OF_WORK, WS_ROUTES, type Timer } from "@hotlinejs/core";
import { consoleConfig } from "./config.js";
import { CONSOLE_HOST, CONSOLE_INBOX } from "./console-internals.js";
import { InboxReadEntity } from "./entities/inbox-read.entity.js";
import { InboxEntity } from "./entities/inbox.entity.js";
import { consoleRoutes } from "./http/console-routes.js";
import { inboxRoutes } from "./http/inbox-routes.js";
import { ConsoleInit } from "./migrations/init.js";
import { ConsoleHost } from "./services/console-host.js";
import { Inbox } from "./services/inbox.js";
import { ScreenHub } from "./services/screen-hub.js";

/** Where the build puts the host page; the same from `src` and from `dist`. */
const OWN = new URL("../dist/ui/", import.meta.url);

const SWEEP_MS = 6 * 3_600_000;

/** The staff console: one page that loads the pages and panels of all plugins. */
export const staffConsole = definePlugin({
  name: "console",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["http", "directory"],
  critical: false,
  config: consoleConfig,
  entities: [InboxEntity, InboxReadEntity],
  migrations: [ConsoleInit],
  provides: [CONSOLE_HOST, CONSOLE_INBOX, SCREENS],
  routes: [...consoleRoutes, ...inboxRoutes],
  register({ config, services, settings, log, hooks, onReady, onStart, onStop, health }) {
    let hub: ScreenHub | undefined;
    const theHub = (): ScreenHub => (hub ??= new ScreenHub(services.get(IDS).next(), services.get(CLOCK), log));
    let host: ConsoleHost | undefined;
    const theHost = (): ConsoleHost => (host ??= new ConsoleHost(OWN, services.get(CONSOLE_UIS), log));
    services.provide(CONSOLE_HOST, () => ({ host: theHost(), title: config.title ?? settings.name, hub: theHub() }));
    services.provide(SCREENS, theHub);
    let inbox: Inbox | undefined;
    const theInbox = (): Inbox => (inbox ??= new Inbox(services.get(UNIT_OF_WORK), services.get(READ_POOL), services.get(CLOCK), theHub(), config.inboxDays));
    services.provide(CONSOLE_INBOX, theInbox);
    hooks.notify.for("screen").tap((notification) => theInbox().deliver(notification));
    let sweeper: Timer | undefined;
    onReady(() => theHost().load());
    onStart(() => {
      services.optional(WS_ROUTES)?.handle("/console/live", { permission: "authenticated" }, (socket, _request, principal) => {
        if (principal !== undefined) theHub().connected(socket, principal);
      });
      sweeper = services.get(CLOCK).setInterval(() => {
        theInbox()
          .sweep()
          .catch((error: unknown) => log.warn({ error: errorText(error) }, "old messages could not be thrown away"));
      }, SWEEP_MS);
    });
    onStop(() => sweeper?.cancel());
    health(() => {
      const missing = theHost().missing;
      if (!theHost().built) return { ok: false, message: "the console is not built" };
      return missing.length === 0 ? { ok: true, details: { screens: hub?.open ?? 0 } } : { ok: false, message: `pages are not built: ${missing.join(", ")}` };
    });
  },
});
