import type { SipService } from "./contract.js";
import type { Registrar } from "./registrar/registrar.js";
import type { SipAdapter } from "./sip-adapter.js";
import type { TrunkTable } from "./trunk/trunk-table.js";

/** The SIP token. Usable before the start: then nothing is registered. */
export function createSipService(parts: { trunks: TrunkTable; registrar: () => Registrar | undefined; adapter: () => SipAdapter | undefined }): SipService {
  const { trunks, registrar, adapter } = parts;
  return {
    registrations(account) {
      const live = account === undefined ? registrar()?.all() : registrar()?.lookup(account);
      return (live ?? []).map((b) => ({
        account: b.account,
        contact: b.contact,
        address: `${b.destination.kind}:${b.destination.host.includes(":") ? `[${b.destination.host}]` : b.destination.host}:${b.destination.port}`,
        userAgent: b.userAgent ?? null,
        expiresAt: b.expiresAt,
      }));
    },
    trunks: () => trunks.trunks.map((trunk) => trunk.describe()),
    stats() {
      const metrics = adapter()?.agent?.metrics();
      return {
        calls: adapter()?.calls ?? 0,
        registrations: registrar()?.all().length ?? 0,
        received: metrics?.received ?? 0,
        sent: metrics?.sent ?? 0,
        malformed: metrics?.malformed ?? 0,
        retransmissionsSent: metrics?.retransmissionsSent ?? 0,
      };
    },
    get endpoints() {
      return (adapter()?.agent?.endpoints ?? []).map((e) => ({ transport: e.kind, address: e.address, port: e.port }));
    },
  };
}
