import { createSocket, type Socket } from "node:dgram";
import { createUserAgent, cryptoRandom, type Session, type UserAgent } from "@hotlinejs/plugin-sip/stack";
import { SystemClock } from "@hotlinejs/core";
import type { Load, LoadResult } from "./sipp-load.js";

/** The same load as SIPp's, for machines without it: our own stack as the caller. */
export async function runGenerator(load: Load): Promise<LoadResult> {
  const ua = createUserAgent({ clock: new SystemClock(), transports: [{ kind: "udp", address: "127.0.0.1", port: 0 }], userAgentHeader: "bench", random: cryptoRandom(), onInvite: (incoming) => incoming.reject({ status: 486 }) });
  await ua.start();
  const counts = { successful: 0, failed: 0 };
  const started = performance.now();
  const calls: Promise<void>[] = [];
  for (let sent = 0; sent < load.calls; ) {
    for (const due = Math.min(load.calls, Math.floor(((performance.now() - started) / 1_000) * load.rate) + 1); sent < due; sent++) calls.push(call(ua, load, counts));
    await sleep(2);
  }
  await Promise.all(calls);
  const seconds = (performance.now() - started) / 1_000;
  await ua.stop();
  return { ...counts, seconds, errors: "", hungUp: 0 };
}

async function call(ua: UserAgent, load: Load, counts: { successful: number; failed: number }): Promise<void> {
  const socket = await bind();
  try {
    const body = `v=0\r\no=bench 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${load.mediaPort ?? socket.address().port} RTP/AVP ${load.wideband === true ? "9 101\r\na=rtpmap:9 G722" : "8 101\r\na=rtpmap:8 PCMA"}/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n`;
    const invite = ua.invite({ uri: `sip:${load.number}@127.0.0.1:${load.sipPort}`, from: "sip:1380000@127.0.0.1", body });
    const outcome = await invite.outcome;
    if (!outcome.answered) {
      counts.failed++;
      return;
    }
    const stop = load.stream ? stream(socket, outcome.response.body.toString("latin1")) : () => undefined;
    await hold(outcome.session, load.holdMs);
    stop();
    const bye = await outcome.session.bye();
    if (bye.status < 300 || bye.cause === "ended") counts.successful++;
    else counts.failed++;
  } finally {
    socket.close();
  }
}

function stream(socket: Socket, sdp: string): () => void {
  const port = Number(/m=audio (\d+)/.exec(sdp)?.[1] ?? 0);
  const packet = Buffer.alloc(172, 0x95);
  packet[0] = 0x80;
  packet[1] = 8;
  let sequence = 0;
  const started = performance.now();
  const timer = setInterval(() => {
    for (const due = Math.floor((performance.now() - started) / 20); sequence < due; sequence++) {
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE((sequence * 160) >>> 0, 4);
      packet.writeUInt32BE(port, 8);
      socket.send(Buffer.from(packet), port, "127.0.0.1");
    }
  }, 20);
  return () => clearInterval(timer);
}

function hold(session: Session, ms: number): Promise<unknown> {
  return ms === 0 ? Promise.resolve() : Promise.race([sleep(ms), session.ended]);
}

function bind(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
