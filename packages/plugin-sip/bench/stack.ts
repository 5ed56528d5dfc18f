import { performance } from "node:perf_hooks";
import { setTimeout as startTimer } from "node:timers";
import { createUserAgent, type StackClock } from "../src/stack/index.js";

/**
 * A UAS on loopback UDP that answers every call at once, for measuring what a call costs:
 * `node stack.js [port]` prints CPU-ms per INVITE-200-ACK-BYE every five seconds. Drive it with
 * `sipp -sn uac -r 300 -d 1000 -m 9000 -nd 127.0.0.1:<port>`, or with no SIPp by `node stack.js self [calls]`.
 */
const clock: StackClock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => {
    const timer = startTimer(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

const ANSWER = "v=0\r\no=hotline 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

let calls = 0;
let failed = 0;
const ua = createUserAgent({
  clock, transports: [{ kind: "udp", address: "127.0.0.1", port: Number(process.argv[2] ?? 0) }], userAgentHeader: "hotline-bench",
  onInvite: (incoming) => {
    if (process.env.RING === "1") incoming.ring();
    void incoming.accept({ body: ANSWER }).then((outcome) => {
      if (!outcome.ok) {
        failed++;
        return;
      }
      void outcome.session.ended.then(() => {
        calls++;
      });
    });
  },
});
await ua.start();
process.stdout.write(`listening on ${ua.endpoints[0]?.port ?? 0}\n`);
let cpu = process.cpuUsage();
let counted = 0;
const report = (): void => {
  const used = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const done = calls - counted;
  counted = calls;
  if (done > 0) {
    const { serverTransactions, timers, sessions, retransmissionsReceived, retransmissionsSent } = ua.metrics();
    process.stdout.write(`${done} calls, ${((used.user + used.system) / 1000 / done).toFixed(3)} CPU-ms per call, ${failed} failed, ${JSON.stringify({ serverTransactions, timers, sessions, retransmissionsReceived, retransmissionsSent, rssMb: Math.round(process.memoryUsage.rss() / 1e6) })}\n`);
  }
  startTimer(report, 5000);
};
report();
