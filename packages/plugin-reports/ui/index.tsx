import "./reports.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";

const ReportPage = lazy(() => import("./report-page.js").then((module) => ({ default: module.ReportPage })));

export const ui = defineConsoleUi(() => ({ pages: { "/reports": ReportPage, "/reports/:id": ReportPage } }));
