export type { ConsoleIcon, ConsolePage, ConsolePanel, ConsoleUi } from "@hotlinejs/core";
