import type { IncomingInvite } from "../user-agent/session-types.js";
import type { UserAgentOptions } from "../user-agent/types.js";
import { ALICE, BOB, makeWorld } from "./world.js";

/** A user agent at BOB and a bare port at ALICE that writes its messages itself. */
export async function raw(options: Partial<UserAgentOptions> = {}) {
  const world = makeWorld();
  const incoming: IncomingInvite[] = [];
  const bob = await world.agent(BOB, { onInvite: (invite) => void incoming.push(invite), ...options });
  const heard: string[] = [];
  const port = world.network.port(ALICE, 5060, (text) => heard.push(text));
  let branch = 0;
  const make = (method: string, over: Record<string, string | undefined> = {}, extra: readonly string[] = []): string => {
    const headers: Record<string, string | undefined> = {
      Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bK${++branch};rport`, "Max-Forwards": "70", From: "<sip:a@x.test>;tag=ft", To: `<sip:12333@${BOB}>`, "Call-ID": "c1", CSeq: `1 ${method}`, Contact: `<sip:a@${ALICE}:5060>`, ...over,
    };
    const { uri, body, ...rest } = headers;
    return [`${method} ${uri ?? `sip:12333@${BOB}`} SIP/2.0`, ...Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])), ...extra, `Content-Length: ${(body ?? "").length}`, "", body ?? ""].join("\r\n");
  };
  const ask = async (text: string): Promise<string[]> => {
    heard.length = 0;
    port.send(text, { address: BOB, port: 5060 });
    await world.clock.advance(20);
    return heard.map((one) => one.slice(8, one.indexOf("\r\n")));
  };
  return { world, bob, incoming, heard, make, ask, port };
}
