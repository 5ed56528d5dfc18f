import { CLOCK, definePlugin, DIRECTORY, IDS, isLoopback, METRICS, Networks, READ_POOL, ROUTES, UNIT_OF_WORK, WS_ROUTES, errorText, type Timer } from "@hotlinejs/core";
import { httpConfig } from "./config.js";
import { HTTP_COOKIES, HTTP_SERVER, HTTP_SESSIONS } from "./contract.js";
import { SessionEntity } from "./entities/session.entity.js";
import { httpErrors } from "./errors.js";
import { HTTP_HOME } from "./http-internals.js";
import { HttpInit } from "./migrations/init.js";
import { AUDIT_READ, auditRoutes } from "./routes/audit-routes.js";
import { authRoutes } from "./routes/auth-routes.js";
import { interactionRoutes } from "./routes/interaction-routes.js";
import { METRICS_READ, metricsRoutes } from "./routes/metrics-routes.js";
import { systemRoutes } from "./routes/system-routes.js";
import { ConnectionBounds } from "./server/connection-bounds.js";
import { HttpServer } from "./server/http-server.js";
import { checkRoutes, createRouteApp } from "./server/route-app.js";
import { TlsWatch } from "./server/tls-watch.js";
import { WsHub } from "./server/ws-hub.js";
import { Authenticator } from "./services/authenticator.js";
import { DefaultHttpSessions } from "./services/default-http-sessions.js";
import { LoginLimiter } from "./services/login-limiter.js";

const HOUR_MS = 3_600_000;

/** Serves the routes and WebSockets of all plugins, and lets people sign in. */
export const http = definePlugin({
  name: "http",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["directory"],
  critical: true,
  config: httpConfig,
  entities: [SessionEntity],
  migrations: [HttpInit],
  provides: [WS_ROUTES, HTTP_SERVER, HTTP_SESSIONS, HTTP_COOKIES, HTTP_HOME],
  routes: [...systemRoutes, ...authRoutes, ...interactionRoutes, ...auditRoutes, ...metricsRoutes],
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [{ path: "/audit", title: "审计", titleEn: "Audit", permission: AUDIT_READ, menu: { icon: "check", order: 92 } }],
  },
  register({ config, services, settings, log, onCheck, onStart, onDrained, onStop, health }) {
    const server = new HttpServer(log);
    const secure = config.tlsCert !== undefined || settings.publicUrl?.startsWith("https:") === true;
    const trustedProxies = new Networks(config.trustedProxies);
    const idleMs = config.sessionHours * HOUR_MS;
    const maxMs = config.sessionMaxHours * HOUR_MS;
    let sessions: DefaultHttpSessions | undefined;
    let hub: WsHub | undefined;
    let sweeper: Timer | undefined;
    let certificate: TlsWatch | undefined;
    let bounds: ConnectionBounds | undefined;

    const theSessions = (): DefaultHttpSessions =>
      (sessions ??= new DefaultHttpSessions({
        units: services.get(UNIT_OF_WORK),
        reads: services.get(READ_POOL),
        clock: services.get(CLOCK),
        ids: services.get(IDS),
        log,
        directory: () => services.optional(DIRECTORY),
        limiter: new LoginLimiter(config.loginAttempts),
        idleMs,
        maxMs,
      }));
    const theHub = (): WsHub =>
      (hub ??= new WsHub(services.get(CLOCK), log, {
        maxMessage: config.wsMaxMessage,
        maxBuffered: config.wsMaxBuffered,
        pingMs: config.wsPingSeconds * 1000,
        maxConnections: config.wsMaxConnections,
        trustedProxies,
        proxyHeader: config.proxyHeader,
      }));

    services.get(METRICS).gauge({ name: "hotline_http_requests", help: "HTTP requests being answered." }, () => server.active);
    services.get(METRICS).gauge({ name: "hotline_http_websockets", help: "Open WebSockets." }, () => hub?.connections ?? 0);
    services.get(METRICS).gauge({ name: "hotline_http_connections", help: "Connections to the web server, WebSockets among them." }, () => bounds?.open ?? 0);
    services.get(METRICS).counter({ name: "hotline_http_connections_refused_total", help: "Connections closed unread, by why: all places taken (full), or all of one address (address).", labels: ["reason"] }, () => Object.entries(bounds?.refused ?? { full: 0, address: 0 }).map(([reason, value]) => ({ value, labels: { reason } })));
    services.get(METRICS).gauge({ name: "hotline_http_certificate_expiry_time_seconds", help: "When the certificate in use runs out, seconds since 1970." }, () => certificate?.terms.inUse.map(({ validTo }) => ({ value: validTo / 1_000 })) ?? []);
    services.provide(HTTP_SERVER, () => server);
    services.provide(HTTP_SESSIONS, theSessions);
    services.provide(HTTP_COOKIES, () => ({ secure, maxAgeSeconds: maxMs / 1000 }));
    services.provide(WS_ROUTES, theHub);
    services.provide(HTTP_HOME, () => config.home);

    onCheck(() => checkRoutes(services.get(ROUTES)));
    onStart(async () => {
      const host = config.host ?? settings.host;
      // Demo passwords are allowed on the strength of this setting, so it must be true.
      if (settings.loopbackOnly && !isLoopback(host)) throw httpErrors.HOST_EXPOSED(host);
      const clock = services.get(CLOCK);
      certificate = new TlsWatch({ cert: config.tlsCert, key: config.tlsKey, clock, log, changed: (material) => server.useTls(material) });
      const tls = await certificate.load();
      const authenticator = new Authenticator(theSessions(), secure, settings.publicUrl, config.metricsToken === undefined ? [] : [{ token: config.metricsToken, permission: METRICS_READ }]);
      const app = createRouteApp({
        routes: services.get(ROUTES),
        services,
        authenticator,
        ids: services.get(IDS),
        clock,
        log,
        bodyLimit: config.bodyLimit,
        trustedProxies,
        proxyHeader: config.proxyHeader,
        checkOutput: config.checkOutput,
        tls: tls !== undefined,
        draining: () => server.draining,
      });
      bounds = new ConnectionBounds({ most: config.maxConnections, perAddress: config.maxConnectionsPerAddress, trustedProxies, clock, log });
      await server.listen({ host, port: config.port, tls, bounds, onRequest: app, onUpgrade: (request, socket, head) => theHub().upgrade(request, socket, head, authenticator) });
      theHub().start(authenticator);
      sweeper = clock.setInterval(() => {
        theSessions()
          .sweep()
          .catch((error: unknown) => log.warn({ error: errorText(error) }, "expired sessions could not be deleted"));
      }, HOUR_MS);
      log.info({ url: server.url }, "http listening");
    });
    // Until the last call has ended agents speak, write and hang up over this server, and health tells who asks that it drains.
    onDrained(async (signal) => {
      sweeper?.cancel();
      await Promise.all([server.drain(signal), theHub().close(signal)]);
      await sessions?.settled();
    });
    onStop(async () => {
      sweeper?.cancel();
      certificate?.stop();
      await hub?.close(AbortSignal.abort());
      await server.stop();
      await sessions?.settled();
    });
    health(() => {
      const tls = certificate?.terms.health();
      return {
        ok: server.port !== undefined && tls?.ok !== false,
        ...(tls?.message === undefined ? {} : { message: tls.message }),
        details: { url: server.url ?? null, requests: server.active, connections: bounds?.open ?? 0, webSockets: hub?.connections ?? 0, certificates: tls?.details ?? [] },
      };
    });
  },
});
