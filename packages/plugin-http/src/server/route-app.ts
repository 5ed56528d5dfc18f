import type { IncomingMessage } from "node:http";
import { clientAddress, errorText, isHotlineError, type Clock, type HttpContent, type HttpReply, type HttpRequest, type HttpRoute, type Ids, type Logger, type Networks, type ProxyHeader, type Services } from "@hotlinejs/core";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import helmet from "helmet";
import { comparePaths } from "../domain/path-order.js";
import { httpErrors } from "../errors.js";
import type { Authenticator } from "../services/authenticator.js";
import { errorReply } from "./error-reply.js";
import { HOME_STYLE_HASH, languageOf, missingPage } from "./home-page.js";
import { describeIssues, parseInput } from "./parse-input.js";
import { sendContent } from "./send-content.js";

export interface RouteAppParts {
  readonly routes: readonly { readonly plugin: string; readonly route: HttpRoute }[];
  readonly services: Services;
  readonly authenticator: Authenticator;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bodyLimit: number;
  readonly trustedProxies: Networks;
  readonly proxyHeader: ProxyHeader;
  readonly checkOutput: boolean;
  readonly tls: boolean;
  readonly draining: () => boolean;
}

interface BodyParsers {
  readonly json: ReturnType<typeof express.json>;
  readonly form: ReturnType<typeof express.urlencoded>;
}

const MOST_FORM_FIELDS = 200;
const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/**
 * Says of a route that cannot be served whose it is; express would name the path alone.
 *
 * @throws HTL_HTTP_ROUTE_INVALID
 */
export function checkRoutes(routes: RouteAppParts["routes"]): void {
  const probe = express.Router();
  for (const { plugin, route } of routes) {
    try {
      if (!METHODS.has(route.method)) throw new Error(`the method is none of ${[...METHODS].join(", ")}`);
      probe.all(route.path, () => undefined);
    } catch (cause) {
      throw httpErrors.ROUTE_INVALID(`${route.method} ${route.path}`, plugin, errorText(cause), { cause });
    }
  }
}

/** The routes of all plugins as one express application. */
export function createRouteApp(parts: RouteAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  // For X-Forwarded-Host alone: who the client is, `clientAddress` tells.
  app.set("trust proxy", (address: string) => parts.trustedProxies.has(address));
  app.set("case sensitive routing", true);
  // What express says when all else fails must not show a stack.
  app.set("env", "production");

  app.use((req, res, next) => begin(parts, req, res, next));
  app.use(securityHeaders(parts.tls));
  app.use((_req, res, next) => {
    if (!parts.draining()) return next();
    res.setHeader("Connection", "close");
    next(httpErrors.DRAINING({ details: { retryAfter: 10 } }));
  });

  const parsers: BodyParsers = {
    json: express.json({ limit: parts.bodyLimit, strict: false, type: isJson }),
    form: express.urlencoded({ limit: parts.bodyLimit, extended: false, parameterLimit: MOST_FORM_FIELDS, type: isForm }),
  };
  for (const [path, routes] of byPath(parts.routes)) {
    for (const { route } of routes) {
      app[route.method.toLowerCase() as "get"](path, (req, res) => serve(parts, parsers, route, req, res));
    }
    const methods = allowed(routes.map(({ route }) => route.method));
    app.all(path, (req, res) => {
      res.setHeader("Allow", methods);
      if (req.method !== "OPTIONS") throw httpErrors.METHOD_NOT_ALLOWED(req.method, { details: { allow: methods.split(", ") } });
      res.status(204).end();
    });
  }
  app.use((req) => {
    throw httpErrors.NOT_FOUND(req.path.slice(0, 200));
  });
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => fail(parts, error, req, res, next));
  return app;
}

/** Every request gets an id, is logged when it is over, and is not cached unless it says otherwise. */
function begin(parts: RouteAppParts, req: Request, res: Response, next: NextFunction): void {
  const given = req.headers["x-request-id"];
  const id = typeof given === "string" && parts.trustedProxies.has(req.socket.remoteAddress ?? "") && /^[\w-]{8,64}$/.test(given) ? given : parts.ids.next();
  req.headers["x-request-id"] = id;
  res.setHeader("X-Request-Id", id);
  res.setHeader("Cache-Control", "no-store");
  const start = parts.clock.monotonic();
  res.once("close", () => {
    // Without the query: it may hold what is nobody's business.
    parts.log.debug({ requestId: id, method: req.method, path: req.path, status: res.writableFinished ? res.statusCode : 499, ms: Math.round(parts.clock.monotonic() - start) }, "request");
  });
  next();
}

function securityHeaders(tls: boolean): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", `'sha256-${HOME_STYLE_HASH}'`],
        imgSrc: ["'self'", "data:", "blob:"],
        mediaSrc: ["'self'", "blob:"],
        connectSrc: ["'self'"],
        // Would turn a plain HTTP hotline's own links into dead ones.
        upgradeInsecureRequests: tls ? [] : null,
      },
    },
    // With `no-referrer` browsers send `Origin: null` with our own forms, which then look like another site's.
    referrerPolicy: { policy: "same-origin" },
    hsts: tls ? { maxAge: 180 * 86_400, includeSubDomains: false } : false,
    frameguard: { action: "deny" },
    crossOriginOpenerPolicy: tls ? { policy: "same-origin" } : false,
    originAgentCluster: tls,
  });
}

async function serve(parts: RouteAppParts, parsers: BodyParsers, route: HttpRoute, req: Request, res: Response): Promise<void> {
  const abort = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) abort.abort(httpErrors.CLIENT_GONE());
  });
  const unsafe = req.method !== "GET" && req.method !== "HEAD";
  const principal = await parts.authenticator.admit({ permission: route.permission, headers: req.headers, unsafe, host: req.host });
  const params = await parseInput("params", route.params, { ...req.params });
  const query = await parseInput("query", route.query, { ...req.query });
  const body = route.body === undefined ? undefined : await parseInput("body", route.body, await readBody(parsers, parts.bodyLimit, route, req, res));
  if (abort.signal.aborted) return;
  const request: HttpRequest = {
    params,
    query,
    body,
    principal,
    services: parts.services,
    signal: abort.signal,
    remoteAddress: clientAddress(req.socket.remoteAddress ?? "unknown", req.headers, parts.trustedProxies, parts.proxyHeader),
    headers: singleHeaders(req),
  };
  const result: unknown = await route.handler(request as unknown as HttpRequest<never, never, never>);
  if (res.destroyed || abort.signal.aborted) return;
  await send(parts, route, req, res, result, abort.signal);
}

function readBody(parsers: BodyParsers, limit: number, route: HttpRoute, req: Request, res: Response): Promise<unknown> {
  const length = Number(req.headers["content-length"] ?? 0);
  const hasBody = req.headers["transfer-encoding"] !== undefined || length > 0;
  if (!hasBody) return Promise.resolve(undefined);
  const form = route.form === true && isForm(req);
  if (!form && !isJson(req)) throw httpErrors.BAD_MEDIA_TYPE();
  // Told at once: the parser would take the whole body in before it refuses it. The connection stays, so that who is
  // still sending is not cut off before the answer is read; node discards the rest, for requestTimeout at most.
  if (length > limit) throw httpErrors.BODY_TOO_LARGE(limit, { details: { limit } });
  return new Promise((resolve, reject) => {
    parsers[form ? "form" : "json"](req, res, (error?: unknown) => {
      // The form parser makes objects without a prototype, which schemas do not take for records.
      if (error === undefined || error === null) resolve(form ? { ...(req.body as object) } : (req.body as unknown));
      else reject(error instanceof Error ? error : new Error(errorText(error)));
    });
  });
}

async function send(parts: RouteAppParts, route: HttpRoute, req: Request, res: Response, result: unknown, signal: AbortSignal): Promise<void> {
  const kind = typeof result === "object" && result !== null && "kind" in result ? result.kind : undefined;
  if (kind === "content") return sendContent(req, res, result as HttpContent, signal);
  let body = result;
  let status = result === undefined ? 204 : 200;
  if (kind === "reply") {
    const reply = result as HttpReply;
    body = reply.body;
    status = reply.status;
    for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value);
    if (reply.text !== undefined) {
      res.status(status).send(reply.text);
      return;
    }
  }
  const text = body === undefined ? undefined : JSON.stringify(body);
  if (parts.checkOutput && route.output !== undefined && status < 300) {
    const checked = await route.output.safeParseAsync(text === undefined ? undefined : (JSON.parse(text) as unknown));
    if (!checked.success) throw httpErrors.BAD_OUTPUT(route.method, route.path, describeIssues("output", checked.error).map((issue) => `${issue.path}: ${issue.message}`).join("; "));
  }
  res.status(status);
  if (text === undefined) {
    res.end();
    return;
  }
  if (!res.hasHeader("Content-Type")) res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.send(text);
}

function fail(parts: RouteAppParts, error: unknown, req: Request, res: Response, next: NextFunction): void {
  const requestId = String(req.headers["x-request-id"]);
  // Gone, or in the middle of a stream: nothing can be told any more.
  if (res.destroyed || res.headersSent) {
    const gone = res.destroyed || (error instanceof Error && "code" in error && (error.code === "ERR_STREAM_PREMATURE_CLOSE" || error.code === "ABORT_ERR"));
    parts.log[gone ? "debug" : "error"]({ requestId, path: req.path, err: error }, "answer broken off");
    res.destroy();
    return;
  }
  const reply = errorReply(error, requestId, parts.bodyLimit);
  if (reply.internal) parts.log.error({ requestId, method: req.method, path: req.path, err: error }, "request failed");
  for (const [name, value] of Object.entries(reply.headers)) res.setHeader(name, value);
  // Somebody who follows an old link reads no JSON; programs and the API's users do.
  if (isHotlineError(error) && error.code === "HTL_HTTP_NOT_FOUND" && req.method === "GET" && !req.path.startsWith("/api/") && req.accepts(["json", "html"]) === "html") {
    res.status(reply.status).setHeader("Content-Type", "text/html; charset=utf-8");
    res.send(missingPage(languageOf(req.headers["accept-language"])));
    return;
  }
  try {
    res.status(reply.status).setHeader("Content-Type", "application/json; charset=utf-8");
    res.send(JSON.stringify(reply.body));
  } catch (cause) {
    // Details that are no JSON: express closes the connection.
    next(cause);
  }
}

function byPath(routes: RouteAppParts["routes"]): [string, RouteAppParts["routes"]][] {
  const groups = new Map<string, RouteAppParts["routes"][number][]>();
  for (const entry of routes) {
    const group = groups.get(entry.route.path);
    if (group) group.push(entry);
    else groups.set(entry.route.path, [entry]);
  }
  return [...groups].sort(([a], [b]) => comparePaths(a, b));
}

function allowed(methods: readonly string[]): string {
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))), "OPTIONS"].join(", ");
}

function isForm(req: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(req.headers["content-type"] ?? "");
}

function isJson(req: IncomingMessage): boolean {
  return /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(req.headers["content-type"] ?? "");
}

function singleHeaders(req: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const out: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(req.headers)) out[name] = Array.isArray(value) ? value.join(", ") : value;
  return out;
}
