import { CALENDARS, CLOCK, DATASETS, definePlugin, READ_POOL } from "@hotlinejs/core";
import { reportAuditWords } from "./audit-words.js";
import { reportsConfig } from "./config.js";
import { REPORTS } from "./contract.js";
import { builtInReports, DEFAULT_NATURES } from "./definitions/built-in.js";
import { reportRoutes } from "./http/report-routes.js";
import { DatasetReader } from "./query/dataset-reader.js";
import { Turnstile } from "./query/turnstile.js";
import { DefaultReports, READ } from "./services/default-reports.js";
import { ACD, DimensionNames, TICKETS } from "./services/dimension-names.js";

/** Statistics over the datasets of the plugins present: tables, charts, CSV, paper. */
export const reports = definePlugin({
  name: "reports",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["http", "directory", "acd", "tickets", "console"],
  critical: false,
  config: reportsConfig,
  provides: [REPORTS],
  audit: reportAuditWords,
  permissions: [{ name: READ, roles: ["team_leader", "shift_supervisor", "qa", "analyst", "director"], description: "See reports whose datasets one may read" }],
  routes: reportRoutes,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [
      { path: "/reports", title: "报表", titleEn: "Reports", permission: READ, menu: { icon: "report", order: 50 } },
      { path: "/reports/:id", title: "报表", titleEn: "Reports", permission: READ },
    ],
  },
  register({ config, services, onReady }) {
    let made: DefaultReports | undefined;
    const service = (): DefaultReports => {
      const clock = services.get(CLOCK);
      const calendar = () => services.get(CALENDARS).get(config.calendar);
      return (made ??= new DefaultReports({
        definitions: [
          ...builtInReports(config, { natures: services.optional(TICKETS)?.kinds.filter(({ key }) => key !== "void") ?? DEFAULT_NATURES, wrapUpCodes: (services.optional(ACD)?.wrapUpCodes().length ?? 0) > 0 }),
          ...config.reports,
        ],
        datasets: () => services.get(DATASETS),
        reader: new DatasetReader({ reads: services.get(READ_POOL), now: () => clock.now(), calendar, turnstile: new Turnstile(config.concurrency), rowLimit: config.rowLimit, timeoutMs: config.timeoutSeconds * 1000 }),
        names: new DimensionNames(services),
        calendar,
        clock,
      }));
    };
    services.provide(REPORTS, service);
    // Definitions are checked now, so that a mistake is told when the hotline starts.
    onReady(() => void service());
  },
});
