import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, createHotline, createSilentLogger, definePlugin, MEDIA, READ_POOL } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { sip } from "@hotlinejs/plugin-sip";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { sineSecond } from "../../media/src/audio/tones.js";
import type { DefaultMediaEngine } from "../../media/src/engine/default-media-engine.js";
import { ensureWorkerBuilt } from "../../media/test/built-worker.js";
import { RtpPeer } from "../../media/test/rtp-peer.js";
import { offerOf, Phone } from "../../plugin-sip/test/support/phone.js";
import { recording } from "../src/index.js";

const CALLS = 20;
/** Room for those calls and two more: a port that is not given back shows at once. */
const PAIRS = CALLS + 2;

let dataDir: string;
let hotline: Hotline;
const phones: Phone[] = [];
const peers: RtpPeer[] = [];

beforeEach(async () => {
  await ensureWorkerBuilt();
  dataDir = mkdtempSync(join(tmpdir(), "hotline-worker-killed-"));
});
afterEach(async () => {
  await hotline.stop({ drain: false });
  for (const phone of phones.splice(0)) await phone.stop();
  for (const peer of peers.splice(0)) peer.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Answers every call and plays a tone into it. */
const answers = definePlugin({
  name: "answers",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  register({ services, hooks }) {
    hooks.callRoute.tap(() => ({ handler: "answers", target: "" }));
    services.get(CALL_PIPELINE).handler("answers", async ({ call }) => {
      await call.answer();
      call.play({ kind: "tone", tone: "dial" });
      await call.ended;
    });
  },
});

interface Talk {
  readonly peer: RtpPeer;
  readonly port: number;
  readonly over: { readonly at: () => boolean };
  hangup(): Promise<unknown>;
}

it("a media thread killed with 20 calls up: its calls end at once and by name, with their recordings; the others talk on, new ones are served, no port is lost", { timeout: 90_000 }, async () => {
  const first = 21_000 + Math.floor(Math.random() * 5_000) * 2;
  hotline = createHotline({
    dataDir,
    logger: createSilentLogger(),
    environment: {},
    plugins: [answers(), media({ workers: 2, rtpPorts: `${first}-${first + 2 * PAIRS - 1}` }), sip({ transports: ["udp"], port: 0, trunks: [{ key: "demo", match: ["127.0.0.1"] }] }), recording({ minFreeMb: 0, flushMs: 500 })],
  });
  await hotline.start();
  const { port: sipPort } = hotline.services.get(SIP).endpoints[0] as { readonly port: number };
  const engine = hotline.services.get(MEDIA) as DefaultMediaEngine;
  const rows = <T>(sql: string): Promise<T[]> => hotline.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
  const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  async function call(number: string): Promise<Talk> {
    const phone = await new Phone(number).start();
    phones.push(phone);
    const peer = await RtpPeer.open();
    peers.push(peer);
    const { session, sdp } = await phone.reach(sipPort, { body: offerOf(peer.port) });
    let over = false;
    void session.ended.then(() => (over = true));
    return { peer, port: Number(/m=audio (\d+)/.exec(sdp)?.[1]), over: { at: () => over }, hangup: () => session.bye() };
  }
  /** One after the other: more at once than can be set up are refused. */
  async function several(count: number, prefix: string): Promise<Talk[]> {
    const made: Talk[] = [];
    while (made.length < count) made.push(await call(`${prefix}${1000 + made.length}`));
    return made;
  }
  const speak = (talks: readonly Talk[]): Promise<unknown> => Promise.all(talks.map(({ peer, port }) => peer.speak(port, sineSecond(700))));

  const talks = await several(CALLS, "1380000");
  expect(new Set(talks.map(({ port }) => port)).size).toBe(CALLS);
  await speak(talks);
  expect(engine.slots.map(({ legs }) => legs)).toEqual([CALLS / 2, CALLS / 2]);
  await engine.slots[0]!.crash();
  await until(() => talks.filter(({ over }) => over.at()).length === CALLS / 2);
  const left = talks.filter(({ over }) => !over.at());
  await until(async () => (await rows("select id from core_interaction where ended_at is null")).length === CALLS / 2);
  const reasons = await rows<{ end_reason: string }>("select end_reason from core_leg where ended_at is not null");
  expect(reasons).toHaveLength(CALLS / 2);
  expect(new Set(reasons.map(({ end_reason }) => end_reason))).toEqual(new Set(["failed"]));
  // What was said until then is kept, marked as cut.
  await until(async () => (await rows("select id from recording_recording where state <> 'capturing' and truncated and voiced_ms > 300")).length === CALLS / 2);

  const before = left.map(({ peer }) => peer.packets.length);
  await speak(left);
  for (const [i, { peer, over }] of left.entries()) {
    expect(over.at()).toBe(false);
    expect(peer.packets.length - (before[i] ?? 0)).toBeGreaterThan(20);
  }
  await until(() => engine.slots.every(({ up }) => up));
  // As many again as there is room for: nothing of the dead thread holds a port.
  const again = await several(PAIRS - CALLS / 2, "1390000");
  await speak(again);
  for (const { peer } of again) expect(peer.packets.length).toBeGreaterThan(10);
  await Promise.all([...left, ...again].map((talk) => talk.hangup()));
  await until(() => engine.legs === 0);
  await until(async () => (await rows("select id from core_interaction where ended_at is null")).length === 0);
  await until(async () => (await rows("select id from recording_recording where state = 'capturing'")).length === 0);
  expect(await rows("select id from recording_recording where state = 'failed'")).toEqual([]);
});
