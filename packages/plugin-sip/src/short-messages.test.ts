import { createSocket } from "node:dgram";
import type { InboundMessage, Notification } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide } from "../test/support/hotline-side.js";
import { Phone } from "../test/support/phone.js";
import type { RequestOutcome, SipRequest } from "./stack/index.js";

let hotline: HotlineSide;
let gateway: Phone;
let taken: InboundMessage[];

async function begin(trunk: Record<string, unknown> = {}): Promise<void> {
  taken = [];
  gateway = await new Phone("+8613800138000").start();
  hotline = new HotlineSide({ trunks: [{ key: "sms", match: ["127.0.0.1"], messages: true, ...trunk }] });
  hotline.onMessage = async (message) => {
    taken.push(message);
    return { accepted: true, ref: "ticket:1" };
  };
  await hotline.start();
}

const send = (body: string | Buffer, contentType = "text/plain", more: { to?: string; from?: string } = {}): Promise<RequestOutcome> =>
  gateway.agent.request({ method: "MESSAGE", uri: `sip:${more.to ?? "12333"}@127.0.0.1:${hotline.port}`, from: more.from ?? '"王" <sip:+8613800138000@127.0.0.1>', body, contentType });

afterEach(async () => {
  await hotline.stop();
  await gateway.stop();
});

describe("a short message of a carrier (RFC 3428)", () => {
  it("is handed in as the hotline writes numbers, and answered when it was taken", async () => {
    await begin({ rewriteInbound: [{ of: "caller", prefix: "+86", strip: 3 }, { of: "called", prefix: "8610", strip: 4 }] });
    const { status, response } = await send("养老金什么时候发？\r\n第二行", "text/plain;charset=UTF-8", { to: "861012333" });
    expect(status).toBe(200);
    expect(response?.body).toHaveLength(0);
    expect(taken).toMatchObject([{ channel: "sms", from: "13800138000", fromName: "王", to: "12333", text: "养老金什么时候发？\n第二行", attachments: [] }]);
  });

  it("is read in the character set that it names", async () => {
    await begin();
    expect((await send(Buffer.from("c4e3bac3", "hex"), 'text/plain; charset="GBK"')).status).toBe(200);
    expect(taken.map(({ text }) => text)).toEqual(["你好"]);
  });

  it.each([
    ["application/im-iscomposing+xml", "<x/>", 415],
    ["text/plain;charset=klingon", "nuqneH", 415],
    ["text/plain", Buffer.from([0xff, 0xfe, 0x41]), 415],
    ["text/plain", " \r\n", 400],
    ["text/plain", "x".repeat(16_385), 413],
  ])("%s of what cannot be taken is refused", async (contentType, body, status) => {
    await begin();
    const outcome = await send(body, contentType);
    expect(outcome.status).toBe(status);
    if (status === 415) expect(outcome.response?.headers.get("accept")).toBe("text/plain");
    expect(taken).toEqual([]);
  });

  it("that nobody takes is asked for again later", async () => {
    await begin();
    hotline.onMessage = () => Promise.reject(new Error("nobody"));
    const { status, response } = await send("hello");
    expect([status, response?.headers.get("retry-after")]).toEqual([480, "120"]);
  });

  it("has one id however often its request comes, and each request another", async () => {
    await begin();
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const answered = (sequence: number, branch: string): Promise<unknown> => {
      const answer = new Promise((resolve) => socket.once("message", resolve));
      const lines = [`MESSAGE sip:12333@127.0.0.1 SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${branch}`, "Max-Forwards: 70", "From: <sip:1@127.0.0.1>;tag=a", "To: <sip:12333@127.0.0.1>", "Call-ID: one", `CSeq: ${sequence} MESSAGE`, "Content-Type: text/plain", "Content-Length: 2", "", "ok"];
      socket.send(lines.join("\r\n"), hotline.port, "127.0.0.1");
      return answer;
    };
    const said = async (sequence: number, branch: string): Promise<void> => expect(String(await answered(sequence, branch))).toMatch(/^SIP\/2\.0 200 /);
    await said(1, "a");
    await said(1, "a");
    await said(2, "b");
    expect(taken).toHaveLength(2);
    const first = [...taken];
    // A process that has just been started knows nothing of the request it is sent again.
    await hotline.stop();
    await gateway.stop();
    await begin();
    await said(1, "a");
    await new Promise<void>((resolve) => socket.close(resolve));
    expect(taken.map(({ externalId }) => externalId)).toEqual([first[0]?.externalId]);
    expect(first[1]?.externalId).not.toBe(first[0]?.externalId);
  });

  it("goes only to the trunk's numbers, to none of a disabled trunk, and not while the hotline drains", async () => {
    await begin({ numbers: ["12333"] });
    expect((await send("a", "text/plain", { to: "10086" })).status).toBe(404);
    hotline.trunks.trunks[0]?.disable({ actor: "u", reason: "", since: 0 });
    expect((await send("a")).status).toBe(503);
    hotline.trunks.trunks[0]?.enable();
    hotline.adapter.drain();
    expect((await send("a")).status).toBe(503);
    expect(taken).toEqual([]);
  });

  it("within a call is taken too; OPTIONS says that MESSAGE is", async () => {
    await begin();
    hotline.onCall = (call) => void call.answer();
    const { session } = await gateway.reach(hotline.port);
    expect((await session.request("MESSAGE", { body: "inside", contentType: "text/plain" })).status).toBe(200);
    expect(taken.map(({ text }) => text)).toEqual(["inside"]);
    const options = await gateway.agent.request({ method: "OPTIONS", uri: `sip:127.0.0.1:${hotline.port}`, from: "<sip:a@b>" });
    expect(options.response?.headers.get("allow")).toContain("MESSAGE");
    await session.bye();
  });

  it("of nobody we know is refused, and of a trunk that takes none", async () => {
    await begin();
    await hotline.stop();
    hotline = await new HotlineSide({ trunks: [{ key: "sms", match: ["192.0.2.1"], messages: true }, { key: "calls", match: ["192.0.2.2"] }] }).start();
    const refused = await send("hello");
    expect(refused.status).toBe(405);
    expect(refused.response?.headers.get("allow")).toMatch(/INVITE.*REGISTER/);
    expect(refused.response?.headers.get("allow")).not.toContain("MESSAGE");
    // A phone's from its own account, and in its call, neither.
    const phone = await new Phone("1001", { password: "demo-1001" }).start();
    const answered = hotline.next().then((call) => call.answer());
    const { session } = await phone.reach(hotline.port);
    await answered;
    expect((await phone.agent.request({ method: "MESSAGE", uri: `sip:1002@127.0.0.1:${hotline.port}`, from: "<sip:1001@127.0.0.1>", body: "hello", contentType: "text/plain" })).status).toBe(405);
    expect((await session.request("MESSAGE", { body: "inside", contentType: "text/plain" })).status).toBe(405);
    await session.bye();
    await phone.stop();
    await hotline.stop();
    hotline = await new HotlineSide({ trunks: [{ key: "sms", match: ["192.0.2.1"], messages: true }, { key: "calls", match: ["127.0.0.1"] }] }).start();
    expect((await send("hello")).status).toBe(405);
  });
});

describe("a notification of the channel sms", () => {
  const phones: Phone[] = [];
  const heard: SipRequest[] = [];
  async function carrier(status: number): Promise<Phone> {
    const made = await new Phone("carrier", { agent: { methods: ["MESSAGE"] } }).start();
    made.onRequest = (incoming) => {
      heard.push(incoming.request);
      incoming.respond({ status });
    };
    phones.push(made);
    return made;
  }
  async function between(first: { readonly port: number }, second: Phone, more: Record<string, unknown> = {}): Promise<void> {
    const out = (phone: { readonly port: number }, priority: number) => ({ host: "127.0.0.1", port: phone.port, priority, rewrite: [{ of: "called", prefix: "1", prepend: "+86" }] });
    gateway = await new Phone("x").start();
    hotline = await new HotlineSide({ trunks: [{ key: "calls", outbound: out(first, 0) }, { key: "a", callerId: "12333", messages: true, outbound: out(first, 1) }, { key: "b", messages: true, outbound: out(second, 2) }], ...more }).start();
  }
  const notification = (more: Partial<Notification> = {}): Notification => ({ id: "n1", channel: "sms", to: "138 0013 8000", template: "t", title: null, text: "您的诉求已受理", html: null, attachments: [], headers: {}, subject: null, createdAt: 0, attempt: 1, ...more });

  afterEach(async () => {
    heard.length = 0;
    await Promise.all(phones.splice(0).map((each) => each.stop()));
  });

  it("goes by a trunk that takes messages, its numbers as that carrier wants them", async () => {
    await between(await carrier(200), await carrier(200));
    await expect(hotline.adapter.deliver(notification())).resolves.toEqual({ delivered: true, state: "delivered" });
    expect(heard.map((request) => [request.method, request.uri.replace(/:\d+$/, ""), request.from.uri, request.contentType, request.body.toString()])).toEqual([["MESSAGE", "sip:+8613800138000@127.0.0.1", "sip:12333@127.0.0.1", "text/plain", "您的诉求已受理"]]);
    expect(heard[0]?.headers.has("contact")).toBe(false);
  });

  it("goes to the next trunk where one cannot, and only is sent where a carrier says no more (202)", async () => {
    await between(await carrier(503), await carrier(202));
    await expect(hotline.adapter.deliver(notification())).resolves.toEqual({ delivered: true, state: "sent" });
    expect(heard).toHaveLength(2);
  });

  it("that a carrier did not answer is not given to another, and is tried again under the same Call-ID", async () => {
    // A stack would say something in the end.
    const mute = createSocket("udp4");
    const sequences = new Set<string>();
    mute.on("message", (data, { port }) => {
      const lines = data.toString().split("\r\n");
      const said = lines.filter((line) => /^(call-id|cseq):/i.test(line)).join(" ");
      sequences.add(said);
      if (said.includes("1 MESSAGE")) return;
      mute.send(["SIP/2.0 200 OK", ...lines.filter((line) => /^(via|from|to|call-id|cseq):/i.test(line)), "Content-Length: 0", "", ""].join("\r\n"), port, "127.0.0.1");
    });
    await new Promise<void>((resolve) => mute.bind(0, "127.0.0.1", resolve));
    await between({ port: mute.address().port }, await carrier(200));
    await expect(hotline.adapter.deliver(notification())).rejects.toMatchObject({ code: "HTL_SIP_MESSAGE_REFUSED" });
    await expect(hotline.adapter.deliver(notification({ attempt: 2 }))).resolves.toMatchObject({ delivered: true });
    await new Promise<void>((resolve) => mute.close(resolve));
    expect(heard).toEqual([]);
    const ids = [...sequences].map((each) => /call-id: (\S+)/i.exec(each)?.[1]);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  }, 10_000);

  it("has failed for good where the number is none, may not be reached, or does not exist", async () => {
    await between(await carrier(404), await carrier(200), { toll: { deny: ["00"] } });
    for (const to of ["user:1", "0044123", "13800138000"]) await expect(hotline.adapter.deliver(notification({ to }))).resolves.toMatchObject({ delivered: false });
    expect(heard).toHaveLength(1);
    await expect(hotline.adapter.deliver(notification({ text: "长".repeat(6_000) }))).resolves.toMatchObject({ delivered: false });
  });

  it("waits for a trunk where all that would take it are disabled", async () => {
    await between(await carrier(200), await carrier(200));
    for (const key of ["a", "b"]) hotline.trunks.byKey(key)?.disable({ actor: "u", reason: "", since: 0 });
    await expect(hotline.adapter.deliver(notification())).rejects.toMatchObject({ code: "HTL_SIP_MESSAGE_REFUSED" });
    expect(heard).toEqual([]);
  });
});
