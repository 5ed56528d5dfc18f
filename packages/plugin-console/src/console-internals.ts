import { token } from "@hotlinejs/core";
import type { ConsoleHost } from "./services/console-host.js";
import type { Inbox } from "./services/inbox.js";

/** For the routes of this plugin only. */
export const CONSOLE_HOST = token<{ readonly host: ConsoleHost; readonly title: string }>("console.host");
export const CONSOLE_INBOX = token<Inbox>("console.inbox");
