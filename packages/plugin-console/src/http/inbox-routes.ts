import { defineRoute, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { CONSOLE_INBOX } from "../console-internals.js";
import { consoleErrors } from "../errors.js";

const message = z.object({ id: z.string(), at: z.number(), template: z.string(), title: z.string().nullable(), text: z.string(), subject: z.object({ type: z.string(), id: z.string() }).nullable(), read: z.boolean() });

export const inboxRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/console/inbox",
    permission: "authenticated",
    summary: "What I was told on the screen, newest first, and how much of it I have not read (99 = 99 or more)",
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(30), cursor: z.string().max(200).optional() }),
    output: z.object({ items: z.array(message), next: z.string().nullable(), unread: z.number() }),
    handler: async ({ services, query, principal }) => {
      if (principal === undefined) throw consoleErrors.NOBODY();
      const inbox = services.get(CONSOLE_INBOX);
      const { items, next } = await inbox.list(principal, { limit: query.limit, ...(query.cursor === undefined ? {} : { before: query.cursor }) });
      return { items, next, unread: await inbox.unread(principal) };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/console/inbox/read",
    permission: "authenticated",
    summary: "Marks messages of mine as read",
    body: z.strictObject({ ids: z.array(z.string().min(1).max(64)).min(1).max(100) }),
    output: z.object({ unread: z.number() }),
    handler: async ({ services, body, principal }) => {
      if (principal === undefined) throw consoleErrors.NOBODY();
      const inbox = services.get(CONSOLE_INBOX);
      await inbox.markRead(principal, body.ids);
      return { unread: await inbox.unread(principal) };
    },
  }),
];
