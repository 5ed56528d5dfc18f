import { createSocket } from "node:dgram";
import { performance } from "node:perf_hooks";
import fc from "fast-check";
import { SystemClock } from "@hotlinejs/core";
import { expect, it } from "vitest";
import { recordLongRun } from "../../../examples/12333/test/support/long-results.js";
import { createUserAgent, seededRandom } from "../src/stack/index.js";

const SECONDS = Number(process.env.HOTLINE_FUZZ_SECONDS ?? 90);

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const method = fc.constantFrom("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "REFER", "UPDATE", "NOTIFY", "JUMP");
const uri = fc.oneof(fc.constantFrom("sip:12333@127.0.0.1", "sips:a@[::1]:5061", "tel:+8613800138000", "sip:;;;@", "http://x", "sip:a%00b@h", "*"), fc.string({ maxLength: 40 }));
const header = fc.oneof(
  fc.tuple(fc.constantFrom("Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact", "m", "Max-Forwards", "Route", "Record-Route", "Content-Length", "l", "Content-Type", "Require", "Expires", "Authorization"), fc.string({ maxLength: 60 })).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, " ")}`),
  fc.tuple(token, fc.string({ maxLength: 200, unit: "binary" })).map(([name, value]) => `${name}:${value}`),
);
/** A message of the right grammar with wrong parts put into it. */
const message = fc.record({ method, uri, branch: token, tag: token, id: token, cseq: fc.integer({ min: -5, max: 2 ** 33 }), extra: fc.array(header, { maxLength: 8 }), body: fc.string({ maxLength: 300 }), length: fc.option(fc.integer({ min: -10, max: 70_000 })) }).map(
  (m) =>
    [`${m.method} ${m.uri} SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${m.branch};rport`, `From: <sip:a@127.0.0.1>;tag=${m.tag}`, "To: <sip:12333@127.0.0.1>", `Call-ID: ${m.id}`, `CSeq: ${m.cseq} ${m.method}`, "Contact: <sip:a@127.0.0.1:9>", ...m.extra, `Content-Length: ${m.length ?? Buffer.byteLength(m.body)}`, "", m.body].join("\r\n"),
);
/** Bytes of it changed, cut or doubled. */
const mutated = fc.tuple(message, fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { maxLength: 20 }), fc.option(fc.nat(2_000))).map(([text, changes, cut]) => {
  const data = Buffer.from(text);
  for (const [at, value] of changes) if (data.length > 0) data[at % data.length] = value;
  return cut === null ? data : data.subarray(0, cut);
});

it("no datagram makes the stack throw, leak or stop answering", async () => {
  const thrown: unknown[] = [];
  const onThrow = (error: unknown): void => void thrown.push(error);
  process.on("uncaughtException", onThrow);
  process.on("unhandledRejection", onThrow);
  const ua = createUserAgent({ clock: new SystemClock(), transports: [{ kind: "udp", address: "127.0.0.1", port: 0 }], userAgentHeader: "fuzz", random: seededRandom(1), onInvite: (incoming) => void incoming.accept({ body: "v=0\r\n" }), onRequest: (incoming) => incoming.respond({ status: 200 }), timers: { t1: 20, t2: 80, t4: 100 } });
  await ua.start();
  const port = ua.endpoints[0]?.port ?? 0;
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const until = performance.now() + SECONDS * 1_000;
  let sent = 0;
  while (performance.now() < until) {
    for (const data of fc.sample(fc.oneof(mutated, fc.uint8Array({ maxLength: 1_500 }).map((bytes) => Buffer.from(bytes))), 200)) {
      socket.send(data, port, "127.0.0.1");
      sent++;
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const alive = new Promise<string>((resolve) => socket.on("message", (data) => (data.toString("latin1").includes("alive-check") ? resolve(data.toString("latin1")) : undefined)));
  socket.send(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKalive\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: alive-check\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`, port, "127.0.0.1");
  expect(await alive).toMatch(/^SIP\/2\.0 200/);
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const { malformed, sessions, incomingInvites } = ua.metrics();
  await ua.stop();
  socket.close();
  process.off("uncaughtException", onThrow);
  process.off("unhandledRejection", onThrow);
  recordLongRun("fuzz sip", `${sent} datagrams in ${SECONDS} s, ${malformed} malformed, nothing thrown, still answering`);
  expect(thrown).toEqual([]);
  expect(sessions + incomingInvites).toBeLessThan(50);
});
