import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HotlineSide } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import type { Binding } from "./registrar/binding.js";
import { Registrar } from "./registrar/registrar.js";
import { SipHeaders, SipRequest } from "./stack/index.js";
import { torture, type TortureName } from "./stack/test-support/rfc4475.js";

/** The messages of RFC 4475 that only a whole hotline can judge. */
let hotline: HotlineSide;

beforeAll(async () => {
  hotline = await new HotlineSide().start();
});

afterAll(() => hotline.stop());

/** The first response, over TCP: over UDP it would go to the port that Via names. */
function ask(name: TortureName): Promise<string> {
  const port = hotline.adapter.agent?.endpoints.find(({ kind }) => kind === "tcp")?.port ?? 0;
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(torture(name)));
    socket.on("data", (data: Buffer) => {
      heard += data.toString();
      if (!heard.includes("\r\n\r\n") || heard.startsWith("SIP/2.0 100")) return;
      socket.destroy();
      resolve(heard);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
  });
}

describe("RFC 4475, as the hotline answers", () => {
  it.each<readonly [TortureName, string, string]>([
    ["unksm2", "SIP/2.0 400 ", "Server:"],
    ["invut", "SIP/2.0 415 ", "Accept: application/sdp"],
    ["regaut01", "SIP/2.0 401 ", "WWW-Authenticate: Digest"],
    ["sdp01", "SIP/2.0 406 ", "Server:"],
    ["mpart01", "SIP/2.0 405 ", "Allow:"],
  ])("%s: %s", async (name, status, header) => {
    const answer = await ask(name);
    expect(answer.startsWith(status)).toBe(true);
    expect(answer).toContain(header);
    expect(hotline.arrived).toHaveLength(0);
  });

  const registered = (name: TortureName): { status: number; bindings: readonly Binding[] } => {
    const registrar = new Registrar({ clock: new ManualClock(), ids: { next: () => "1" }, listener: { bound: () => undefined, unbound: () => undefined } });
    const [line = "", ...rest] = torture(name).toString().split("\r\n");
    const headers = new SipHeaders();
    for (const each of rest) if (each.includes(":")) headers.add(each.slice(0, each.indexOf(":")), each.slice(each.indexOf(":") + 1).trim());
    const answer = registrar.register("watson", new SipRequest("REGISTER", line.split(" ")[1] as string, headers), { kind: "udp", address: "192.0.2.1", port: 5060, local: { address: "192.0.2.2", port: 5060 } });
    const bindings = registrar.lookup("watson");
    registrar.close();
    return { status: answer.status, bindings };
  };

  it("regbadct: is refused by the registrar with 400", () => expect(registered("regbadct")).toMatchObject({ status: 400, bindings: [] }));
  it("cparam01: the binding is the URI without the parameter of the header", () => expect(registered("cparam01")).toMatchObject({ status: 200, bindings: [{ contact: "sip:+19725552222@gw1.example.net" }] }));
  it("cparam02: the binding is the URI with its parameter", () => expect(registered("cparam02")).toMatchObject({ status: 200, bindings: [{ contact: "sip:+19725552222@gw1.example.net;unknownparam" }] }));
  it("regescrt: the binding keeps the headers of its URI", () => expect(registered("regescrt")).toMatchObject({ status: 200, bindings: [{ contact: "sip:user@example.com?Route=%3Csip:sip.example.com%3E" }] }));
});
