import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import "./index.css";

const TrunksPage = lazy(() => import("./trunks-page.js").then((module) => ({ default: module.TrunksPage })));

export const ui = defineConsoleUi(() => ({ pages: { "/trunks": TrunksPage } }));
