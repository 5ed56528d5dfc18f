import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { LookupPanel } from "./lookup-panel.js";
import "./index.css";

export const ui = defineConsoleUi(() => ({ panels: { "agent.context": { records: LookupPanel } } }));
