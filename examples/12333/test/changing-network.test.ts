import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium, type Chromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { freeAgent } from "./support/free-agent.js";
import { hasMovingNetwork, MovingNetwork } from "./support/moving-network.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause, type RtpProbe } from "./support/rtp-probe.js";
import { TabEar } from "./support/tab-ear.js";

const AGENT_HZ = 620;
const COLLEAGUE_HZ = 800;
const CALLER_HZ = 1_300;
/** JsSIP ends a call whose offer nobody has answered for so long (RFC 3261, timer B). */
const TIMER_B_MS = 32_000;

interface AgentNow {
  readonly number: string;
  readonly state: string;
  readonly reachable: boolean;
}

/** Real time, real network devices: the agent's computer has another address from one moment to the next, as from the office's network to a telephone's. */
describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip() || !hasMovingNetwork())("an agent's browser whose network changes in mid-call", () => {
  let network: MovingNetwork;
  let example: Example;
  let browser: Chromium;
  let page: Page;
  let ear: TabEar;
  let citizen: CitizenCall | undefined;
  let colleague: Baresip | undefined;
  const broken: string[] = [];

  const slot = (name: string) => page.getByRole("toolbar").getByRole("button", { name });
  const talkIs = (state: string, timeoutMs = 25_000): Promise<unknown> => example.eventually<{ call: { state: string } | null }>("/api/agents/1001/call", ({ call }) => call?.state === state, timeoutMs);
  const agent = (number: string, wanted: (now: AgentNow) => boolean): Promise<unknown> => example.eventually<{ items: AgentNow[] }>("/api/agents?limit=1000", ({ items }) => items.some((each) => each.number === number && wanted(each)), 30_000);
  /** What was told of the last call that matters here, in order. */
  async function told(): Promise<readonly string[]> {
    const { items } = await example.get<{ items: { id: string }[] }>("/api/interactions?limit=1");
    const { events } = await example.get<{ events: { type: string }[] }>(`/api/interactions/${items[0]?.id ?? ""}`);
    return events.map(({ type }) => type).filter((type) => /^(queue\.entered|leg\.(lost|reattached))$/.test(type));
  }
  /** The caller hears nothing but this from now on, for half a second at least. */
  async function hearsFromNow(probe: RtpProbe, hz: number, timeoutMs: number): Promise<void> {
    const before = probe.packets.length;
    await probe.until(() => probe.packets.length - before > 25 && probe.toneLevel(hz, 500) > -30, timeoutMs, `${hz} Hz anew`);
  }
  async function hearsMusic(probe: RtpProbe): Promise<void> {
    const before = probe.packets.length;
    await probe.until(() => probe.packets.length - before > 75 && probe.level(300) > -45 && probe.toneLevel(AGENT_HZ, 1_000) < -50, 10_000, "music");
  }
  async function talk(): Promise<RtpProbe> {
    onTestFailed(() => void process.stderr.write(example.stderr.slice(-4_000)));
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 30_000 });
    citizen = await citizenCall(example.sipPort, 150_000);
    const { probe } = citizen;
    await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
    await expect.poll(() => slot("接听").getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
    probe.playTone(CALLER_HZ);
    await page.keyboard.press("F2");
    await ear.hearsTone(CALLER_HZ);
    await probe.hearsTone(AGENT_HZ);
    return probe;
  }
  async function bothHear(probe: RtpProbe, timeoutMs: number): Promise<void> {
    await hearsFromNow(probe, AGENT_HZ, timeoutMs);
    await ear.hearsTone(CALLER_HZ);
  }

  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "1" }, readyMs: 120_000 });
  }, 130_000);
  // A computer at a network of its own for each try: some tests leave one without the other.
  beforeEach(async () => {
    await freeAgent(example, "1001");
    network = await MovingNetwork.create();
    browser = await openChromium({ toneHz: AGENT_HZ, within: network.within() });
    page = await browser.newPage();
    ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    const root = `http://127.0.0.1:${example.httpPort}`;
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    await page.goto(`${root}/console/desk`);
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
  }, 180_000);
  afterEach(async () => {
    await citizen?.end();
    citizen = undefined;
    await colleague?.dispose();
    colleague = undefined;
    await browser?.dispose();
    await network?.dispose();
    expect(broken.splice(0)).toEqual([]);
  });
  afterAll(() => example?.dispose());

  it("within seconds: the same leg goes on by the new address, and the agent's keys reach the hotline", async () => {
    const probe = await talk();
    const sockets = await ear.sipSockets();
    await network.move(2_000);
    await bothHear(probe, 20_000);
    // The WebSocket of the old address would have stayed "open" for a quarter of an hour.
    await expect.poll(() => ear.sipSockets(), { timeout: 15_000 }).toBeGreaterThan(sockets);
    // An offer that had gone into the old one would end the call now.
    await pause(TIMER_B_MS + 2_000);
    await bothHear(probe, 5_000);
    await slot("保持").click();
    await hearsMusic(probe);
    await page.keyboard.press("F9");
    await bothHear(probe, 10_000);
    expect([await told(), await ear.connections()]).toEqual([["queue.entered"], 1]);
    await slot("挂断").click();
    await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    expect(await citizen?.exited).toBe(0);
  }, 180_000);

  it("for longer than the hotline believes in the leg: the caller hears music, and a new leg takes the lost one's place by itself", async () => {
    const probe = await talk();
    const before = await ear.connections();
    network.vanish();
    await talkIs("reconnecting", 40_000);
    await hearsMusic(probe);
    await network.move(0);
    await bothHear(probe, 25_000);
    await talkIs("talking");
    // The tab thought until then that it still had the old one.
    expect([await told(), await ear.connections()]).toEqual([["queue.entered", "leg.lost", "leg.reattached"], before + 1]);
    await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 15_000 });
    await slot("挂断").click();
    await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    expect(await citizen?.exited).toBe(0);
  }, 180_000);

  it("and without a call: the new address is rung", async () => {
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 30_000 });
    const sockets = await ear.sipSockets();
    await network.move(1_000);
    await expect.poll(() => ear.sipSockets(), { timeout: 15_000 }).toBeGreaterThan(sockets);
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    await talk();
    await slot("挂断").click();
    expect(await citizen?.exited).toBe(0);
  }, 120_000);

  it("a browser that dies and is not back in time: the caller hears music for half a minute, is told, and is the next for another agent", async () => {
    const probe = await talk();
    colleague = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: COLLEAGUE_HZ });
    await colleague.registered();
    const headers = { authorization: `Bearer ${await example.login("1002", "demo-1002")}`, "content-type": "application/json" };
    browser.kill();
    await talkIs("reconnecting", 40_000);
    const lostAt = performance.now();
    await hearsMusic(probe);
    expect((await fetch(`http://127.0.0.1:${example.httpPort}/api/agents/1002/state`, { method: "POST", headers, body: JSON.stringify({ state: "available" }) })).ok).toBe(true);
    // Kept for the agent, though another one is free.
    await pause(15_000);
    expect([colleague.events.includes("CALL_INCOMING"), (await told()).at(-1)]).toEqual([false, "leg.lost"]);
    await hearsMusic(probe);
    await colleague.event("CALL_ESTABLISHED", 40_000);
    expect(performance.now() - lostAt).toBeGreaterThan(28_000);
    await hearsFromNow(probe, COLLEAGUE_HZ, 20_000);
    await expect.poll(() => colleague?.heardTone(CALLER_HZ), { timeout: 15_000 }).toBeGreaterThan(-35);
    expect(await told()).toEqual(["queue.entered", "leg.lost", "queue.entered"]);
    await agent("1001", ({ state, reachable }) => state !== "busy" && !reachable);
  }, 180_000);
});
