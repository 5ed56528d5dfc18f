import { token } from "@hotlinejs/core";
import type { ConsoleHost } from "./services/console-host.js";
import type { Inbox } from "./services/inbox.js";
import type { ScreenHub } from "./services/screen-hub.js";

/** For the routes of this plugin only. */
export const CONSOLE_HOST = token<{ readonly host: ConsoleHost; readonly title: string; readonly hub: Pick<ScreenHub, "place"> }>("console.host");
export const CONSOLE_INBOX = token<Inbox>("console.inbox");
