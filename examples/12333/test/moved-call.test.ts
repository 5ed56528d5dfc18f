import { afterEach, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium, type Chromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause, type RtpProbe } from "./support/rtp-probe.js";
import { TabEar } from "./support/tab-ear.js";

const BROWSER_HZ = 620;
const PHONE_HZ = 800;
const CALLER_HZ = 1_300;
/** How long a telephone may be silent before its leg counts as broken off. */
const PHONE_SILENT_MS = 4_000;

/** Real time: one agent with the browser and a SIP telephone; whichever of them the talk is at dies, and the talk goes on at the other. */
describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("a talk that moves to the agent's other device", () => {
  let example: Example;
  let browser: Chromium;
  let page: Page;
  let ear: TabEar;
  let phone: Baresip;
  let citizen: CitizenCall | undefined;
  const broken: string[] = [];

  const talkIs = (state: string, timeoutMs = 30_000): Promise<unknown> => example.eventually<{ call: { state: string } | null }>("/api/agents/1001/call", ({ call }) => call?.state === state, timeoutMs);
  const heard = (type: string): number => phone.events.filter((each) => each === type).length;
  async function told(): Promise<readonly string[]> {
    const { items } = await example.get<{ items: { id: string }[] }>("/api/interactions?limit=1");
    const { events } = await example.get<{ events: { type: string }[] }>(`/api/interactions/${items[0]?.id ?? ""}`);
    return events.map(({ type }) => type).filter((type) => /^(queue\.entered|leg\.(lost|reattached))$/.test(type));
  }
  /** The caller hears this from now on, for half a second at least. */
  async function hearsFromNow(probe: RtpProbe, hz: number): Promise<void> {
    const before = probe.packets.length;
    await probe.until(() => probe.packets.length - before > 25 && probe.toneLevel(hz, 500) > -30, 20_000, `${hz} Hz anew`);
  }
  async function hearsMusic(probe: RtpProbe): Promise<void> {
    const before = probe.packets.length;
    await probe.until(() => probe.packets.length - before > 75 && probe.level(300) > -45 && Math.max(probe.toneLevel(BROWSER_HZ, 1_000), probe.toneLevel(PHONE_HZ, 1_000)) < -50, 10_000, "music");
  }
  async function openBrowser(): Promise<void> {
    browser = await openChromium({ width: 1280, height: 720, toneHz: BROWSER_HZ });
    const root = `http://127.0.0.1:${example.httpPort}`;
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    page = await browser.newPage();
    ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${root}/console/desk`);
    await page.locator(".acd-phone").click({ timeout: 30_000 });
    await page.getByText("这个浏览器").click();
    await page.keyboard.press("Escape");
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 30_000 });
  }
  async function startPhone(): Promise<void> {
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: PHONE_HZ, autoAnswer: false });
    await phone.registered();
  }

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_ACD_WRAP_UP: "1", HOTLINE_SIP_MEDIA_TIMEOUT_MS: String(PHONE_SILENT_MS) } });
    await startPhone();
    await openBrowser();
  }, 180_000);
  afterEach(async () => {
    await citizen?.end();
    citizen = undefined;
    await browser?.dispose();
    await phone?.dispose();
    await example?.dispose();
  });

  it("from a browser that dies to the telephone, which rings at once; and from a telephone that dies back to the browser, which answers by itself", async () => {
    onTestFailed(() => void process.stderr.write(example.stderr.slice(-4_000)));
    await example.eventually<{ items: { number: string; state: string }[] }>("/api/agents?limit=1000", ({ items }) => items.some(({ number, state }) => number === "1001" && state === "available"), 30_000);
    citizen = await citizenCall(example.sipPort, 150_000);
    const { probe } = citizen;
    await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
    await expect.poll(() => page.getByRole("toolbar").getByRole("button", { name: "接听" }).getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
    probe.playTone(CALLER_HZ);
    await page.keyboard.press("F2");
    await ear.hearsTone(CALLER_HZ);
    await probe.hearsTone(BROWSER_HZ);
    const rung = heard("CALL_INCOMING");

    browser.kill();
    await phone.event("CALL_INCOMING", 40_000, rung + 1);
    await talkIs("reconnecting");
    await hearsMusic(probe);
    const established = heard("CALL_ESTABLISHED");
    await phone.accept();
    await phone.event("CALL_ESTABLISHED", 10_000, established + 1);
    await talkIs("talking");
    await hearsFromNow(probe, PHONE_HZ);
    await expect.poll(() => phone.heardTone(CALLER_HZ), { timeout: 15_000 }).toBeGreaterThan(-35);
    expect(await told()).toEqual(["queue.entered", "leg.lost", "leg.reattached"]);

    // The browser back in mid-call changes nothing, and shows where the talk is.
    await browser.dispose();
    await openBrowser();
    await page.locator(".acd-bar").getByText("话机通话").waitFor({ timeout: 15_000 });
    await pause(1_000);
    await hearsFromNow(probe, PHONE_HZ);
    expect(await ear.connections()).toBe(0);

    phone.kill();
    await ear.hearsTone(CALLER_HZ, 30_000);
    await talkIs("talking");
    await hearsFromNow(probe, BROWSER_HZ);
    expect([await told(), await ear.connections()]).toEqual([["queue.entered", "leg.lost", "leg.reattached", "leg.lost", "leg.reattached"], 1]);
    await page.getByRole("toolbar").getByRole("button", { name: "挂断" }).click();
    expect(await citizen.exited).toBe(0);
    expect(broken).toEqual([]);
  }, 240_000);
});
