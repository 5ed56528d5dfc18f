import { createSocket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../support/hotline-side.js";
import { freePort, peerPresent, PeerProcess } from "../support/peers.js";
import { offerOf, Phone } from "../support/phone.js";

const DNSMASQ = "/usr/sbin/dnsmasq";
const present = peerPresent("dnsmasq", DNSMASQ);

let dns: PeerProcess;
let hotline: HotlineSide | undefined;
const phones: Phone[] = [];

beforeEach(() => {
  hotline = undefined;
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  await hotline?.stop();
  await dns.stop();
});

/** A DNS server of the zone given; resolves to its address once it answers. */
async function serve(...zone: string[]): Promise<string> {
  const port = await freePort();
  dns = new PeerProcess(DNSMASQ, ["--no-daemon", "--no-resolv", "--no-hosts", "--no-poll", "--conf-file=/dev/null", "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces", `--port=${port}`, "--local-ttl=60", ...zone]);
  await until(() => dns.output.includes("started"), () => `dnsmasq: ${dns.output}`, 10);
  return `127.0.0.1:${port}`;
}

async function carrier(transport: "udp" | "tcp" = "udp"): Promise<Phone> {
  const phone = await new Phone("carrier", { transport }).start();
  phone.onInvite = (invite) => void invite.accept({ body: offerOf(40_100) });
  phones.push(phone);
  return phone;
}

describe.skipIf(!present)("with dnsmasq", () => {
  it("follows NAPTR to SRV to an address, and fails over to the next when the first does not answer", { timeout: 30_000 }, async () => {
    const good = await carrier();
    // Bound, and silent.
    const dead = createSocket("udp4");
    await new Promise<void>((resolve) => dead.bind(0, "127.0.0.1", resolve));
    const server = await serve(
      "--naptr-record=carrier.test,10,10,S,SIP+D2U,,_sip._udp.carrier.test",
      "--naptr-record=carrier.test,20,10,S,SIP+D2T,,_sip._tcp.carrier.test",
      `--srv-host=_sip._udp.carrier.test,one.carrier.test,${dead.address().port},10,5`,
      `--srv-host=_sip._udp.carrier.test,two.carrier.test,${good.port},20,5`,
      "--host-record=one.carrier.test,127.0.0.1",
      "--host-record=two.carrier.test,127.0.0.1",
    );
    hotline = await new HotlineSide({ dnsServers: [server], trunks: [{ key: "out", outbound: { host: "carrier.test", transport: "auto" } }] }).start();
    const call = await hotline.adapter.originate("tel:13800138000");
    expect(await call.answered).toBe(true);
    expect(good.invites[0]?.request.uri).toBe("sip:13800138000@carrier.test");
    await call.hangup();
    // The silent one comes last from now on: no waiting.
    const again = await hotline.adapter.originate("tel:13800138001");
    expect(await again.answered).toBe(true);
    await again.hangup();
    dead.close();
  });

  it("takes the transport that DNS prefers", { timeout: 30_000 }, async () => {
    const tcp = await carrier("tcp");
    const udp = await carrier();
    const server = await serve(
      "--naptr-record=carrier.test,10,10,S,SIP+D2T,,_sip._tcp.carrier.test",
      "--naptr-record=carrier.test,20,10,S,SIP+D2U,,_sip._udp.carrier.test",
      `--srv-host=_sip._tcp.carrier.test,one.carrier.test,${tcp.port},10,5`,
      `--srv-host=_sip._udp.carrier.test,one.carrier.test,${udp.port},10,5`,
      "--host-record=one.carrier.test,127.0.0.1",
    );
    hotline = await new HotlineSide({ dnsServers: [server], trunks: [{ key: "out", outbound: { host: "carrier.test", transport: "auto" } }] }).start();
    const call = await hotline.adapter.originate("tel:13800138000");
    expect(await call.answered).toBe(true);
    expect(tcp.invites).toHaveLength(1);
    expect(udp.invites).toHaveLength(0);
    await call.hangup();
  });
});
