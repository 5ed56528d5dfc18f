import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { CallbackCount } from "./callback-count.js";

const CallbacksPage = lazy(() => import("./callbacks-page.js").then((module) => ({ default: module.CallbacksPage })));

export const ui = defineConsoleUi(() => ({ pages: { "/callbacks": CallbacksPage }, menus: { "/callbacks": CallbackCount } }));
