import "./desk.css";
import "./queue-rules/queue-rules.css";
import "./supervision/supervision.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { CallBar } from "./call-bar.js";
import { HistoryPanel } from "./history-panel.js";

export const ui = defineConsoleUi(() => ({
  pages: {
    "/desk": lazy(() => import("./desk-page.js").then(({ DeskPage }) => ({ default: DeskPage }))),
    "/supervision": lazy(() => import("./supervision/supervision-page.js").then(({ SupervisionPage }) => ({ default: SupervisionPage }))),
    "/queue-rules": lazy(() => import("./queue-rules/queue-rules-page.js").then(({ QueueRulesPage }) => ({ default: QueueRulesPage }))),
  },
  panels: { "host.bar": { "call-bar": CallBar }, "agent.context": { history: HistoryPanel } },
}));
