import "./desk.css";
import "./supervision/supervision.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { CallBar } from "./call-bar.js";
import { HistoryPanel } from "./history-panel.js";

export const ui = defineConsoleUi(() => ({
  pages: {
    "/desk": lazy(() => import("./desk-page.js").then(({ DeskPage }) => ({ default: DeskPage }))),
    "/supervision": lazy(() => import("./supervision/supervision-page.js").then(({ SupervisionPage }) => ({ default: SupervisionPage }))),
  },
  panels: { "host.bar": { "call-bar": CallBar }, "agent.context": { history: HistoryPanel } },
}));
