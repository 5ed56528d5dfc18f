// CPU per call-second of one media worker, by the built dist/worker.js: node bench/media-bench.mjs [legs] [seconds]
import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

const legs = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 10);
const here = new URL(".", import.meta.url);

function startWorker(fax) {
  // PortTable.memory: a few words, and one for each pair.
  const table = new SharedArrayBuffer(4 * (3 + 10_000));
  const worker = new Worker(new URL("../dist/worker.js", here), {
    workerData: { index: 0, bindAddress: "127.0.0.1", portMin: 30_000, portMax: 49_999, portTable: table, portStock: 0, batchedUdp: true, threadNice: 0, beat: new SharedArrayBuffer(4), keepAliveSilence: false, faxDetectionMs: fax, jitterMinMs: 40, jitterMaxMs: 240 },
  });
  let rid = 0;
  const waiting = new Map();
  worker.on("message", (report) => {
    if (report.ev === "fault") console.error(report.message);
    if (report.ev !== "reply") return;
    waiting.get(report.rid)?.(report);
    waiting.delete(report.rid);
  });
  return {
    worker,
    send: (command) => worker.postMessage(command),
    ask: (command) =>
      new Promise((resolve, reject) => {
        const id = ++rid;
        waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error.message))));
        worker.postMessage({ ...command, rid: id });
      }),
  };
}

const A_LAW = { codec: "PCMA", payloadType: 8 };
const WIDE = { codec: "G722", payloadType: 9 };

/** @param formats what the phones speak, in turn */
async function scenario(name, phones, unit, run, formats = [A_LAW], faxDetectionMs = 60_000) {
  const load = fork(new URL("load.mjs", here));
  const answer = () => new Promise((resolve) => load.once("message", resolve));
  load.send({ open: phones });
  const { ports } = await answer();
  const media = startWorker(faxDetectionMs);
  const folder = await mkdtemp(join(tmpdir(), "media-bench-"));
  const local = [];
  for (let i = 0; i < phones; i++) {
    const remote = { address: "127.0.0.1", port: ports[i], ...formats[i % formats.length], telephoneEventPayloadType: 101 };
    local.push((await media.ask({ op: "create-rtp", leg: `leg-${i}`, options: { symmetric: true, mediaTimeoutMs: 30_000, remote } })).port);
  }
  const types = local.map((_, i) => formats[i % formats.length].payloadType);
  await run({ media, load, local, types, folder });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await media.ask({ op: "health" });
  load.send({ count: true });
  await answer();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  load.send({ count: true });
  const { received } = await answer();
  const health = await media.ask({ op: "health" });
  const perSecond = (user + system) / 1000 / seconds / unit;
  console.log(`${name}: ${perSecond.toFixed(3)} ms CPU per call-second (${unit} calls, ${(received / seconds / phones).toFixed(1)} packets/s per phone, tick p99 ${health.tickP99Ms.toFixed(1)} ms, max ${health.tickMaxMs.toFixed(1)} ms)`);
  load.send({ end: true });
  await media.ask({ op: "stop" });
  await media.worker.terminate();
  await rm(folder, { recursive: true, force: true });
}

const samples = new Uint8Array(new SharedArrayBuffer(80_000)).map((_, i) => (i * 31) & 0xff);
const shared = new Uint8Array(new SharedArrayBuffer(samples.length));
shared.set(samples);
const prompt = { kind: "asset", asset: { id: "bench", samples: shared, durationMs: 10_000 } };

const play = async ({ media }) => {
  for (let i = 0; i < legs; i++) media.send({ op: "play", leg: `leg-${i}`, playback: `p-${i}`, sources: [prompt], loop: true, startAtMs: 0 });
};
await scenario("prompt", legs, legs, play);
await scenario("prompt, caller speaking", legs, legs, async ({ media, load, local, types }) => {
  for (let i = 0; i < legs; i++) media.send({ op: "play", leg: `leg-${i}`, playback: `p-${i}`, sources: [prompt], loop: true, startAtMs: 0 });
  load.send({ speak: local, types });
});
const pairs = Math.floor(legs / 2);
const bridge = async ({ media, load, local, types }) => {
  for (let i = 0; i < pairs; i++) {
    await media.ask({ op: "create-bridge", bridge: `b-${i}` });
    for (const leg of [2 * i, 2 * i + 1]) await media.ask({ op: "join", bridge: `b-${i}`, leg: `leg-${leg}`, role: "talk", whisperTo: [] });
  }
  load.send({ speak: local, types });
};
await scenario("relay", pairs * 2, pairs, bridge);
await scenario("relay and capture", pairs * 2, pairs, async (context) => {
  await bridge(context);
  for (let i = 0; i < pairs; i++) {
    await context.media.ask({ op: "capture", leg: `leg-${2 * i}`, capture: `c-${i}`, options: { path: join(context.folder, `${i}.cap`), flushMs: 500, channels: "stereo" } });
  }
});
await scenario("prompt in G.722", legs, legs, play, [WIDE]);
await scenario("relay, both G.722, first minute (its sound is listened to for fax tones)", pairs * 2, pairs, bridge, [WIDE]);
await scenario("relay, both G.722, later", pairs * 2, pairs, bridge, [WIDE], 0);
await scenario("relay, both A-law, later", pairs * 2, pairs, bridge, [A_LAW], 0);
await scenario("bridge of G.722 and A-law", pairs * 2, pairs, bridge, [WIDE, A_LAW], 0);
