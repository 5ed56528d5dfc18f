import { describe, expect, it } from "vitest";
import { sipConfig } from "./config.js";

const faults = (options: Record<string, unknown>): string[] => sipConfig.safeParse(options).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("options that cannot be meant", () => {
  it("two trunks with one key", () => {
    const trunk = (key: string, i: number) => ({ key, match: [`192.0.2.${i}`] });
    expect(faults({ trunks: ["a", "b", "a"].map(trunk) })).toEqual(["trunks.2.key: another trunk has this key"]);
    expect(faults({ trunks: ["a", "b"].map(trunk) })).toEqual([]);
  });

  it.each([
    [["192.0.2.1"], ["192.0.2.1"]],
    [["10.0.0.1", "192.0.2.0/24"], ["192.0.2.77"]],
    [["10.0.0.0/8"], ["10.1.0.0/16"]],
    [["10.1.0.0/16"], ["10.1.7.7/16"]],
    [["2001:db8::/32"], ["2001:DB8:0:1::/64"]],
  ])("two trunks, %j and %j: the second would never have a call", (first, second) => {
    const faulty = faults({ trunks: [{ key: "a", match: first }, { key: "b", match: second }] });
    expect(faulty).toEqual([expect.stringMatching(/^trunks\.1\.match\.0: is taken by the trunk a: /)]);
  });

  it("an address at which nobody can be reached", () => {
    for (const advertisedAddress of ["0.0.0.0", "::", "224.0.0.1", "hotline.example"]) expect(faults({ advertisedAddress })).toEqual([expect.stringMatching(/^advertisedAddress: the IP address at which others reach this hotline/)]);
    expect(faults({ advertisedAddress6: "::" })).toHaveLength(1);
    expect(faults({ advertisedAddress: "192.0.2.7", advertisedAddress6: "2001:db8::7" })).toEqual([]);
  });

  it("one port for TCP and for TLS", () => {
    const tls = { tlsCert: "c", tlsKey: "k", port: 5060 };
    expect(faults({ ...tls, tlsPort: 5060 })).toEqual([expect.stringMatching(/^tlsPort: must differ from `port`/)]);
    for (const fine of [{ tlsPort: 5061 }, {}, { tlsPort: 5060, transports: ["udp"] }, { tlsPort: 5060, tlsOnly: true }, { port: 0, tlsPort: 0 }]) expect(faults({ ...tls, ...fine })).toEqual([]);
  });

  it("TLS for the port of the WebSocket without a certificate, without that port, or on the port of SIP over TLS", () => {
    const tls = { tlsCert: "c", tlsKey: "k" };
    expect(faults({ wsTls: true, wsPort: 8443 })).toEqual(["wsTls: needs tlsCert and tlsKey (HOTLINE_TLS_CERT, HOTLINE_TLS_KEY)"]);
    expect(faults({ ...tls, wsTls: true })).toEqual([expect.stringMatching(/^wsTls: needs wsPort \(HOTLINE_SIP_WS_PORT\)/)]);
    for (const clash of [{ wsPort: 5061 }, { wsPort: 8443, tlsPort: 8443 }]) expect(faults({ ...tls, wsTls: true, ...clash })).toEqual([expect.stringMatching(/^wsPort: must differ from the port of SIP over TLS/)]);
    for (const fine of [{ wsPort: 8443 }, { wsPort: 0, port: 0 }, { wsPort: 5061, tlsPort: 5062 }, { wsPort: 8443, tlsOnly: true }]) expect(faults({ ...tls, wsTls: true, ...fine })).toEqual([]);
  });

  it("two trunks may have one host, and the narrower of two networks before the wider", () => {
    const outbound = { host: "192.0.2.1" };
    expect(faults({ trunks: [{ key: "a", outbound }, { key: "b", outbound }] })).toEqual([]);
    expect(faults({ trunks: [{ key: "a", match: ["10.1.0.0/16"] }, { key: "b", match: ["10.0.0.0/8", "192.0.2.1"] }, { key: "c", match: ["::/0"] }] })).toEqual([]);
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
