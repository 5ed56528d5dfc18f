import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { CallbackCount } from "./callback-count.js";

export const ui = defineConsoleUi(() => ({
  pages: { "/callbacks": lazy(() => import("./callbacks-page.js").then(({ CallbacksPage }) => ({ default: CallbacksPage }))) },
  menus: { "/callbacks": CallbackCount },
}));
