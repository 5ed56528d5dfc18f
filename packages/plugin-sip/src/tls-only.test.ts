import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide } from "../test/support/hotline-side.js";
import { Phone } from "../test/support/phone.js";
import { sipConfig } from "./config.js";

const pem = (name: string): string => readFileSync(new URL(`../test/fixtures/tls/${name}`, import.meta.url), "utf8");
const TLS = { tlsCert: pem("hotline.pem"), tlsKey: pem("hotline.key"), tlsOnly: true };

let hotline: HotlineSide | undefined;
const phones: Phone[] = [];

afterEach(async () => {
  await Promise.all(phones.splice(0).map((each) => each.stop()));
  await hotline?.stop();
  hotline = undefined;
});

describe("TLS or nothing", () => {
  it("listens for nothing but TLS, registers a phone and takes its call there", async () => {
    hotline = await new HotlineSide({ ...TLS, transports: ["udp", "tcp"] }).start();
    expect(hotline.adapter.agent?.endpoints.map(({ kind }) => kind)).toEqual(["tls"]);
    hotline.onCall = (call) => void call.answer();
    const phone = await new Phone("1001", { password: "demo-1001", agent: { transports: [{ kind: "tls", address: "127.0.0.1", port: 0, tls: { cert: pem("other.pem"), key: pem("other.key"), verify: "none" } }] } }).start();
    phones.push(phone);
    const port = hotline.adapter.agent?.endpoints[0]?.port ?? 0;
    const registered = await phone.agent.request({ method: "REGISTER", uri: `sip:127.0.0.1:${port};transport=tls`, from: "<sip:1001@127.0.0.1>", to: "<sip:1001@127.0.0.1>", transport: "tls", headers: { Expires: "120" } });
    expect(registered.status).toBe(200);
    expect(hotline.registrar.lookup("1001").map(({ destination }) => destination.kind)).toEqual(["tls"]);
    const outcome = await phone.call(port, { uri: `sip:12333@127.0.0.1:${port};transport=tls`, transport: "tls" }).outcome;
    if (!outcome.answered) throw new Error(`not answered: ${outcome.status}`);
    await outcome.session.bye();
  });

  it("says which port of TLS is taken, and by what it is set", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const blocked = new HotlineSide({ ...TLS, tlsOnly: false, port: 0, tlsPort: port });
    await expect(blocked.start()).rejects.toMatchObject({ code: "HTL_SIP_PORT_IN_USE", message: `Port ${port} on 127.0.0.1 is taken: another program, perhaps another hotline, listens there. Stop it, or set HOTLINE_SIP_TLS_PORT to a free port` });
    await blocked.stop();
    taken.close();
  });

  it("does not start with a port of TLS, further certificates or clients' certificates where it speaks no TLS", () => {
    const paths = (options: Record<string, unknown>) => sipConfig.safeParse(options).error?.issues.map(({ path }) => path.join(".")) ?? [];
    expect(paths({ tlsPort: 5061, tlsClients: "required", tlsNames: [{ name: "a.example", cert: "a", key: "b" }] })).toEqual(["tlsPort", "tlsNames", "tlsClients"]);
    expect(paths({ ...TLS, tlsPort: 5061, tlsClients: "required" })).toEqual([]);
  });

  it("does not start without a certificate, nor with a trunk that would go in clear", () => {
    const faults = (options: Record<string, unknown>): string => JSON.stringify(sipConfig.safeParse(options).error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`) ?? []);
    expect(faults({ tlsOnly: true })).toContain("tlsOnly needs tlsCert and tlsKey");
    expect(faults({ ...TLS, trunks: [{ key: "a", outbound: { host: "192.0.2.1" } }] })).toContain("trunks.0.outbound.transport must be tls");
    expect(faults({ ...TLS, trunks: [{ key: "a", registration: { server: "192.0.2.1", username: "u", password: "p" } }] })).toContain("trunks.0.registration.transport must be tls");
    expect(faults({ ...TLS, trunks: [{ key: "a", outbound: { host: "192.0.2.1", transport: "tls" } }] })).toBe("[]");
  });
});
