import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import "./index.css";

const AuditPage = lazy(() => import("./audit-page.js").then((module) => ({ default: module.AuditPage })));

export const ui = defineConsoleUi(() => ({ pages: { "/audit": AuditPage } }));
