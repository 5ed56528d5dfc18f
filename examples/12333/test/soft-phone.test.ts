import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { TabEar } from "./support/tab-ear.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
const AGENT_HZ = 620;
const CALLER_HZ = 1_300;

type Browser = Awaited<ReturnType<typeof openChromium>>;

/** Real time, since two browsers and SIPp are nobody's fake: the whole way from a citizen's mouth to an agent's ear and back. */
describe.skipIf(!hasChromium() || !hasSipp())("the telephone in the agent's browser, in Chromium with JsSIP", () => {
  let example: Example;
  let browser: Browser;
  let page: Page;
  let ear: TabEar;
  let root: string;
  const broken: string[] = [];

  async function picture(name: string, of: Page = page): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await of.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  const slot = (name: string) => page.getByRole("toolbar").getByRole("button", { name });
  const bar = () => page.locator(".acd-bar");

  /** A citizen who calls, presses 1 and says a tone. */
  async function call(talkMs: number): Promise<{ readonly probe: RtpProbe; readonly exited: Promise<number | null>; end(): void }> {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13812345678", mediaPort: probe.port }], talkMs });
    probe.playSilence();
    await probe.hearsSound();
    await pause(1_000);
    await probe.press("1");
    return {
      probe,
      exited: caller.exited,
      end: () => {
        probe.close();
        caller.dispose();
      },
    };
  }

  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "2" } });
    root = `http://127.0.0.1:${example.httpPort}`;
    browser = await openChromium({ toneHz: AGENT_HZ });
    page = await browser.newPage();
    ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => (message.type() === "error" && /Content Security Policy|Refused to/.test(message.text()) ? broken.push(message.text()) : undefined));
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
  }, 120_000);
  afterAll(async () => {
    await browser?.dispose();
    await example?.dispose();
  });

  it("one click makes the browser the agent's phone; it is not loaded before", async () => {
    const loaded: string[] = [];
    page.on("response", (response) => void loaded.push(new URL(response.url()).pathname));
    await page.goto(`${root}/console/desk`);
    await bar().getByText("话机未注册").waitFor({ timeout: 30_000 });
    await picture("bar-no-phone");
    expect(loaded.filter((path) => path.includes("browser-phone"))).toEqual([]);
    await page.getByRole("button", { name: "用浏览器接听" }).click();
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    expect(loaded.filter((path) => path.includes("browser-phone"))).toHaveLength(1);
    await page.locator(".acd-phone").click();
    await page.getByText("已就绪，来电在这里振铃").waitFor();
    await page.getByRole("button", { name: "检测麦克风" }).click();
    await expect.poll(() => page.locator("meter").evaluate((meter: { value: number }) => meter.value), { timeout: 10_000 }).toBeGreaterThan(0.1);
    await picture("bar-devices");
    await page.getByRole("button", { name: "停止检测" }).click();
    await page.locator(".acd-phone").click();
  }, 60_000);

  it("takes a call from SIPp: F2 answers, tones and keys both ways, mute, hold, a cut WebSocket in mid-call", async () => {
    const citizen = await call(120_000);
    const { probe } = citizen;
    try {
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      await expect.poll(() => slot("接听").getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("false");
      expect(await page.locator("#hl-live-assertive").innerText()).toMatch(/来电，综合咨询，等候 \d+ 秒，按 F2 接听/);
      await picture("bar-ringing");
      probe.playTone(CALLER_HZ);
      await page.keyboard.press("F2");
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
      await ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(AGENT_HZ);
      await picture("bar-talking");

      // Muted, the citizen hears nothing of the agent, and the bar says so until it is taken back.
      await page.keyboard.press("F8");
      await bar().getByText("已静音").first().waitFor();
      expect(await slot("静音").getAttribute("aria-pressed")).toBe("true");
      await probe.until(() => probe.toneLevel(AGENT_HZ, 500) < -50, 10_000, "silence of the muted agent");
      await bar().getByText("你在静音状态说话").waitFor({ timeout: 10_000 });
      await picture("bar-muted");
      await slot("静音").click();
      await probe.hearsTone(AGENT_HZ);

      // Keys: the agent's reach the caller as events, the caller's are heard in the browser.
      await slot("按键").click();
      const before = probe.packets.length;
      await page.locator(".acd-keypad").getByRole("button", { name: "7" }).click();
      await probe.until(() => probe.packets.slice(before).some(({ payloadType, payload }) => payloadType === 101 && payload[0] === 7), 10_000, "the agent's key");
      await page.keyboard.press("Escape");
      probe.playSilence();
      const heard = ear.hearsKey(770, 1_336);
      await probe.press("5555555555", 200);
      await heard;
      probe.playTone(CALLER_HZ);

      // The way of the signalling is cut; the talk is not, and the hang-up finds its way over the new one.
      expect(await ear.cutSip()).toBe(1);
      await page.locator(".acd-phone[data-link=fault]").waitFor({ timeout: 10_000 });
      await ear.hearsTone(CALLER_HZ);
      await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
      expect(await ear.sipSockets()).toBe(2);
      expect(await ear.connections()).toBe(1);
      expect(await page.locator(".acd-card[data-state=talking]").count()).toBe(1);
      await ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(AGENT_HZ);

      await slot("保持").click();
      await page.locator(".acd-info", { hasText: "来电人听音乐" }).waitFor({ timeout: 10_000 });
      await picture("bar-held");
      await page.keyboard.press("F9");
      await ear.hearsTone(CALLER_HZ);
      await slot("挂断").click();
      await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
      await expect.poll(() => slot("静音").getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("true");
    } finally {
      citizen.end();
    }
  }, 180_000);

  it("nothing went wrong in any page", () => {
    expect(broken).toEqual([]);
  });
});
