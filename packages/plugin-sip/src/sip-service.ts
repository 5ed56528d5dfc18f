import type { Clock } from "@hotlinejs/core";
import type { SipService } from "./contract.js";
import type { BanList } from "./edge/ban-list.js";
import type { EdgeGuard, GuardCounters } from "./edge/edge-guard.js";
import { sipErrors } from "./errors.js";
import type { PhoneKeepAlive } from "./registrar/phone-keep-alive.js";
import type { Registrar } from "./registrar/registrar.js";
import type { SipAdapter } from "./sip-adapter.js";
import type { TrunkSwitches } from "./trunk/trunk-switches.js";
import type { TrunkTable } from "./trunk/trunk-table.js";
import type { WebCredentials } from "./web/web-credentials.js";

const NOTHING_COUNTED: GuardCounters = { banned: 0, denied: 0, limited: 0, scanners: 0, unknownAccounts: 0, bans: 0, suspects: 0 };

/** The SIP token. Usable before the start: then nothing is registered. */
export function createSipService(parts: {
  trunks: TrunkTable; clock: () => Clock; registrar: () => Registrar | undefined; adapter: () => SipAdapter | undefined; credentials: () => WebCredentials | undefined; webSocketPath: () => string | undefined;
  webSocketPort: () => number | undefined; publicUrl: string | undefined; guard: () => EdgeGuard | undefined; banList: () => BanList | undefined; tollRefusals: () => number; switches: () => TrunkSwitches;
  isProxy(address: string): boolean; keepAlive: () => PhoneKeepAlive | undefined;
}): SipService {
  const { trunks, registrar, adapter, keepAlive } = parts;
  const credentials = (): WebCredentials => {
    const found = parts.credentials();
    if (found === undefined || parts.webSocketPath() === undefined) throw sipErrors.NO_WEB_SOCKET();
    return found;
  };
  return {
    registrations(account) {
      const live = account === undefined ? registrar()?.all() : registrar()?.lookup(account);
      return (live ?? []).map((b) => ({
        account: b.account,
        contact: b.contact,
        address: `${b.destination.kind}:${b.destination.host.includes(":") ? `[${b.destination.host}]` : b.destination.host}:${b.destination.port}`,
        userAgent: b.userAgent ?? null,
        expiresAt: b.expiresAt,
        reachable: registrar()?.isSilent(b) !== true,
      }));
    },
    trunks: () => trunks.trunks.map((trunk) => trunk.describe(parts.clock())),
    switchTrunk: (key, { enabled, reason = "", actor }) => parts.switches().set(key, enabled, { reason, actor }),
    stats() {
      const metrics = adapter()?.agent?.metrics();
      return {
        calls: adapter()?.calls ?? 0,
        registrations: registrar()?.all().length ?? 0,
        silentPhones: registrar()?.silent ?? 0,
        keepAlives: { asked: keepAlive()?.asked ?? 0, missed: keepAlive()?.missed ?? 0 },
        received: metrics?.received ?? 0,
        sent: metrics?.sent ?? 0,
        malformed: metrics?.malformed ?? 0,
        retransmissionsSent: metrics?.retransmissionsSent ?? 0,
        settingUp: adapter()?.load.settingUp ?? 0,
        lagMs: Math.round(metrics?.lagMs ?? 0),
        serverTransactions: metrics?.serverTransactions ?? 0,
      };
    },
    get endpoints() {
      return (adapter()?.agent?.endpoints ?? []).map((e) => ({ transport: e.kind, address: e.address, port: e.port }));
    },
    edge: () => {
      const metrics = adapter()?.agent?.metrics();
      return { ...(parts.guard()?.counters ?? NOTHING_COUNTED), toll: parts.tollRefusals(), overloads: adapter()?.load.overloads ?? 0, strangers: adapter()?.load.strangers ?? 0, unread: metrics?.unread ?? 0, silent: metrics?.silent ?? 0, shed: metrics?.shed ?? 0, forgotten: metrics?.forgotten ?? 0 };
    },
    bans: () => [...(parts.banList()?.all() ?? []), ...(parts.guard()?.suspects.all() ?? [])].sort((a, b) => b.since - a.since),
    async ban(address, { seconds, reason, actor }) {
      const list = parts.banList();
      if (list === undefined || trunks.bySource(address) !== undefined) throw sipErrors.TRUNK_BANNED(address);
      if (parts.isProxy(address)) throw sipErrors.PROXY_BANNED(address);
      return list.ban(address, reason, seconds, actor);
    },
    async liftBan(address, actor) {
      const suspected = parts.guard()?.suspects.lift(address) ?? false;
      return ((await parts.banList()?.lift(address, actor)) ?? false) || suspected;
    },
    get webSocketPath() {
      return parts.webSocketPath();
    },
    get webSocketPort() {
      return parts.webSocketPort();
    },
    publicUrl: parts.publicUrl,
    issueCredentials: async ({ account, userId }) => credentials().forUser(account, userId),
    async issueGuestCredentials({ numbers, seconds }) {
      const issued = await credentials().forGuest(numbers, Math.min(3600, Math.max(30, seconds ?? 300)) * 1000);
      if (issued === undefined) throw sipErrors.GUESTS_FULL();
      return issued;
    },
  };
}
