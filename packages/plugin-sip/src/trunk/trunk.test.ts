import { describe, expect, it } from "vitest";
import { sipConfig } from "../config.js";
import type { Destination, ResolveTarget } from "../stack/index.js";
import { Trunk } from "./trunk.js";

function trunk(over: Record<string, unknown>): Trunk {
  const [config] = sipConfig.parse({ trunks: [{ key: "t", ...over }] }).trunks;
  if (config === undefined) throw new Error("no trunk");
  return new Trunk(config);
}

const at = (host: string): Destination => ({ kind: "udp", host, port: 5060 });

describe("whose calls come from an address", () => {
  it("is told by the addresses that the carrier's name leads to, by SRV too, and no longer by those it has left", async () => {
    const zone: Record<string, readonly string[]> = { "5060": ["192.0.2.1"], srv: ["192.0.2.11", "192.0.2.12"] };
    const locate = async (target: ResolveTarget): Promise<readonly Destination[]> => {
      const found = zone[target.port === undefined ? "srv" : String(target.port)];
      if (found === undefined) throw new Error("SIP_UNRESOLVED");
      return found.map(at);
    };
    const carrier = trunk({ match: ["198.51.100.0/24"], outbound: { host: "sip.carrier.test", transport: "auto" } });
    const sources = ["192.0.2.1", "192.0.2.11", "192.0.2.12", "192.0.2.21", "198.51.100.7"];
    const known = (): string[] => sources.filter((address) => carrier.matches(address));
    expect(known()).toEqual(["198.51.100.7"]);
    expect(await carrier.resolve(locate)).toEqual({ unresolved: [] });
    expect(known()).toEqual(["192.0.2.1", "192.0.2.11", "192.0.2.12", "198.51.100.7"]);
    zone.srv = ["192.0.2.21"];
    await carrier.resolve(locate);
    expect(known()).toEqual(["192.0.2.1", "192.0.2.21", "198.51.100.7"]);
    delete zone.srv;
    delete zone["5060"];
    expect(await carrier.resolve(locate)).toEqual({ unresolved: ["sip.carrier.test"] });
    expect(known()).toEqual(["192.0.2.1", "192.0.2.21", "198.51.100.7"]);
  });
});
