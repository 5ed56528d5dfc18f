import { createHash } from "node:crypto";
import {
  AUDIT, CALENDARS, CALL_JOURNAL, CALL_PIPELINE, CLOCK, defineEvent, definePlugin, defineRoute, DIGEST_CREDENTIALS, DIRECTORY, IDS, MEDIA, MESSAGE_INTAKE, METRICS, Networks, READ_POOL, SCREENS, SECRETS, UNIT_OF_WORK, WS_ROUTES,
} from "@hotlinejs/core";
import type { DigestCredentials, WsRoutes } from "@hotlinejs/core";
import { z } from "zod";
import { sipAuditWords } from "./audit-words.js";
import { sipConfig } from "./config.js";
import { SIP } from "./contract.js";
import { DigestServer } from "./digest/digest-server.js";
import { BanEntity } from "./edge/ban.entity.js";
import { BanList } from "./edge/ban-list.js";
import { connectionsAtMost } from "./edge/connection-limit.js";
import { DailyCallsEntity } from "./edge/daily-calls.entity.js";
import { EdgeGuard } from "./edge/edge-guard.js";
import { sipErrors } from "./errors.js";
import { EDGE_MANAGE, EDGE_VIEW, edgeRoutes } from "./edge/edge-routes.js";
import { ProvenSources } from "./edge/proven-sources.js";
import { TollGuard } from "./edge/toll-guard.js";
import { TurnedAway } from "./edge/turned-away.js";
import { securedInFront, WsGate } from "./edge/ws-gate.js";
import { WsListener } from "./edge/ws-listener.js";
import { SipEdge } from "./migrations/edge.js";
import { SipInit } from "./migrations/init.js";
import { SipTrunkSwitches } from "./migrations/trunk-switches.js";
import { SipWebCredentials } from "./migrations/web-credentials.js";
import { AuthThrottle } from "./registrar/auth-throttle.js";
import { Authenticator } from "./registrar/authenticator.js";
import type { Binding, RegistrarListener } from "./registrar/binding.js";
import { phoneKeepAlive } from "./registrar/phone-keep-alive.js";
import type { PhoneKeepAlive } from "./registrar/phone-keep-alive.js";
import { Registrar } from "./registrar/registrar.js";
import { RegistrationEntity } from "./registrar/registration.entity.js";
import { RegistrationStore } from "./registrar/registration-store.js";
import { SipAdapter } from "./sip-adapter.js";
import type { SipRequest, TlsSettings } from "./stack/index.js";
import { registerSipMetrics } from "./sip-metrics.js";
import { createSipService } from "./sip-service.js";
import { REGISTRATIONS_VIEW, trunkRoutes, TRUNKS_MANAGE } from "./trunk/trunk-routes.js";
import { TrunkSwitchEntity } from "./trunk/trunk-switch.entity.js";
import { TrunkSwitches } from "./trunk/trunk-switches.js";
import { TrunkTable } from "./trunk/trunk-table.js";
import { BROWSER_PHONE, credentialRoute } from "./web/credential-route.js";
import { WebCredentialEntity } from "./web/web-credential.entity.js";
import { WebCredentials } from "./web/web-credentials.js";

/** Connections to the port for browsers, by those of SIP: as many again may be on the way to become WebSockets. */
const WEB_CONNECTIONS = 2;

/** SIP trunks, agents' phones and calls over them. */
export const sip = definePlugin({
  name: "sip",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["media", "directory", "http"],
  config: sipConfig,
  entities: [RegistrationEntity, WebCredentialEntity, BanEntity, DailyCallsEntity, TrunkSwitchEntity],
  migrations: [SipInit, SipWebCredentials, SipEdge, SipTrunkSwitches],
  provides: [SIP],
  audit: sipAuditWords,
  permissions: [
    { name: REGISTRATIONS_VIEW, roles: ["supervisor", "shift_supervisor", "team_leader"], description: "See registered phones and the state of SIP trunks" },
    { name: TRUNKS_MANAGE, description: "Disable and enable SIP trunks" },
    { name: EDGE_VIEW, roles: ["supervisor", "shift_supervisor"], description: "See what the edge of SIP turned away, and banned addresses" },
    { name: EDGE_MANAGE, description: "Ban addresses and lift bans" },
    { name: BROWSER_PHONE, roles: ["agent", "team_leader", "shift_supervisor", "supervisor"], description: "Have a phone in the browser" },
  ],
  events: [defineEvent("sip.registered"), defineEvent("sip.unregistered"), defineEvent("sip.trunk-state"), defineEvent("sip.trunk-reachable"), defineEvent("sip.trunk-switched"), defineEvent("sip.banned"), defineEvent("sip.unbanned")],
  routes: [
    credentialRoute,
    ...edgeRoutes,
    defineRoute({
      method: "GET",
      path: "/api/sip/registrations",
      permission: REGISTRATIONS_VIEW,
      summary: "Registered phones",
      output: z.object({
        items: z.array(z.object({ account: z.string(), contact: z.string(), address: z.string(), userAgent: z.string().nullable(), expiresAt: z.number(), reachable: z.boolean() })),
        next: z.null(),
      }),
      handler: async ({ services }) => ({ items: services.get(SIP).registrations(), next: null }),
    }),
    ...trunkRoutes,
  ],
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [{ path: "/trunks", title: "中继", titleEn: "Trunks", permission: REGISTRATIONS_VIEW, menu: { icon: "phone", order: 85 } }],
  },
  register({ config, settings, services, events, hooks, log, onReady, onStart, onDrain, onStop, health }) {
    const trunks = new TrunkTable(config.trunks);
    let adapter: SipAdapter | undefined;
    let registrar: Registrar | undefined;
    let keepAlive: PhoneKeepAlive | undefined;
    let store: RegistrationStore | undefined;
    let web: WebCredentials | undefined;
    let listener: WsListener | undefined;
    let certificates: TlsSettings | undefined;
    let banList: BanList | undefined;
    let guard: EdgeGuard | undefined;
    let toll: TollGuard | undefined;
    let throttle: AuthThrottle | undefined;
    let turnedAway: TurnedAway | undefined;
    let switches: TrunkSwitches | undefined;
    const tellScreens = (): void => services.optional(SCREENS)?.tell({ permission: REGISTRATIONS_VIEW }, { topic: "sip.trunks", data: {} });
    const trunkSwitches = (): TrunkSwitches =>
      (switches ??= new TrunkSwitches({
        trunks,
        unitOfWork: services.get(UNIT_OF_WORK),
        reads: services.get(READ_POOL),
        clock: services.get(CLOCK),
        log,
        changed: (trunk, enabled, actor) => {
          adapter?.trunkSwitched(trunk);
          events.publish("sip.trunk-switched", { trunk: trunk.key, enabled, actor });
          tellScreens();
        },
      }));

    // Before every other rule: what would cost money is refused whoever asks.
    hooks.callOutbound.tap((request) => toll?.check(request), { stage: -100 });

    if (config.trunks.some((trunk) => trunk.messages && trunk.outbound !== undefined)) {
      hooks.notify.for("sms").tap((notification) => {
        if (adapter === undefined) throw sipErrors.MESSAGE_REFUSED(503);
        return adapter.deliver(notification);
      });
    }

    const webRoutes = (): WsRoutes | undefined => (config.ws ? services.optional(WS_ROUTES) : undefined);
    const trustedProxies = new Networks(config.trustedProxies);
    const isProxy = (address: string): boolean => webRoutes()?.isProxy(address) ?? trustedProxies.has(address);
    const webSocketPath = (): string | undefined => (config.ws && (webRoutes() !== undefined || config.wsPort !== undefined) ? config.wsPath : undefined);
    const gate = new WsGate({ agent: () => adapter?.agent, log, secureInFront: (peer) => securedInFront(peer, { publicUrl: settings.publicUrl, tlsOnly: config.tlsOnly, isProxy }), allowed: (_address, kind) => kind === "wss" || !config.tlsOnly });

    services.provide(SIP, () => createSipService({ trunks, clock: () => services.get(CLOCK), registrar: () => registrar, adapter: () => adapter, credentials: () => web, webSocketPath, webSocketPort: () => listener?.port, publicUrl: settings.publicUrl, guard: () => guard, banList: () => banList, tollRefusals: () => toll?.refusals ?? 0, switches: trunkSwitches, isProxy, keepAlive: () => keepAlive }));

    registerSipMetrics(services.get(METRICS), () => services.get(SIP), () => throttle?.counters ?? { failures: 0, waits: 0 }, () => adapter?.tls.terms.inUse ?? []);

    onReady(() => {
      const clock = services.get(CLOCK);
      const accounts = services.optional(DIGEST_CREDENTIALS) ?? noAccounts(config.realm ?? settings.name);
      const credentials = new WebCredentials({
        accounts,
        directory: services.optional(DIRECTORY),
        clock,
        secrets: services.get(SECRETS),
        unitOfWork: services.get(UNIT_OF_WORK),
        reads: services.get(READ_POOL),
        lifetimeMs: config.browserCredentialSeconds * 1000,
      });
      web = credentials;
      const bans = new BanList({
        unitOfWork: services.get(UNIT_OF_WORK),
        reads: services.get(READ_POOL),
        clock,
        log,
        changed: (ban, banned) => {
          if (banned) {
            adapter?.agent?.disconnect(ban.address);
            events.publish("sip.banned", { address: ban.address, reason: ban.reason, until: ban.until });
          } else events.publish("sip.unbanned", { address: ban.address });
        },
      });
      banList = bans;
      const digest = new DigestServer({
        credentials,
        clock,
        algorithms: config.algorithms,
        // The same after a restart, so that phones are told "stale" and not "wrong password".
        nonceKey: createHash("sha256").update(services.get(SECRETS).blindIndex("sip nonces")).digest(),
        ...(config.realm === undefined ? {} : { realm: config.realm }),
      });
      const provenSources = new ProvenSources(clock);
      const answersChallenge = (request: SipRequest, address: string): boolean => digest.answersChallenge(request.headers.all("authorization"), address);
      const away = new TurnedAway({
        clock,
        log,
        write: (entries) => services.get(UNIT_OF_WORK).run(async (uow) => {
          for (const entry of entries) uow.audit(entry);
        }),
      });
      turnedAway = away;
      const edge = new EdgeGuard({
        config: config.edge,
        clock,
        log,
        bans,
        isTrunk: (address) => trunks.bySource(address) !== undefined,
        isProxy,
        answersChallenge,
        suspected: (address, reason) => {
          services.get(AUDIT).record({ actor: "plugin:sip", action: "sip.suspected", subject: { type: "address", id: address }, details: { reason } }).catch((error: unknown) => log.error({ err: error }, "a suspicion could not be written into the audit"));
        },
        isRegistered: (address) => registrar?.reaches(address) === true,
        turnedAway: (reason, address, account) => away.note(reason, address, account),
      });
      guard = edge;
      toll = new TollGuard({
        config: config.toll,
        clock,
        log,
        unitOfWork: services.get(UNIT_OF_WORK),
        reads: services.get(READ_POOL),
        calendar: (key) => services.get(CALENDARS).get(key),
        liveCalls: () => adapter?.trunkCalls ?? 0,
        refused: (code, actor, number) => {
          services.get(AUDIT).record({ actor, action: "sip.toll-refused", details: { code, number }, outcome: "refused" }).catch((error: unknown) => log.error({ err: error }, "a call that was not allowed could not be written into the audit"));
        },
        outsideNumber: (address) => (/^(sips?|tel):/i.test(address) ? adapter?.outsideNumber(address) : undefined),
      });
      store = new RegistrationStore({ unitOfWork: services.get(UNIT_OF_WORK), reads: services.get(READ_POOL), clock, log });
      registrar = new Registrar({ clock, ids: services.get(IDS), listener: tell(store, () => registrar), ...config.registrar });
      keepAlive = phoneKeepAlive(config.registrar, { clock, log, registrar, own: () => adapter });
      if (digest.realm !== credentials.realm) log.warn({ realm: digest.realm }, "the SIP realm differs from the one the stored digests were made for: no phone can register. Leave `realm` out");
      throttle = new AuthThrottle(clock, { perAccount: config.authFailures, perSource: config.authFailures * 10, windowMs: config.authBlockSeconds * 1000 });
      adapter = new SipAdapter({
        config,
        settings,
        clock,
        ids: services.get(IDS),
        log,
        pipeline: services.get(CALL_PIPELINE),
        journal: services.optional(CALL_JOURNAL),
        credentials,
        guestNumbers: (account) => credentials.mayDial(account),
        guestCall: (account, number) => credentials.claim(account, number),
        ...(webSocketPath() === undefined ? {} : { webSockets: gate }),
        authenticator: new Authenticator({ digest, throttle, audit: services.get(AUDIT), log, guessing: (address) => edge.guessing(address), proven: (address) => provenSources.add(address) }),
        knows: (address, request) => registrar?.reaches(address) === true || provenSources.has(address) || (request !== undefined && answersChallenge(request, address)),
        guard: edge,
        turnedAway: (reason, address) => away.note(reason, address),
        registrar,
        trunks,
        media: () => services.get(MEDIA),
        sound: () => services.optional(MEDIA),
        intake: () => services.get(MESSAGE_INTAKE),
        trunkChanged: (trunk, state, status) => {
          if (state !== "static") events.publish("sip.trunk-state", { trunk, state, status });
          tellScreens();
        },
        trunkReachable: (trunk, up, status) => {
          events.publish("sip.trunk-reachable", { trunk, up, status });
          tellScreens();
        },
        certificates: (settings) => {
          certificates = settings;
          listener?.useTls(settings);
        },
        product: config.productName ?? `${settings.name}/${__VERSION__}`,
      });
      services.get(CALL_PIPELINE).register(adapter);
    });

    onStart(async () => {
      if (adapter === undefined || registrar === undefined || store === undefined) return;
      // One that there is not would be noticed at the first call.
      if (config.toll.calendar !== undefined) services.get(CALENDARS).get(config.toll.calendar);
      // Phones that were registered can be rung from the first moment; they may not know that we were gone.
      registrar.restore(await store.load());
      await banList?.load();
      await trunkSwitches().load();
      await adapter.start();
      const routes = webRoutes();
      if (routes !== undefined) routes.handle(config.wsPath, { permission: "public", protocols: ["sip"] }, (socket, request) => gate.take(socket, request));
      else if (config.ws && config.wsPort !== undefined) {
        listener = new WsListener({ host: config.host ?? settings.host, port: config.wsPort, path: config.wsPath, origins: config.wsOrigins, trustedProxies, proxyHeader: config.proxyHeader, tls: config.wsTls ? certificates : undefined, maxConnections: connectionsAtMost(config.maxConnections, log) * WEB_CONNECTIONS, full: (address) => guard?.crowded(address), clock: services.get(CLOCK), log, take: (socket, request) => gate.take(socket, request) });
        await listener.start();
      }
    });

    onDrain(() => adapter?.drain());

    onStop(async () => {
      keepAlive?.stop();
      await adapter?.stop();
      await listener?.stop();
      await turnedAway?.stop();
      registrar?.close();
      banList?.stop();
      await store?.flush();
    });

    health(() => {
      const states = trunks.trunks.map((trunk) => trunk.describe(services.get(CLOCK)));
      const down = states.filter((trunk) => trunk.disabled === null && (trunk.state === "failed" || trunk.up === false)).map((trunk) => trunk.key);
      const failure = adapter?.failure;
      const tls = adapter?.tls.terms.health();
      const problem = failure !== undefined ? `a SIP transport broke: ${failure}` : adapter?.overloaded === true ? `${sipErrors.OVERLOADED.code}: ${sipErrors.OVERLOADED().message}` : down.length > 0 ? `not registered with, or no answer from: ${down.join(", ")}` : undefined;
      const message = problem ?? tls?.message;
      return { ok: problem === undefined && tls?.ok !== false, ...(message === undefined ? {} : { message }), details: { calls: adapter?.calls ?? 0, stack: adapter?.agent?.metrics(), registrations: registrar?.all().length ?? 0, trunks: states, edge: { ...services.get(SIP).edge(), live: banList?.size ?? 0 }, settingUp: adapter?.load.settingUp ?? 0, certificates: tls?.details ?? [] } };
    });

    function tell(to: RegistrationStore, live: () => Registrar | undefined): RegistrarListener {
      const reachable = new Set<string>();
      const lost = (account: string): void => {
        if ((live()?.reachable(account).length ?? 0) > 0 || !reachable.delete(account)) return;
        events.publish("endpoint.unreachable", { address: `sip:${account}`, adapter: "sip" });
      };
      return {
        bound(binding: Binding, refreshed: boolean, moved: boolean) {
          to.save(binding);
          adapter?.bound(binding);
          keepAlive?.bound(binding);
          if (!refreshed) events.publish("sip.registered", { account: binding.account, contact: binding.contact, expiresAt: binding.expiresAt, userAgent: binding.userAgent ?? null });
          // Told of every device that comes, or comes back by another way before the loss of the first was seen: one of several may be waited for.
          if (refreshed && !moved && reachable.has(binding.account)) return;
          reachable.add(binding.account);
          events.publish("endpoint.reachable", { address: `sip:${binding.account}`, adapter: "sip" });
        },
        unbound(binding, reason) {
          to.remove(binding.id);
          keepAlive?.unbound(binding);
          events.publish("sip.unregistered", { account: binding.account, contact: binding.contact, reason });
          lost(binding.account);
        },
        silent({ account }, silent) {
          if (silent) return lost(account);
          reachable.add(account);
          events.publish("endpoint.reachable", { address: `sip:${account}`, adapter: "sip" });
        },
      };
    }
  },
});

/** Without plugin-directory no phone can register; trunks work. */
function noAccounts(realm: string): DigestCredentials {
  return { realm, find: () => Promise.resolve(undefined) };
}
