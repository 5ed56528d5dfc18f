import { createSilentLogger, errorText, Networks, SystemClock, UuidIds, type HttpRoute, type Logger, type Principal, type Services, type Token } from "@hotlinejs/core";
import { httpConfig, type HttpOptions } from "../src/config.js";
import type { HttpSessions } from "../src/contract.js";
import { ConnectionBounds } from "../src/server/connection-bounds.js";
import { HttpServer } from "../src/server/http-server.js";
import { createRouteApp } from "../src/server/route-app.js";
import { loadTls } from "../src/server/tls-material.js";
import { WsHub } from "../src/server/ws-hub.js";
import { Authenticator } from "../src/services/authenticator.js";

export const agent: Principal = { userId: "u1", username: "1001", displayName: "叶立新", roles: ["agent"], permissions: new Set(["desk.read"]) };

/** Sessions in memory: token -> principal. */
export class FakeSessions implements HttpSessions {
  readonly tokens = new Map<string, Principal>([["good", agent]]);
  failing = false;

  signIn(): Promise<never> {
    return Promise.reject(new Error("not in this test"));
  }
  async resolve(token: string) {
    if (this.failing) throw new Error("database is away: secret-dsn");
    const principal = this.tokens.get(token);
    return Promise.resolve(principal && { id: token, principal });
  }
  async end(token: string) {
    this.tokens.delete(token);
    return Promise.resolve();
  }
  async endAll() {
    this.tokens.clear();
    return Promise.resolve();
  }
}

export function fakeServices(values: readonly (readonly [Token<unknown>, unknown])[] = []): Services {
  const map = new Map<Token<unknown>, unknown>(values);
  return {
    provide: () => undefined,
    get: <T>(token: Token<T>) => {
      if (!map.has(token)) throw new Error(`no ${String(token.description)}`);
      return map.get(token) as T;
    },
    optional: <T>(token: Token<T>) => map.get(token) as T | undefined,
  };
}

/** Keeps what is logged as errors, and the fields of warnings. */
export function recordingLogger(): Logger & { readonly errors: string[]; readonly warnings: object[] } {
  const errors: string[] = [];
  const warnings: object[] = [];
  const silent = createSilentLogger();
  const error = (fields: object | string): void => void errors.push(typeof fields === "string" ? fields : "err" in fields ? errorText(fields.err) : JSON.stringify(fields));
  return Object.assign(Object.create(silent) as Logger, { errors, error, warnings, warn: (fields: object | string): void => void (typeof fields === "object" && warnings.push(fields)) });
}

/** The real server on a free port, with fake sessions. */
export async function startServer(routes: readonly HttpRoute[], options: HttpOptions = {}, extra: { services?: Services; publicUrl?: string; beforeStart?: (hub: WsHub) => void } = {}) {
  const config = httpConfig.parse({ checkOutput: true, ...options });
  const trustedProxies = new Networks(config.trustedProxies);
  const log = recordingLogger();
  const clock = new SystemClock();
  const sessions = new FakeSessions();
  const server = new HttpServer(log);
  const authenticator = new Authenticator(sessions, false, extra.publicUrl);
  const hub = new WsHub(clock, log, { maxMessage: config.wsMaxMessage, maxBuffered: config.wsMaxBuffered, pingMs: config.wsPingSeconds * 1000, maxConnections: config.wsMaxConnections, trustedProxies, proxyHeader: config.proxyHeader });
  extra.beforeStart?.(hub);
  const tls = await loadTls(config.tlsCert, config.tlsKey);
  const app = createRouteApp({
    routes: routes.map((route) => ({ plugin: "desk", route })),
    services: extra.services ?? fakeServices(),
    authenticator,
    ids: new UuidIds(clock),
    clock,
    log,
    bodyLimit: config.bodyLimit,
    trustedProxies,
    proxyHeader: config.proxyHeader,
    checkOutput: config.checkOutput,
    tls: tls !== undefined,
    draining: () => server.draining,
  });
  const bounds = new ConnectionBounds({ most: config.maxConnections, perAddress: config.maxConnectionsPerAddress, trustedProxies, clock, log });
  await server.listen({ host: "127.0.0.1", port: 0, tls, bounds, onRequest: app, onUpgrade: (request, socket, head) => hub.upgrade(request, socket, head, authenticator) });
  hub.start(authenticator);
  const url = server.url ?? "";
  const call = (path: string, init: RequestInit & { token?: string } = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (init.token !== undefined) headers.set("authorization", `Bearer ${init.token}`);
    return fetch(url + path, { ...init, headers });
  };
  return {
    server,
    bounds,
    hub,
    sessions,
    log,
    clock,
    url,
    port: server.port ?? 0,
    call,
    /** Sends JSON with a valid bearer token. */
    post: (path: string, body: unknown, init: RequestInit = {}) => call(path, { method: "POST", token: "good", ...init, headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) }, body: typeof body === "string" ? body : JSON.stringify(body) }),
    stop: async () => {
      await hub.close(AbortSignal.abort());
      await server.stop();
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;
