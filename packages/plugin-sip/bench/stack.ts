import { performance } from "node:perf_hooks";
import { setTimeout as startTimer } from "node:timers";
import { createUserAgent, type StackClock, type UserAgent } from "../src/stack/index.js";

/**
 * What a call costs the stack, over loopback UDP.
 *
 *   stack.js uas [port] [seconds]         answers every call at once and prints CPU-ms per INVITE-200-ACK-BYE
 *   stack.js uac <port> [calls] [rate]    makes calls of a second each, for where SIPp is missing
 *
 * Drive the first by `sipp -sn uac -r 300 -d 1000 -m 9000 -nd 127.0.0.1:<port>`. `RING=1` adds a 180.
 */
const clock: StackClock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => {
    const timer = startTimer(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

const SDP = "v=0\r\no=hotline 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";
const REPORT_MS = 5_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => startTimer(resolve, ms));

/** CPU time this process used since the last call, in ms. */
function cpuMeter(): () => number {
  let last = process.cpuUsage();
  return () => {
    const used = process.cpuUsage(last);
    last = process.cpuUsage();
    return (used.user + used.system) / 1000;
  };
}

async function uas(port: number, seconds: number): Promise<void> {
  let done = 0;
  let failed = 0;
  const ua = createUserAgent({
    clock, transports: [{ kind: "udp", address: "127.0.0.1", port }], userAgentHeader: "hotline-bench",
    onInvite: (incoming) => {
      if (process.env.RING === "1") incoming.ring();
      void incoming.accept({ body: SDP }).then((outcome) => {
        if (!outcome.ok) failed++;
        else void outcome.session.ended.then(() => done++);
      });
    },
  });
  await ua.start();
  say(`listening on ${ua.endpoints[0]?.port ?? 0}`);
  const meter = cpuMeter();
  for (let passed = 0; passed < seconds * 1000; passed += REPORT_MS) {
    done = 0;
    meter();
    await pause(REPORT_MS);
    if (done > 0) report(ua, done, failed, meter());
  }
  await ua.stop({ graceMs: 0 });
}

function report(ua: UserAgent, done: number, failed: number, cpu: number): void {
  const { serverTransactions, timers, sessions, retransmissionsReceived, retransmissionsSent } = ua.metrics();
  const rssMb = Math.round(process.memoryUsage.rss() / 1e6);
  say(`${done} calls, ${(cpu / done).toFixed(3)} CPU-ms per call, ${failed} failed, ${JSON.stringify({ serverTransactions, timers, sessions, retransmissionsReceived, retransmissionsSent, rssMb })}`);
}

async function uac(port: number, calls: number, rate: number): Promise<void> {
  const ua = createUserAgent({ clock, transports: [{ kind: "udp", address: "127.0.0.1", port: 0 }], userAgentHeader: "hotline-bench", onInvite: (incoming) => incoming.reject({ status: 480 }) });
  await ua.start();
  const meter = cpuMeter();
  let answered = 0;
  const one = async (): Promise<void> => {
    const outcome = await ua.invite({ uri: `sip:12333@127.0.0.1:${port}`, from: "sip:bench@127.0.0.1", body: SDP }).outcome;
    if (!outcome.answered) return;
    await pause(1_000);
    if ((await outcome.session.bye()).status === 200) answered++;
  };
  const began = performance.now();
  const all: Promise<void>[] = [];
  while (all.length < calls) {
    const due = Math.min(calls, Math.ceil(((performance.now() - began) / 1000) * rate) + 1);
    while (all.length < due) all.push(one());
    await pause(10);
  }
  await Promise.all(all);
  say(`${calls} calls made, ${answered} answered and ended, ${(meter() / calls).toFixed(3)} CPU-ms per call on the calling side`);
  await ua.stop({ graceMs: 0 });
}

const [mode = "uas", port = "0", count, rate] = process.argv.slice(2);
if (mode === "uac") await uac(Number(port), Number(count ?? 3_000), Number(rate ?? 300));
else await uas(Number(port), Number(count ?? 3_600));
