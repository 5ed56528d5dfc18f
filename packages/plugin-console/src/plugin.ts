import { CLOCK, CONSOLE_UIS, definePlugin, IDS, SCREENS, WS_ROUTES } from "@hotlinejs/core";
import { consoleConfig } from "./config.js";
import { CONSOLE_HOST } from "./console-internals.js";
import { consoleRoutes } from "./http/console-routes.js";
import { ConsoleHost } from "./services/console-host.js";
import { ScreenHub } from "./services/screen-hub.js";

/** Where the build puts the host page; the same from `src` and from `dist`. */
const OWN = new URL("../dist/ui/", import.meta.url);

/** The staff console: one page that loads the pages and panels of all plugins. */
export const staffConsole = definePlugin({
  name: "console",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["http", "directory"],
  critical: false,
  config: consoleConfig,
  provides: [CONSOLE_HOST, SCREENS],
  routes: consoleRoutes,
  register({ config, services, settings, log, onReady, onStart, health }) {
    let hub: ScreenHub | undefined;
    const theHub = (): ScreenHub => (hub ??= new ScreenHub(services.get(IDS).next(), services.get(CLOCK), log));
    let host: ConsoleHost | undefined;
    const theHost = (): ConsoleHost => (host ??= new ConsoleHost(OWN, services.get(CONSOLE_UIS), log));
    services.provide(CONSOLE_HOST, () => ({ host: theHost(), title: config.title ?? settings.name }));
    services.provide(SCREENS, theHub);
    onReady(() => theHost().load());
    onStart(() => {
      services.optional(WS_ROUTES)?.handle("/console/live", { permission: "authenticated" }, (socket, _request, principal) => {
        if (principal !== undefined) theHub().connected(socket, principal);
      });
    });
    health(() => {
      const missing = theHost().missing;
      if (!theHost().built) return { ok: false, message: "the console is not built" };
      return missing.length === 0 ? { ok: true, details: { screens: hub?.open ?? 0 } } : { ok: false, message: `pages are not built: ${missing.join(", ")}` };
    });
  },
});
