import { token } from "@hotlinejs/core";
import type { ConsoleHost } from "./services/console-host.js";

/** For the routes of this plugin only. */
export const CONSOLE_HOST = token<{ readonly host: ConsoleHost; readonly title: string }>("console.host");
