import "./reports.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";

export const ui = defineConsoleUi(() => {
  const ReportPage = lazy(() => import("./report-page.js").then((module) => ({ default: module.ReportPage })));
  return { pages: { "/reports": ReportPage, "/reports/:id": ReportPage } };
});
