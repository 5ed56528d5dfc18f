import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { freeAgent } from "./support/free-agent.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { RawPhone } from "./support/raw-phone.js";
import { TabEar } from "./support/tab-ear.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
const BROWSER_HZ = 620;
const PHONE_HZ = 800;
const CALLER_HZ = 1_300;
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

interface AgentNow {
  readonly number: string;
  readonly state: string;
  readonly reachable: boolean;
}

/** Real time: baresip and Chromium are two telephones of one agent, registered at once; the citizen is SIPp. */
describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("an agent with a SIP telephone and the browser's", () => {
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let ear: TabEar;
  let phone: Baresip;
  let citizen: CitizenCall | undefined;
  let root: string;
  const broken: string[] = [];

  const bar = () => page.locator(".acd-bar");
  const slot = (name: string) => page.getByRole("toolbar").getByRole("button", { name });
  async function agent(wanted: (now: AgentNow) => boolean): Promise<void> {
    await example.eventually<{ items: AgentNow[] }>("/api/agents?limit=1000", ({ items }) => items.some((each) => each.number === "1001" && wanted(each)), 30_000);
  }
  const state = (name: string): Promise<void> => agent((now) => now.state === name);
  const heard = (type: string): number => phone.events.filter((each) => each === type).length;

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  async function startPhone(): Promise<void> {
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: PHONE_HZ, autoAnswer: false });
    await phone.registered();
  }
  /** The console with its telephone ready. */
  async function openConsole(): Promise<void> {
    page = await browser.newPage();
    ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${root}/console/desk`);
  }
  const ready = (): Promise<void> => page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 30_000 });
  /** A citizen whose call rings at both devices. */
  async function rings(): Promise<CitizenCall["probe"]> {
    await citizen?.end();
    await state("available");
    const before = heard("CALL_INCOMING");
    citizen = await citizenCall(example.sipPort, 90_000);
    await phone.event("CALL_INCOMING", 40_000, before + 1);
    return citizen.probe;
  }
  /** The citizen was hung up, as it should be. */
  async function over(): Promise<void> {
    expect(await citizen?.exited).toBe(0);
  }
  async function ringsInBrowser(): Promise<void> {
    await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
    await expect.poll(() => slot("接听").getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
  }

  beforeAll(async () => {
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_ACD_WRAP_UP: "3" } });
    root = `http://127.0.0.1:${example.httpPort}`;
    browser = await openChromium({ width: 1280, height: 720, toneHz: BROWSER_HZ });
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    await openConsole();
    await page.locator(".acd-phone").click({ timeout: 30_000 });
    await page.getByText("这个浏览器").click();
    await page.keyboard.press("Escape");
    await ready();
    await page.close();
  }, 180_000);
  // A telephone and a window of their own for each try: some tests take one of them away.
  beforeEach(async () => {
    await freeAgent(example, "1001");
    await startPhone();
    await openConsole();
    await ready();
  }, 90_000);
  afterEach(async () => {
    await citizen?.end();
    citizen = undefined;
    await page?.close();
    await phone?.dispose();
    expect(broken.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.dispose();
    await example?.dispose();
  });

  it("answers in the browser: the telephone stops ringing, since the call was completed elsewhere, and has no part in it", async () => {
    // A third device, whose SIP can be read.
    const third = await RawPhone.open("1001", "demo-1001", example.sipPort);
    await third.register();
    const probe = await rings();
    await ringsInBrowser();
    await state("reserved");
    expect([third.ringing, heard("CALL_CLOSED")]).toEqual([true, 0]);
    probe.playTone(CALLER_HZ);
    await page.keyboard.press("F2");
    await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
    await phone.event("CALL_CLOSED", 10_000);
    await ear.hearsTone(CALLER_HZ);
    await probe.hearsTone(BROWSER_HZ);
    await state("busy");
    expect([third.letGo, heard("CALL_ESTABLISHED")]).toEqual([[{ method: "CANCEL", reason: ELSEWHERE }], 0]);
    expect(await bar().getByText("话机通话").count()).toBe(0);
    await third.register(0);
    await slot("挂断").click();
    await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    await over();
    await state("available");
  }, 120_000);

  it("answers at the telephone: the browser stops ringing and tells where the talk is; it is steered, and ended, from either", async () => {
    const probe = await rings();
    await ringsInBrowser();
    probe.playTone(CALLER_HZ);
    const closed = heard("CALL_CLOSED");
    await phone.accept();
    await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
    await bar().getByText("话机通话").waitFor({ timeout: 15_000 });
    await probe.hearsTone(PHONE_HZ);
    await state("busy");
    // There is nothing of it in the browser to answer or to mute.
    expect([await slot("接听").getAttribute("aria-disabled"), await slot("静音").getAttribute("aria-disabled"), await slot("静音").getAttribute("title")]).toEqual(["true", "true", expect.stringContaining("在话机上静音")]);
    await picture("talk-at-the-phone");
    await slot("保持").click();
    await page.locator(".acd-info", { hasText: "来电人听音乐" }).waitFor({ timeout: 10_000 });
    await probe.until(() => probe.level(300) > -45 && probe.toneLevel(PHONE_HZ, 300) < -50, 10_000, "music");
    await page.keyboard.press("F9");
    await probe.hearsTone(PHONE_HZ);
    // Since the hold the telephone writes another file.
    await expect.poll(() => phone.heardTone(CALLER_HZ), { timeout: 15_000 }).toBeGreaterThan(-35);
    await slot("挂断").click();
    await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    await phone.event("CALL_CLOSED", 10_000, closed + 1);
    await over();
    await state("available");

    // Hung up at the telephone it is over in the browser, too.
    const again = await rings();
    await ringsInBrowser();
    await phone.accept();
    await again.hearsTone(PHONE_HZ);
    await bar().getByText("话机通话").waitFor({ timeout: 15_000 });
    phone.command("hangup");
    await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    await over();
    await state("available");
  }, 180_000);

  it("with the browser closed while it rings, and after: the telephone rings on, and the agent can be reached", async () => {
    const probe = await rings();
    await ringsInBrowser();
    const closed = heard("CALL_CLOSED");
    await page.close();
    await phone.accept();
    await probe.hearsTone(PHONE_HZ);
    expect(heard("CALL_CLOSED")).toBe(closed);
    await agent((now) => now.state === "busy" && now.reachable);
    phone.command("hangup");
    await over();
    await agent((now) => now.state === "available" && now.reachable);
    const again = await rings();
    await phone.accept();
    await again.hearsTone(PHONE_HZ);
    phone.command("hangup");
    await over();
    await state("available");
  }, 180_000);

  it("with the telephone gone: the browser, open again, takes the call; the telephone back in mid-call changes nothing", async () => {
    await phone.dispose();
    await agent((now) => now.state === "available" && now.reachable);
    const talk = await citizenCall(example.sipPort, 90_000);
    citizen = talk;
    const { probe } = talk;
    await ringsInBrowser();
    probe.playTone(CALLER_HZ);
    await page.keyboard.press("F2");
    await ear.hearsTone(CALLER_HZ);
    await startPhone();
    await probe.hearsTone(BROWSER_HZ);
    await ear.hearsTone(CALLER_HZ);
    await state("busy");
    expect(heard("CALL_INCOMING")).toBe(0);
    await slot("挂断").click();
    await over();
    // Both ring again.
    await rings();
    await ringsInBrowser();
  }, 180_000);
});
