import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

/** 1002's telephone rings and nobody lifts it; 1001 sits at the desk, not ready, with the telephone in the browser. */
describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("call pickup at the agent's desk, in Chromium", () => {
  let folder: string;
  let example: Example;
  let phone: Baresip;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let root: string;
  const broken: string[] = [];
  const ends: (() => void)[] = [];

  const picture = async (name: string): Promise<void> => {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  };
  const pickUp = () => page.locator(".acd-pick-up");
  const told = () => page.locator(".acd-info .acd-problem");
  async function again(): Promise<void> {
    await page.getByRole("button", { name: "重试" }).click();
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
  }
  /** The telephone is in the browser. */
  async function takeBrowser(): Promise<void> {
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await told().waitFor({ timeout: 20_000 });
    await again();
  }

  async function call(from: string): Promise<void> {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from, mediaPort: probe.port }], talkMs: 60_000 });
    ends.push(() => {
      probe.close();
      caller.dispose();
    });
    probe.playSilence();
    await probe.hearsSound();
    await probe.press("1");
  }

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    folder = mkdtempSync(join(tmpdir(), "hotline-pickup-"));
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "1", HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1" }, readyMs: 120_000 });
    root = `http://127.0.0.1:${example.httpPort}`;
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: 1_000, autoAnswer: false });
    await phone.registered();
    browser = await openChromium({ toneHz: 620 });
    page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    // The first question for the microphone is refused.
    await page.addInitScript(`(() => {
      const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
      devices.getUserMedia = (wanted) => {
        if (sessionStorage.getItem("refused") !== null) return ask(wanted);
        sessionStorage.setItem("refused", "once");
        return Promise.reject(new DOMException("refused", "NotAllowedError"));
      };
    })()`);
    await page.goto(`${root}/console/desk`);
    const token = await example.login("1001", "demo-1001");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect((await fetch(`${root}/api/agents/1001/state`, { method: "POST", headers, body: JSON.stringify({ state: "not-ready" }) })).ok).toBe(true);
  }, 240_000);
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await browser?.dispose();
    await phone?.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("before that: a refused microphone is told in full, and asked for again by the button beside it", async () => {
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await told().waitFor({ timeout: 20_000 });
    expect(await told().innerText()).toContain("在地址栏左侧的网站权限里允许麦克风");
    expect(await told().evaluate((box: { scrollHeight: number; clientHeight: number }) => box.scrollHeight - box.clientHeight)).toBeLessThanOrEqual(1);
    await picture("microphone-refused");
    await again();
  }, 60_000);

  it("while nothing rings the button keeps its place and says why; then it names the colleague, and F2 P takes the call", async () => {
    await takeBrowser();
    await pickUp().waitFor({ timeout: 15_000 });
    expect(await pickUp().innerText()).toMatch(/^代接\s*P$/);
    expect(await pickUp().getAttribute("aria-disabled")).toBe("true");
    // Disabled in place: it can be reached, and says why.
    await pickUp().click({ force: true });
    await expect.poll(() => page.locator("#hl-live-polite").innerText(), { timeout: 5_000 }).toContain("没有同事的电话在振铃");

    await call("13812345678");
    await expect.poll(() => pickUp().innerText(), { timeout: 40_000 }).toMatch(/^代接 林启明\s*P$/);
    expect(await pickUp().getAttribute("aria-disabled")).toBe("false");
    await picture("pickup-rings");
    await page.keyboard.press("F2");
    await page.keyboard.press("p");
    // The browser lifts it by itself; the colleague's telephone falls silent.
    await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
    expect(await page.locator(".acd-card").innerText()).toContain("138****5678");
    await example.eventually<{ items: { number: string; state: string; offered: string | null }[] }>("/api/agents", ({ items }) => items.some(({ number, state, offered }) => number === "1002" && state === "available" && offered === null), 10_000);
    await pickUp().waitFor({ state: "detached" });
    const { items } = await example.get<{ items: { agentId: string | null; callerNumber: string }[] }>("/api/interactions?limit=1");
    expect(items[0]).toMatchObject({ agentId: "1001" });
    await page.keyboard.press("F2");
    await page.keyboard.press("e");
    await pickUp().waitFor({ timeout: 20_000 });
  }, 120_000);

  it("speaks the browser's English while no language was chosen, and is not there for whom it is not allowed", async () => {
    await takeBrowser();
    await page.addInitScript('Object.defineProperty(navigator, "languages", { get: () => ["fr", "en-GB", "zh-CN"] })');
    await page.reload();
    await pickUp().waitFor({ timeout: 20_000 });
    expect(await pickUp().innerText()).toMatch(/^Pick up\s*P$/);
    expect(await pickUp().getAttribute("title")).toBe("No colleague's phone rings");
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
    await page.route("**/api/console/session", async (route) => {
      const answer = await route.fetch();
      const session = (await answer.json()) as { user: { permissions: string[] } };
      session.user.permissions = session.user.permissions.filter((each) => each !== "acd.calls.pickup");
      await route.fulfill({ response: answer, json: session });
    });
    await page.reload();
    await page.getByRole("button", { name: "Dial" }).waitFor({ timeout: 20_000 });
    expect(await pickUp().count()).toBe(0);
    expect(broken).toEqual([]);
  }, 60_000);
});
