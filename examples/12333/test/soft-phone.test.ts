import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import type { Page, Route } from "playwright-core";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { freeAgent } from "./support/free-agent.js";
import { hasSipp } from "./support/peers.js";
import { goertzelLevel, pause, type RtpProbe } from "./support/rtp-probe.js";
import { TabEar } from "./support/tab-ear.js";
import { loudest, readWav } from "./support/wav.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
const AGENT_HZ = 620;
const CALLER_HZ = 1_300;
const CITIZEN_HZ = 900;

interface RecordingOfCall {
  readonly id: string;
  readonly state: string;
  readonly startedAt: number;
  readonly pauses: readonly { readonly from: number; readonly to: number | null }[];
  readonly excluded: readonly { readonly from: number; readonly to: number }[];
}

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
  /** Light and dark, on a desk and on a telephone. */
  async function shots(of: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    for (const scheme of ["light", "dark"] as const) {
      await of.emulateMedia({ colorScheme: scheme });
      for (const [width, height] of [[1366, 768], [390, 844]] as const) {
        await of.setViewportSize({ width, height });
        await picture(`${name}-${scheme}-${width}`, of);
      }
    }
    await of.emulateMedia({ colorScheme: "light" });
  }
  const slot = (name: string) => page.getByRole("toolbar").getByRole("button", { name });
  const bar = () => page.locator(".acd-bar");

  async function call(talkMs: number): Promise<CitizenCall> {
    // What the bar showed too late, the hotline may tell.
    onTestFailed(() => void process.stderr.write(example.stderr.slice(-4_000)));
    return citizenCall(example.sipPort, talkMs);
  }

  /** Tries to pause the recording of 1001's call as somebody. */
  async function tryPause(username: string): Promise<readonly [number, string]> {
    const token = await example.login(username, `demo-${username}`);
    const answer = await fetch(`${root}/api/agents/1001/call/recording`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ paused: true }) });
    return [answer.status, ((await answer.json()) as { code?: string }).code ?? ""];
  }

  /** By keyboard alone, three seconds of the talk are left out of the recording; both go on to hear each other. */
  async function keepsOut(probe: RtpProbe): Promise<void> {
    const polite = page.locator("#hl-live-polite");
    const button = page.locator(".rec-pause");
    expect(await tryPause("1002")).toEqual([403, "HTL_RECORDING_NOT_YOUR_CALL"]);
    const reads = (word: string) => expect.poll(() => button.innerText(), { timeout: 5_000 }).toBe(word);
    await reads("暂停录音");
    await pause(2_000);
    await page.keyboard.press("F2");
    await page.keyboard.press("Shift+Tab");
    await page.locator(".rec-pause:focus").waitFor({ timeout: 5_000 });
    await page.keyboard.press("Enter");
    await bar().getByText("录音已暂停").waitFor({ timeout: 10_000 });
    await polite.filter({ hasText: "录音已暂停，最长 02:00" }).waitFor({ timeout: 5_000 });
    expect(await bar().getByText("录音中").count()).toBe(0);
    await reads("恢复录音");
    await shots(page, "recording-paused");
    await page.setViewportSize({ width: 1366, height: 620 });
    expect(await example.get("/api/recording-pauses")).toMatchObject({ items: [{ agent: "1001", ended: null }] });
    await probe.hearsTone(AGENT_HZ);
    await ear.hearsTone(CALLER_HZ);
    await pause(3_000);
    // The button has kept the focus.
    await page.keyboard.press("Enter");
    await bar().getByText("录音中").waitFor({ timeout: 10_000 });
    await polite.filter({ hasText: "录音已恢复" }).waitFor({ timeout: 5_000 });
    await reads("暂停录音");
    await pause(2_000);
  }

  /** The recording has both voices before and after, and nothing in between. */
  async function isKeptOut(): Promise<void> {
    expect(await tryPause("1001")).toEqual([409, "HTL_RECORDING_NO_CALL"]);
    const { items } = await example.eventually<{ items: RecordingOfCall[] }>("/api/recordings?limit=1", (list) => list.items[0]?.state === "compressed", 60_000);
    const { id, startedAt, pauses, excluded } = items[0] as RecordingOfCall;
    expect(pauses).toMatchObject([{ agent: "1001", ended: "resumed" }]);
    const from = (pauses[0]?.from ?? 0) - startedAt;
    const to = (pauses[0]?.to ?? 0) - startedAt;
    expect(to - from).toBeGreaterThan(3_000);
    // The engine's own list has the same stretch.
    expect(excluded.some((range) => Math.abs(range.from - from) < 500 && Math.abs(range.to - to) < 500)).toBe(true);
    const { channels } = readWav(Buffer.from(await (await example.fetch(`/api/recordings/${id}/audio?format=wav`)).arrayBuffer()));
    const heard = (channel: 0 | 1, hz: number, begin: number, end: number): number => goertzelLevel((channels[channel] as Int16Array).slice(begin * 8, end * 8), hz);
    for (const [channel, hz] of [[0, CALLER_HZ], [1, AGENT_HZ]] as const) {
      expect(heard(channel, hz, from - 1_500, from - 500)).toBeGreaterThan(-35);
      expect(heard(channel, hz, to + 500, to + 1_500)).toBeGreaterThan(-35);
      expect(loudest((channels[channel] as Int16Array).slice((from + 500) * 8, (to - 500) * 8))).toBeLessThan(100);
    }
  }

  /** A window in which nobody has been yet, and the only one. */
  async function openWindow(): Promise<void> {
    const before = browser.pages();
    page = await browser.newPage();
    ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => (message.type() === "error" && /Content Security Policy|Refused to/.test(message.text()) ? broken.push(message.text()) : undefined));
    await Promise.all(before.map((each) => each.close()));
  }

  /** The desk in such a window, with the telephone in it. */
  async function atPhone(): Promise<void> {
    await openWindow();
    await page.goto(`${root}/console/desk`);
    const use = page.getByRole("button", { name: "用浏览器接听" });
    const ready = page.locator(".acd-phone[data-link=ready]");
    await use.or(ready).first().waitFor({ timeout: 30_000 });
    if (await use.isVisible()) await use.click();
    await ready.waitFor({ timeout: 20_000 });
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 15_000 });
  }

  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "5" } });
    root = `http://127.0.0.1:${example.httpPort}`;
    browser = await openChromium({ toneHz: AGENT_HZ });
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
  }, 120_000);
  beforeEach(() => freeAgent(example, "1001"), 60_000);
  afterAll(async () => {
    await browser?.dispose();
    await example?.dispose();
  });

  it("one click makes the browser the agent's phone; it is not loaded before", async () => {
    await openWindow();
    // Nobody has chosen a telephone at this computer.
    await page.goto(root);
    await page.evaluate("localStorage.clear()");
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
    // Each kind of sound can be off; the choice stays on this computer.
    await page.getByRole("checkbox", { name: "接通和计时" }).uncheck();
    const kept = async (): Promise<unknown> => (JSON.parse(await page.evaluate<string>('localStorage.getItem("hotline.phone")')) as { sounds: unknown }).sounds;
    expect(await kept()).toMatchObject({ ring: { on: true, volume: 70 }, tick: { on: false } });
    expect(await page.getByRole("slider", { name: "接通和计时音量" }).isDisabled()).toBe(true);
    await picture("bar-devices");
    await page.getByRole("checkbox", { name: "接通和计时" }).check();
    expect(await kept()).toMatchObject({ tick: { on: true } });
    await page.getByRole("button", { name: "停止检测" }).click();
    await page.locator(".acd-phone").click();
  }, 60_000);

  it("takes a call from SIPp: F2 answers, tones and keys both ways, mute, hold, a cut WebSocket in mid-call", async () => {
    await atPhone();
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

      // The agent plays an article, by keyboard alone: the caller hears it and the agent, who may speak over it or be muted; stopped, they talk on.
      await page.locator("textarea:focus").waitFor({ timeout: 10_000 });
      await page.locator("[data-announce]").focus();
      await page.keyboard.press("Enter");
      await page.locator("[data-announce-search]:focus").waitFor({ timeout: 5_000 });
      await page.locator("[data-announcement]").first().waitFor();
      await picture("announce-pick");
      // Enter does not wait for the answer of the search: it takes its first.
      const slow = async (route: Route): Promise<void> => (await pause(700), route.continue());
      await page.route("**/api/announcements?*", slow);
      await page.keyboard.type("养老保险 参保缴费");
      await page.keyboard.press("Enter");
      const playing = page.locator(".acd-announce-stop[data-playing=true]");
      await playing.waitFor({ timeout: 40_000 });
      await page.unroute("**/api/announcements?*", slow);
      await bar().getByText(/^00:(?:0[2-9]|[1-5]\d) \/ \d\d:\d\d · 城镇职工养老保险怎么参保缴费$/).waitFor({ timeout: 10_000 });
      await probe.hearsTone(AGENT_HZ);
      await ear.hearsTone(CALLER_HZ);
      await page.keyboard.press("F8");
      await probe.until(() => probe.level(1_000) > -45 && probe.toneLevel(AGENT_HZ, 1_000) < -50, 15_000, "the article while the agent is muted");
      await page.keyboard.press("F8");
      await shots(page, "announce-playing");
      await page.setViewportSize({ width: 1366, height: 620 });
      // The focus went with the choice to what stops it.
      await page.locator(".acd-announce-stop:focus").waitFor({ timeout: 5_000 });
      await page.keyboard.press("Enter");
      await page.locator("#hl-live-polite", { hasText: /已停止播放，已播 00:\d\d/ }).waitFor({ timeout: 10_000 });
      await probe.hearsTone(AGENT_HZ);

      await keepsOut(probe);

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
      await page.locator("#hl-live-polite", { hasText: /^通话结束，\d 秒内完成整理$/ }).waitFor({ timeout: 5_000 });
      await expect.poll(() => slot("静音").getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("true");
      await isKeptOut();
    } finally {
      await citizen.end();
    }
  }, 180_000);

  it("a page that is loaded anew in mid-call gets the call back by itself; the caller hears music until then", async () => {
    await atPhone();
    const citizen = await call(120_000);
    const { probe } = citizen;
    try {
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      probe.playTone(CALLER_HZ);
      await expect.poll(() => slot("接听").getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("false");
      await page.keyboard.press("F2");
      await ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(AGENT_HZ);
      const states = example.get<{ call: { state: string } | null }>("/api/agents/1001/call");
      expect((await states).call?.state).toBe("talking");

      const reloaded = page.reload();
      await example.eventually<{ call: { state: string } | null }>("/api/agents/1001/call", ({ call: now }) => now?.state === "reconnecting", 25_000);
      await probe.until(() => probe.level(300) > -45 && probe.toneLevel(AGENT_HZ, 300) < -50, 10_000, "music");
      await reloaded;
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 30_000 });
      await ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(AGENT_HZ);
      expect(await ear.connections()).toBe(1);
      // One stay in the queue, one agent; only the leg is another one.
      const { items } = await example.get<{ items: { id: string }[] }>("/api/interactions?limit=1");
      const { events } = await example.get<{ events: { type: string }[] }>(`/api/interactions/${items[0]?.id ?? ""}`);
      const types = events.map(({ type }) => type);
      expect(types.filter((type) => type === "leg.lost" || type === "leg.reattached")).toEqual(["leg.lost", "leg.reattached"]);
      expect(types.filter((type) => type === "queue.entered")).toHaveLength(1);

      // Letters of the bar are letters in a field. I shows the flows a caller can be sent to; Esc gives the focus back to the bar.
      const field = page.locator("textarea").first();
      await field.focus();
      await page.keyboard.type("iw+");
      expect([await field.inputValue(), await page.locator(".acd-flow-picker").count()]).toEqual([expect.stringMatching(/iw\+$/), 0]);
      await page.keyboard.press("F2");
      await page.keyboard.press("i");
      await page.locator(".acd-flow-picker [data-flow]:focus").waitFor({ timeout: 10_000 });
      await picture("bar-flows");
      await page.keyboard.press("Escape");
      await page.locator('[data-slot="transfer"]:focus').waitFor({ timeout: 5_000 });
      await page.keyboard.press("e");
      await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
      await page.keyboard.press("+");
      await page.locator(".acd-info", { hasText: /剩 0(1:0|0:5)\d/ }).waitFor({ timeout: 5_000 });
      await page.locator("#hl-live-polite", { hasText: /^已延长，\d+ 秒内完成整理$/ }).waitFor({ timeout: 5_000 });
      await picture("bar-wrap-up");
      await page.keyboard.press("w");
      await page.locator(".acd-info", { hasText: "没有通话" }).waitFor({ state: "attached", timeout: 5_000 });
    } finally {
      await citizen.end();
    }
  }, 180_000);

  it("two tabs: a citizen calls from the page, presses 1, and the agent's tab answers; keys, mute and hang-up by the citizen", async () => {
    await atPhone();
    const home = await openChromium({ toneHz: CITIZEN_HZ, width: 480, height: 900 });
    try {
      const first = await home.newPage();
      await first.goto(root);
      expect(await first.getByText("演示账号").innerText()).toBe("演示账号 1001，密码 demo-1001");
      await shots(first, "home");
      const citizen = await home.newPage();
      citizen.on("pageerror", (error) => broken.push(error.message));
      citizen.on("console", (message) => (message.type() === "error" && /Content Security Policy|Refused to/.test(message.text()) ? broken.push(message.text()) : undefined));
      const citizenEar = await TabEar.on(citizen);
      await citizen.goto(`${root}${(await first.getByRole("link", { name: "给热线打电话" }).getAttribute("href")) ?? ""}`);
      await shots(citizen, "portal-call");
      await citizen.getByRole("button", { name: "开始通话" }).click();
      const state = citizen.locator("#talk-state");
      await state.getByText("通话中").waitFor({ timeout: 20_000 });
      // The menu is asked for a person by a key of the page.
      await pause(1_000);
      await citizen.getByRole("button", { name: "1", exact: true }).click();
      expect(await citizen.locator("#talk-sent").innerText()).toBe("已按：1");
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      expect(await page.locator(".acd-card").innerText()).toContain("号码未显示");
      // The server tells of the call a moment before it rings here.
      await expect.poll(() => slot("接听").getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("false");
      await slot("接听").click();
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
      await ear.hearsTone(CITIZEN_HZ);
      await citizenEar.hearsTone(AGENT_HZ);
      await shots(citizen, "portal-talking");
      await citizen.getByRole("button", { name: "静音" }).click();
      await state.getByText("您已静音").waitFor();
      await ear.falls(CITIZEN_HZ);
      await citizen.getByRole("button", { name: "静音" }).click();
      await ear.hearsTone(CITIZEN_HZ);

      // Another tab of the agent's shows the call, and fetches the one that has it. A browser without a window shows all its tabs: the first is told that it is behind.
      const other = await browser.newPage();
      await other.goto(`${root}/console/desk`);
      await page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })");
      await other.getByRole("button", { name: "切到那个窗口" }).waitFor({ timeout: 20_000 });
      await picture("bar-other-window", other);
      await other.getByRole("button", { name: "切到那个窗口" }).click();
      await expect.poll(() => page.title(), { timeout: 10_000 }).toMatch(/^● /);
      await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
      await expect.poll(() => page.title(), { timeout: 10_000 }).not.toMatch(/^● /);
      await other.close();

      await citizen.getByRole("button", { name: "挂断" }).click();
      await state.getByText("通话已结束").waitFor();
      await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
      expect(await citizen.getByRole("button", { name: "再打一次" }).isVisible()).toBe(true);
      const { items } = await example.get<{ items: { callerNumber: string; agentId: string | null }[] }>("/api/interactions?limit=1");
      expect(items[0]).toMatchObject({ callerNumber: "", agentId: "1001" });
    } finally {
      await home.dispose();
    }
  }, 180_000);

  it("of two tabs one is the phone: the other shows and steers it, and takes over when it is closed; the own ring of a number dialled is answered by itself", async () => {
    await atPhone();
    const second = await browser.newPage();
    const secondEar = await TabEar.on(second);
    second.on("pageerror", (error) => broken.push(error.message));
    await second.goto(`${root}/console/desk`);
    await second.getByRole("button", { name: "电话与设备：电话在另一个窗口" }).waitFor({ timeout: 20_000 });
    expect(await secondEar.sipSockets()).toBe(0);

    // Dialled in the first tab: its own leg is lifted without a key; nobody is registered at 1002.
    await page.getByRole("button", { name: "拨号" }).click();
    await page.getByLabel("分机或电话号码").fill("1002");
    const before = await ear.connections();
    await page.getByRole("button", { name: "呼叫" }).click();
    await expect.poll(() => ear.connections(), { timeout: 20_000 }).toBe(before + 1);
    await expect.poll(() => slot("静音").getAttribute("aria-disabled"), { timeout: 15_000 }).toBe("true");

    await page.close();
    page = second;
    ear = secondEar;
    // What it shows may still be the other tab's state: its own connection tells.
    await expect.poll(() => ear.sipSockets(), { timeout: 20_000 }).toBe(1);
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    await page.evaluate('localStorage.setItem("hotline.theme", "dark")');
    await page.reload();
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    await page.locator(".acd-phone").click();
    await page.getByText("已就绪，来电在这里振铃").waitFor();
    await picture("bar-devices-dark");
  }, 120_000);

  it("nothing went wrong in any page", () => {
    expect(broken).toEqual([]);
  });
});
