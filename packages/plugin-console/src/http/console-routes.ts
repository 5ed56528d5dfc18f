import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { CLOCK, defineRoute, SETTINGS, type HttpContent, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { CONSOLE_HOST } from "../console-internals.js";
import { acceptsGzip } from "../domain/accepts-gzip.js";
import type { UiFile } from "../services/ui-folder.js";
import { consolePage, consolePolicy } from "./console-page.js";

const hash = z.string().regex(/^[\w-]{1,64}$/);
const file = z.array(z.string().min(1).max(200)).min(1).max(8);
const FOREVER = "public, max-age=31536000, immutable";

const user = z.object({ id: z.string(), username: z.string(), displayName: z.string(), roles: z.array(z.string()), permissions: z.array(z.string()), departmentCode: z.string().nullable(), agentNumber: z.string().nullable() });
const page = z.object({
  plugin: z.string(),
  path: z.string(),
  title: z.string(),
  titleEn: z.string().optional(),
  permission: z.string(),
  menu: z.object({ icon: z.string(), order: z.number() }).optional(),
  keepMounted: z.boolean().optional(),
});
const panel = z.object({ plugin: z.string(), slot: z.string(), name: z.string(), title: z.string(), titleEn: z.string().optional(), permission: z.string(), order: z.number().optional() });

export const consoleRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/console{/*page}",
    permission: "public",
    summary: "The staff console (one page; it signs in by itself)",
    params: z.object({ page: z.array(z.string()).optional() }),
    handler: ({ services }) => {
      const { host, title } = services.get(CONSOLE_HOST);
      const nonce = randomBytes(16).toString("base64url");
      const html = Buffer.from(consolePage({ title, nonce, ...host.assets() }));
      return Promise.resolve(content(html, "text/html; charset=utf-8", { "Cache-Control": "no-store", "Content-Security-Policy": consolePolicy(nonce) }));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/console/assets/:hash/*file",
    permission: "public",
    summary: "Scripts and styles of the console, for good under their hash",
    params: z.object({ hash, file }),
    handler: ({ services, params, headers }) => Promise.resolve(built(services.get(CONSOLE_HOST).host.hostFile(params.hash, params.file.join("/")), headers)),
  }),
  defineRoute({
    method: "GET",
    path: "/console/ext/:plugin/:hash/*file",
    permission: "authenticated",
    summary: "Scripts and styles of a plugin's pages, for good under their hash",
    params: z.object({ plugin: z.string().regex(/^[\w-]{1,64}$/), hash, file }),
    handler: ({ services, params, headers }) => Promise.resolve(built(services.get(CONSOLE_HOST).host.pluginFile(params.plugin, params.hash, params.file.join("/")), headers)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/console/session",
    permission: "authenticated",
    summary: "Who I am, which pages and panels I get, the server's time, and up to which pushed event a page knows what it loads from now on",
    output: z.object({ now: z.number(), news: z.object({ epoch: z.string(), id: z.number() }), timezone: z.string(), title: z.string(), user, pages: z.array(page), panels: z.array(panel), scripts: z.array(z.object({ plugin: z.string(), script: z.string().nullable(), style: z.string().nullable() })) }),
    handler: ({ services, principal }) => {
      const { host, title, hub } = services.get(CONSOLE_HOST);
      const permissions = principal?.permissions ?? new Set<string>();
      return Promise.resolve({
        now: services.get(CLOCK).now(),
        news: hub.place,
        timezone: services.get(SETTINGS).timezone,
        title,
        user: {
          id: principal?.userId ?? "",
          username: principal?.username ?? "",
          displayName: principal?.displayName ?? "",
          roles: [...(principal?.roles ?? [])],
          permissions: [...permissions].sort(),
          departmentCode: principal?.departmentCode ?? null,
          agentNumber: principal?.agentNumber ?? null,
        },
        ...host.mapFor(permissions),
      });
    },
  }),
];

function built(found: UiFile, headers: Readonly<Record<string, string | undefined>>): HttpContent {
  const packed = found.gzip !== undefined && acceptsGzip(headers["accept-encoding"]) ? found.gzip : undefined;
  return content(packed ?? found.bytes, found.type, { "Cache-Control": FOREVER, Vary: "Accept-Encoding", ...(packed === undefined ? {} : { "Content-Encoding": "gzip" }) });
}

function content(bytes: Buffer, contentType: string, headers: Readonly<Record<string, string>>): HttpContent {
  return { kind: "content", contentType, size: bytes.length, etag: createHash("sha256").update(bytes).digest("base64url").slice(0, 16), headers, open: (start, end) => Readable.from([bytes.subarray(start, end + 1)]) };
}
