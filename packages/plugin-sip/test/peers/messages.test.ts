import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InboundMessage, Notification } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide } from "../support/hotline-side.js";
import { peerPresent } from "../support/peers.js";
import { scenarioFile, SippPeers, type SippPeer } from "../support/sipp-peers.js";

const SIPP = "/usr/bin/sipp";
const present = peerPresent("SIPp", SIPP);
const LONG = { timeout: 60_000 };

let hotline: HotlineSide;
let taken: InboundMessage[];
let peers: SippPeers;

beforeEach(async () => {
  taken = [];
  peers = await SippPeers.open();
});
afterEach(async () => {
  await peers.stop();
  await hotline.stop();
  await peers.remove();
});

/** The scenario of a carrier that answers a short message so. SIPp takes no status from a key. */
async function answering(answer: string): Promise<string> {
  const text = await readFile(scenarioFile("message-answers"), "utf8");
  const file = join(peers.folder, `message-answers-${answer.slice(0, 3)}.xml`);
  await writeFile(file, text.replace("SIP/2.0 200 OK", `SIP/2.0 ${answer}`));
  return file;
}

const sipp = (file: string, ...args: string[]): Promise<SippPeer> => peers.start(file, ...args);

/** A trunk that short messages go out by, as the scenario of the carrier expects them. */
const OUT = { messages: true, callerId: "12333" };
const out = ({ port }: SippPeer, priority: number) => ({ host: "127.0.0.1", port, priority, rewrite: [{ of: "called", prefix: "1", minLength: 11, prepend: "+86" }] });
const NOTIFICATION: Notification = { id: "n1", channel: "sms", to: "138 0013 8000", template: "t", title: null, text: "您的诉求已受理", html: null, attachments: [], headers: {}, subject: null, createdAt: 0, attempt: 1 };

/** A hotline whose first trunk is this machine. */
async function begin(trunk: Record<string, unknown>, ...more: Record<string, unknown>[]): Promise<void> {
  hotline = new HotlineSide({ trunks: [{ key: "sms", match: ["127.0.0.1"], ...trunk }, ...more] });
  hotline.onMessage = (message) => {
    taken.push(message);
    return Promise.resolve({ accepted: true, ref: "ticket:1" });
  };
  await hotline.start();
}

const endpoint = (kind: "udp" | "tcp"): string => `127.0.0.1:${hotline.adapter.agent?.endpoints.find((each) => each.kind === kind)?.port ?? 0}`;

describe.skipIf(!present)("short messages (RFC 3428) with SIPp", () => {
  it.each([["udp", "u1"], ["tcp", "t1"]] as const)("come in over %s: each that can be taken once, the others refused as they must be", LONG, async (kind, transport) => {
    await begin({ messages: true, numbers: ["12333"], rewriteInbound: [{ of: "caller", prefix: "+86", strip: 3 }] });
    await (await sipp("message-gateway", "-t", transport, endpoint(kind))).succeeded();
    expect(taken).toMatchObject([
      { channel: "sms", from: "13800138000", fromName: "Gateway", to: "12333", text: "养老金什么时候发？" },
      { channel: "sms", from: "13800138000", fromName: "Gateway", to: "12333", text: "谢谢" },
    ]);
    expect(new Set(taken.map(({ externalId }) => externalId)).size).toBe(2);
  });

  it("that nobody takes are asked for again later", LONG, async () => {
    await begin({ messages: true });
    hotline.onMessage = () => Promise.reject(new Error("nobody"));
    await (await sipp("message-later", endpoint("udp"))).succeeded();
  });

  it.each([
    ["of a trunk without `messages`", { messages: false }],
    ["of nobody we know", { messages: true, match: ["192.0.2.1"] }],
  ])("%s are not allowed", LONG, async (_whose, trunk) => {
    await begin(trunk);
    await (await sipp("message-not-allowed", endpoint("udp"))).succeeded();
    expect(taken).toEqual([]);
  });

  it.each([
    ["200 OK", { delivered: true, state: "delivered" }],
    ["202 Accepted", { delivered: true, state: "sent" }],
    ["404 Not Found", { delivered: false, error: "SIP 404" }],
  ])("go out by a trunk, whose %s counts as it should", LONG, async (answer, delivery) => {
    const carrier = await sipp(await answering(answer));
    await begin({ ...OUT, outbound: out(carrier, 1) });
    await expect(hotline.adapter.deliver(NOTIFICATION)).resolves.toEqual(delivery);
    await carrier.succeeded();
  });

  it("go to the next trunk where a carrier cannot send them now, and are tried again where there is none", LONG, async () => {
    const [full, takes] = [await sipp(await answering("503 Service Unavailable")), await sipp(await answering("200 OK"))];
    await begin({ ...OUT, outbound: out(full, 1) });
    await expect(hotline.adapter.deliver(NOTIFICATION)).rejects.toMatchObject({ code: "HTL_SIP_MESSAGE_REFUSED" });
    await full.succeeded();
    await hotline.stop();
    const again = await sipp(await answering("503 Service Unavailable"));
    await begin({ ...OUT, outbound: out(again, 1) }, { key: "next", ...OUT, outbound: out(takes, 2) });
    await expect(hotline.adapter.deliver(NOTIFICATION)).resolves.toEqual({ delivered: true, state: "delivered" });
    await Promise.all([again.succeeded(), takes.succeeded()]);
  });
});
