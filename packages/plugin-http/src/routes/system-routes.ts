import { Readable } from "node:stream";
import { defineRoute, HEALTH, ROUTES, SETTINGS, type HttpContent, type HttpReply, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { HTTP_HOME } from "../http-internals.js";
import { homePage, languageOf } from "../server/home-page.js";
import { describeRoutes } from "../server/openapi.js";

const health = z.object({
  state: z.enum(["created", "wired", "ready", "running", "draining", "stopped", "failed"]),
  ok: z.boolean(),
  name: z.string().optional(),
  version: z.string().optional(),
  uptimeMs: z.number().optional(),
  data: z.object({ ok: z.boolean(), message: z.string().optional(), waiting: z.number().int(), long: z.number().int(), timeouts: z.number().int() }).optional(),
  plugins: z.array(
    z.object({
      name: z.string(),
      state: z.enum(["running", "degraded", "failed"]),
      ok: z.boolean(),
      version: z.string().optional(),
      message: z.string().optional(),
      code: z.string().optional(),
      taps: z.array(z.object({ hook: z.string(), failures: z.number(), why: z.string(), mutedUntil: z.number().nullable() })).optional(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

export const systemRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/",
    permission: "public",
    summary: "What this is, for people",
    query: z.object({ lang: z.enum(["zh-CN", "en"]).optional() }),
    handler: ({ services, query, headers }) => {
      const { name, loopbackOnly } = services.get(SETTINGS);
      const language = query.lang ?? languageOf(headers["accept-language"]);
      return Promise.resolve(html(homePage({ name, language, home: services.get(HTTP_HOME), demo: loopbackOnly, present: (plugin) => services.get(ROUTES).some((route) => route.plugin === plugin) })));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/health",
    permission: "public",
    summary: "State of the hotline: 200 while it runs, else 503. Everybody sees which plugins are well, who may also why not",
    output: health,
    handler: async ({ services, principal }): Promise<HttpReply> => {
      const report = await services.get(HEALTH).report();
      const full = principal?.permissions.has("core.health.details") ?? false;
      const body = full ? report : { state: report.state, ok: report.ok, plugins: report.plugins.map(({ name, state, ok }) => ({ name, state, ok })) };
      return { kind: "reply", status: report.state === "running" ? 200 : 503, body };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/openapi.json",
    permission: "public",
    summary: "This description",
    handler: ({ services }) => Promise.resolve(describeRoutes(services.get(ROUTES), { title: services.get(SETTINGS).name, version: __VERSION__ })),
  }),
];

function html(page: string): HttpContent {
  const bytes = Buffer.from(page);
  return { kind: "content", contentType: "text/html; charset=utf-8", size: bytes.length, open: (start, end) => Readable.from([bytes.subarray(start, end + 1)]) };
}
