import { describe, expect, it } from "vitest";
import { sipConfig } from "./config.js";

const faults = (options: Record<string, unknown>): string[] => sipConfig.safeParse(options).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("options that cannot be meant", () => {
  it("two trunks with one key", () => {
    const trunk = (key: string) => ({ key, match: ["192.0.2.1"] });
    expect(faults({ trunks: [trunk("a"), trunk("b"), trunk("a")] })).toEqual(["trunks.2.key: another trunk has this key"]);
    expect(faults({ trunks: [trunk("a"), trunk("b")] })).toEqual([]);
  });

  it("registrations whose shortest is longer than the longest, or whose usual one is refused", () => {
    expect(faults({ registrar: { minExpires: 300, maxExpires: 100, defaultExpires: 100 } })[0]).toBe("registrar.minExpires: must not be above maxExpires");
    expect(faults({ registrar: { minExpires: 600 } })).toEqual(["registrar.defaultExpires: must lie between minExpires and maxExpires"]);
    expect(faults({ registrar: { maxExpires: 120 } })).toEqual(["registrar.defaultExpires: must lie between minExpires and maxExpires"]);
    expect(faults({ registrar: { minExpires: 30, maxExpires: 7200, defaultExpires: 600 } })).toEqual([]);
  });

  it.each(["dns.example", "192.0.2.53:0", "192.0.2.53:70000", "[192.0.2.53]:53", "[2001:db8::53", "2001:db8::53:x", "192.0.2"])("%s as a DNS server", (server) => {
    expect(faults({ dnsServers: [server] })).toHaveLength(1);
  });

  it("takes DNS servers by either address, with and without port", () => {
    expect(faults({ dnsServers: ["192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]", "[2001:db8::53]:5353"] })).toEqual([]);
  });
});
