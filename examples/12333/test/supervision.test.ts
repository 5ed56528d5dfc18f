import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page, WebSocketRoute } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("the supervision page", () => {
  let folder: string;
  let example: Example;
  let phones: Baresip[] = [];
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  const broken: string[] = [];
  const ends: (() => void)[] = [];

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** A citizen who calls, presses 1 and stays on the line. */
  async function call(from: string): Promise<void> {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from, mediaPort: probe.port }], talkMs: 240_000 });
    ends.push(() => {
      probe.close();
      caller.dispose();
    });
    probe.playSilence();
    await probe.hearsSound();
    await probe.press("1");
  }

  const focused = (): Promise<string> => page.evaluate("document.activeElement === document.body ? 'BODY' : document.activeElement.textContent.trim()");

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    folder = mkdtempSync(join(tmpdir(), "hotline-supervision-"));
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "5", HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1" } });
    const phone = (user: string, toneHz: number) => Baresip.start({ sipPort: example.sipPort, user, password: `demo-${user}`, toneHz, autoAnswer: true });
    phones = await Promise.all([phone("1001", 1_000), phone("1901", 600)]);
    await Promise.all(phones.map((each) => each.registered()));
    browser = await openChromium();
    page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
  }, 120_000);
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await browser?.dispose();
    await Promise.all(phones.map((each) => each.dispose()));
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows who waits and who talks as it happens; listens, whispers, leaves; moves a caller, sets priorities and states", async () => {
    const root = `http://127.0.0.1:${example.httpPort}`;
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1901", password: "demo-1901" } })).ok()).toBe(true);
    let live: WebSocketRoute | undefined;
    let down = false;
    await page.routeWebSocket("**/console/live", (socket) => {
      if (down) return void socket.close();
      live = socket;
      return void socket.connectToServer();
    });
    await page.goto(`${root}/console/supervision`);
    const agent = page.locator('tr[data-agent="1001"]');
    const general = page.locator('tr[data-queue="general"]');
    await agent.getByText("示闲").waitFor({ timeout: 30_000 });
    await page.getByText("没有人在等候。").waitFor();
    await picture("supervision-quiet");

    await call("13812345678");
    await agent.getByText("通话中").waitFor({ timeout: 40_000 });
    expect(await agent.innerText()).toMatch(/138\*\*\*\*5678 · 综合咨询/);
    // What is not recorded at the moment is seen here.
    const recordingOf = async (paused: boolean): Promise<number> => (await example.fetch("/api/agents/1001/call/recording", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ paused }) })).status;
    expect(await recordingOf(true)).toBe(200);
    await agent.getByText("录音已暂停").waitFor({ timeout: 10_000 });
    await picture("supervision-paused");
    expect(await recordingOf(false)).toBe(200);
    await agent.getByText("录音已暂停").waitFor({ state: "detached", timeout: 10_000 });
    await Promise.all([call("13900001111"), call("13900002222")]);
    const line = page.getByRole("region", { name: "综合咨询 · 排队" });
    await line.getByText("139****2222").waitFor({ timeout: 40_000 });
    await line.getByText("139****1111").waitFor({ timeout: 40_000 });
    expect(await page.content()).not.toContain("13900002222");

    // By keyboard: what was pressed keeps the focus.
    const listen = agent.getByRole("button", { name: "监听" });
    await listen.focus();
    await page.keyboard.press("Enter");
    const watch = page.locator(".sup-watch");
    await watch.getByText("正在监听 叶立新：双方听不见你").waitFor({ timeout: 20_000 });
    await picture("supervision-listen");
    expect(await focused()).toBe("监听");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await watch.getByText("正在耳语：仅 叶立新 能听见你").waitFor({ timeout: 10_000 });
    await agent.getByText("班长耳语中").waitFor({ timeout: 10_000 });
    expect(await focused()).toBe("耳语");
    await agent.getByRole("button", { name: "强插" }).click();
    await page.getByText("来电人会马上听见你。").waitFor();
    await picture("supervision-ask");
    await page.getByRole("dialog").getByRole("button", { name: "不强插" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.getByText(/^排队 \d+ · 通话 1 · 可接 0$/).waitFor({ timeout: 10_000 });

    // The one who stands last goes to the front, the other one into another queue, where nobody is: after a while told so.
    const rows = line.locator("tbody tr");
    const last = rows.last();
    const number = await last.locator("th").innerText();
    await last.getByRole("button", { name: "移到最前" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.first().locator("th").innerText(), { timeout: 10_000 }).toBe(number);
    expect(await focused()).toBe("移到最前");
    await rows.last().getByRole("button", { name: /转队列/ }).focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused).toMatch(/^(投诉举报|书面来件)/);
    while (!(await focused()).startsWith("投诉举报")) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(1);
    // The caller's row is gone: its neighbour's has the focus.
    await expect.poll(focused).toBe("转队列");
    await expect.poll(() => general.locator("td").first().innerText(), { timeout: 10_000 }).toBe("1");
    await page.getByRole("button", { name: "投诉举报", exact: true }).click();
    await page.getByRole("region", { name: "投诉举报 · 排队" }).getByText("139****").waitFor({ timeout: 10_000 });
    await page.getByRole("button", { name: "综合咨询", exact: true }).click();
    // The figures of the day, with what they are held against; who still waits counts in none.
    const today = page.getByRole("region", { name: "综合咨询 · 今日指标" });
    const figures = await today.locator("dl > div").allInnerTexts();
    expect(figures.map((each) => each.split("\n").map((part) => part.trim()))).toEqual([
      ["接通率 ≥ 95%", "1 / 1"],
      ["按时接通 ≥ 80%", "1 / 1"],
      ["服务水平 2", "1 / 1"],
      ["平均等候", expect.stringMatching(/^00:0\d$/)],
      ["均处理", "–"],
      ["占用率", expect.stringMatching(/^\d+\.\d%$/)],
      ["预计等候误差", expect.stringMatching(/^±00:\d\d$/)],
      ["短时放弃", "0"],
    ]);
    expect(await general.locator("td").nth(7).innerText()).toBe("1 / 1");
    await pause(16_000 * (PICTURES === undefined ? 0 : 1));
    await picture("supervision-light");
    if (PICTURES !== undefined) {
      await page.setViewportSize({ width: 1000, height: 620 });
      await picture("supervision-narrow");
      await page.setViewportSize({ width: 1920, height: 930 });
      await picture("supervision-1920");
      await page.setViewportSize({ width: 1366, height: 620 });
      await page.evaluate('localStorage.setItem("hotline.theme", "dark")');
      await page.reload();
      await agent.getByText("通话中").waitFor({ timeout: 20_000 });
      await line.getByText("139****").first().waitFor();
      await picture("supervision-dark");
    }
    expect(await page.evaluate("document.querySelector('.hl-place')?.scrollWidth <= document.querySelector('.hl-place')?.clientWidth")).toBe(true);

    // In English, on a small screen: nothing is cut off.
    await page.evaluate('localStorage.setItem("hotline.language", "en")');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await agent.getByText("Talking").waitFor({ timeout: 20_000 });
    await page.locator(".sup-line tbody tr").first().waitFor();
    await picture("supervision-en-1280");
    expect(await page.evaluate("[...document.querySelectorAll('.sup-scroll, .sup-line')].filter((each) => each.scrollWidth > each.clientWidth).length")).toBe(0);

    // Nothing is pushed any more: after 10 s the figures are said to be old, and stand still; until they are told again.
    down = true;
    await live?.close();
    await page.getByText(/^Figures of \d\d:\d\d:\d\d; reconnecting$/).waitFor({ timeout: 20_000 });
    expect(await page.locator(".hl-stale").count()).toBe(2);
    const since = agent.locator("td").nth(1);
    const stood = await since.innerText();
    await pause(2_000);
    expect(await since.innerText()).toBe(stood);
    down = false;
    await page.getByText(/^Figures of/).waitFor({ state: "detached", timeout: 30_000 });
    expect(await page.locator(".hl-stale").count()).toBe(0);
    await page.evaluate('localStorage.setItem("hotline.language", "zh")');
    await page.reload();
    await agent.getByText("通话中").waitFor({ timeout: 20_000 });

    await agent.getByRole("button", { name: /状态/ }).click();
    await page.getByRole("menuitem", { name: "签出" }).click();
    await page.getByText("进行中的通话会继续").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "签出", exact: true }).click();
    await expect.poll(async () => ((await (await example.fetch("/api/agents")).json()) as { items: { number: string; choice: string }[] }).items.find((each) => each.number === "1001")?.choice, { timeout: 10_000 }).toBe("offline");

    // A second time in the call, and to stay: the agent's part is over.
    await page.getByText("全部", { exact: false }).first().click();
    await agent.getByRole("button", { name: "接管" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "接管", exact: true }).click();
    const own = page.locator('tr[data-agent="1901"]');
    await own.getByText("138****5678").waitFor({ timeout: 20_000 });
    await agent.getByText("未签入").waitFor({ timeout: 20_000 });
    await picture("supervision-taken");
    expect(broken).toEqual([]);
  }, 240_000);
});
