import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordLongRun } from "../../../examples/12333/test/support/long-results.js";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { alawPower } from "../src/codec/level.js";
import { delay, MediaBench } from "./engine-setup.js";
import { gapsIn, runsOf, sum, told } from "./gaps.js";
import { overLink, type LinkFaults } from "./lossy-link.js";

/** Length of each talk: `HOTLINE_LOSSY_SECONDS`. */
const SECONDS = Number(process.env.HOTLINE_LOSSY_SECONDS ?? 60);
/** Talks at a time. */
const ROOMS = Number(process.env.HOTLINE_LOSSY_ROOMS ?? 20);
const PACKETS = SECONDS * 50;
const FAULTS: LinkFaults = { loss: 0.05, reorder: 0.03, duplicate: 0.01, jitterMs: 20 };

let bench: MediaBench;
beforeAll(async () => void (bench = await MediaBench.start()), 60_000);
afterAll(() => bench.stop());

/** One who speaks over a bad line into a conference, and two who listen over good ones; what comes from the bad line is recorded. */
async function talk(seed: number) {
  const [a, b, c] = [await bench.call(), await bench.call(), await bench.call()];
  const bridge = await bench.engine.createBridge({ near: a.leg });
  await Promise.all([a, b, c].map(({ leg }) => bridge.join(leg)));
  const path = join(bench.folder, `talk-${seed}.cap`);
  const capture = await a.leg.capture({ path });
  const link = overLink(PACKETS, FAULTS, seed);
  const tone = sineSecond(500);
  const start = performance.now();
  for (const { number, at } of link.arrivals) {
    const wait = start + at / 8 - performance.now();
    if (wait > 1) await delay(wait);
    const from = (number * 160) % 8_000;
    a.peer.sendPacket(a.leg.localPort, tone.subarray(from, from + 160), { sequence: (65_400 + number) & 0xffff, timestamp: number * 160 });
  }
  while ((await a.leg.stats()).packetsReceived < link.arrivals.length) await delay(5);
  await delay(500);
  await capture.stop();
  const stats = await a.leg.close();
  await Promise.all([b.leg.close(), c.leg.close()]);
  const recorded: Uint8Array[] = [];
  for await (const { left } of (await openCapture(path)).readStereo()) recorded.push(left);
  return { link, stats, wire: runsOf(link.lost), heard: [...gapsIn(b.peer.heard, alawPower), ...gapsIn(c.peer.heard, alawPower)], recorded: gapsIn(Buffer.concat(recorded), alawPower) };
}

it(`${ROOMS} talks of ${SECONDS} s over lines with 5 % loss, 3 % out of order and doubled packets: what is lost is counted exactly and hardly heard`, async () => {
  const talks = await Promise.all(Array.from({ length: ROOMS }, (_, i) => talk(i + 1)));
  const lostMs = sum(talks.flatMap(({ wire }) => wire));
  const wire = talks.flatMap((each) => each.wire);
  const heard = talks.flatMap((each) => each.heard);
  const recorded = talks.flatMap((each) => each.recorded);
  const concealed = (gaps: readonly number[], ears: number): number => 100 * (1 - sum(gaps) / (lostMs * ears));
  const total = (of: (each: (typeof talks)[number]) => number): number => sum(talks.map(of));
  const mos = talks.map(({ stats }) => stats.quality?.mos ?? 0).sort((a, b) => a - b);
  recordLongRun(
    "lossy sound",
    `${ROOMS} conferences of ${SECONDS} s, one of three over a line with 5 % loss, 3 % reordering, 1 % duplicates, 20 ms of jitter: of ${ROOMS * PACKETS} packets ${total(({ link }) => link.lost.size)} lost, ${total(({ link }) => link.overtaken)} overtaken, ${total(({ link }) => link.duplicated)} doubled, each counted exactly; gaps on the line ${told(wire)}; heard by both listeners after concealment ${told(heard)}, ${concealed(heard, 2).toFixed(1)} % of what was lost concealed; in the recordings ${told(recorded)}, ${concealed(recorded, 1).toFixed(1)} % concealed; MOS estimate ${mos[0]?.toFixed(2)} to ${mos.at(-1)?.toFixed(2)}`,
  );
  for (const { link, stats } of talks) expect(stats).toMatchObject({ packetsReceived: link.arrivals.length, packetsLost: link.lost.size, packetsLate: link.overtaken, packetsDuplicated: link.duplicated });
  expect(concealed(heard, 2)).toBeGreaterThan(80);
  expect(concealed(recorded, 1)).toBeGreaterThan(80);
});
