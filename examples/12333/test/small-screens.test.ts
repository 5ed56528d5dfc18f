import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { hasChromium, openChromium, type Chromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

/** Runs in the page: what is cut off in the agent's bar and list, by its words. */
const CUT = `(() => {
  const bar = document.querySelector(".acd-bar");
  const info = bar.querySelector(".acd-info");
  const right = (element) => element.getBoundingClientRect().right;
  const line = [...bar.querySelectorAll(".acd-line > .acd-chip, .acd-line > .acd-quality")].filter((element) => element.offsetTop < element.parentElement.offsetTop + element.parentElement.clientHeight && right(element) > right(element.parentElement) + 1);
  const beyond = [...info.querySelectorAll(":scope > *, button, .ant-select")].filter((element) => right(element) > right(info) + 1);
  const full = [...bar.querySelectorAll(".acd-who strong, button, .hl-status, .acd-timer, .acd-chip, .acd-quality")].filter((element) => element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1);
  // Where letters make room for an ellipsis less than a pixel, which whole numbers do not tell, takes some.
  const words = (element) => { const range = document.createRange(); range.selectNodeContents(element); return range.getBoundingClientRect().width; };
  const less = [...bar.querySelectorAll(".rec-pause, .rec-state .hl-status > span, .acd-pill-who > span")].filter((element) => {
    const { paddingLeft, paddingRight, borderLeftWidth, borderRightWidth } = getComputedStyle(element);
    const room = element.getBoundingClientRect().width - [paddingLeft, paddingRight, borderLeftWidth, borderRightWidth].reduce((sum, each) => sum + parseFloat(each), 0);
    return words(element) > room + 0.02;
  });
  const rows = [...document.querySelectorAll(".acd-row")].flatMap((row) => [...row.children].filter((part) => right(part) > right(row) + 1));
  const low = document.querySelector(".hl-tools").getBoundingClientRect().right > innerWidth + 1 ? [document.querySelector(".hl-tools")] : [];
  return [...new Set([...line, ...beyond, ...full, ...less, ...rows, ...low])].map((element) => element.textContent);
})()`;

/** Real time: a citizen calls from the page on a small telephone, an agent answers in the browser on a small screen. */
describe.skipIf(!hasChromium())("small screens, from the ring to the wrap-up", () => {
  let example: Example;
  let office: Chromium;
  let home: Chromium;
  let beside: Chromium;
  let desk: Page;
  let colleague: Page;
  let citizen: Page;
  const broken: string[] = [];

  async function picture(of: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await of.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** As the agent. */
  async function agent(number: string, path: string, body: object = {}): Promise<void> {
    const headers = { authorization: `Bearer ${await example.login(number, `demo-${number}`)}`, "content-type": "application/json" };
    const response = await fetch(`${example.url}/api/agents/${number}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    expect(response.ok, `${path}: ${response.status}`).toBe(true);
  }

  /** At a desk, with the telephone in the browser. */
  async function sitDown(at: Chromium, number: string): Promise<Page> {
    expect((await at.request.post(`${example.url}/api/auth/login`, { data: { username: number, password: `demo-${number}` } })).ok()).toBe(true);
    const page = await at.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${example.url}/console/desk`);
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 30_000 });
    return page;
  }

  /** Without a reload, which would break off the sound. */
  async function speak(language: "English" | "中文"): Promise<void> {
    await desk.getByRole("button", { name: "叶立新" }).click();
    await desk.getByRole("menuitem", { name: language }).click();
    await desk.locator(`html[lang="${language === "English" ? "en" : "zh-CN"}"]`).waitFor({ state: "attached" });
  }

  /** Nothing of the call is cut off in the agent's bar, in both languages and at the narrowest widths. */
  async function barIsWhole(name: string): Promise<void> {
    for (const [language, other] of [["zh", "English"], ["en", "中文"]] as const) {
      for (const [width, height] of [[1280, 720], [1366, 620]] as const) {
        await desk.setViewportSize({ width, height });
        await picture(desk, `${name}-${language}-${width}`);
        expect.soft([name, language, width, await desk.evaluate(CUT)]).toEqual([name, language, width, []]);
      }
      await speak(other);
    }
  }

  beforeAll(async () => {
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_ACD_WRAP_UP: "300" } });
    office = await openChromium({ width: 1280, height: 720, toneHz: 620 });
    home = await openChromium({ width: 375, height: 667, toneHz: 900 });
    beside = await openChromium({ toneHz: 780 });
    citizen = await home.newPage();
    citizen.on("pageerror", (error) => broken.push(error.message));
    colleague = await sitDown(beside, "1002");
    // Asked only, and not rung by the queue.
    await agent("1002", "state", { state: "not-ready" });
    desk = await sitDown(office, "1001");
  }, 180_000);
  afterAll(async () => {
    await home?.dispose();
    await office?.dispose();
    await beside?.dispose();
    await example?.dispose();
  });

  it("a citizen's call: its state, hang-up, mute and every key are seen at once, and big enough for a thumb", async () => {
    await citizen.goto(`${example.url}/portal/call`);
    await picture(citizen, "portal-idle");
    for (const [language, start, end] of [["zh", "开始通话", "挂断"], ["en", "Start the call", "Hang up"]] as const) {
      if (language === "en") await citizen.getByRole("link", { name: "English" }).click();
      await citizen.getByRole("button", { name: start }).click();
      await citizen.locator('#talk[data-state="on"]').waitFor({ timeout: 30_000 });
      for (const [width, height] of [[375, 667], [1280, 720], [1366, 620]] as const) {
        await citizen.setViewportSize({ width, height });
        await picture(citizen, `portal-talk-${language}-${width}`);
        const boxes = await Promise.all((await citizen.locator("#talk-state, #talk-end, #talk-mute, [data-key]").all()).map(async (part) => (await part.boundingBox()) ?? expect.fail("not shown")));
        expect(boxes).toHaveLength(15);
        const below = Math.max(...boxes.map((box) => box.y + box.height)) - height;
        expect.soft([language, width, Math.max(0, below), Math.min(...boxes.map(({ y }) => y)) >= 0]).toEqual([language, width, 0, true]);
        expect(Math.min(...boxes.slice(1).flatMap((box) => [box.width, box.height]))).toBeGreaterThanOrEqual(44);
      }
      await citizen.setViewportSize({ width: 375, height: 667 });
      // By the keyboard too hanging up comes before the twelve keys.
      expect.soft(await citizen.evaluate("document.getElementById('talk-end').compareDocumentPosition(document.getElementById('talk-pad'))")).toBe(4);
      if (language === "zh") await citizen.getByRole("button", { name: end }).click();
    }
    await citizen.getByRole("button", { name: "1", exact: true }).click();
    expect(await citizen.locator("#talk-sent").innerText()).toBe("Pressed: 1");
  }, 90_000);

  it("the agent's bar: who calls is never cut, while it rings, in the talk, while a colleague is asked, and the whole wrap-up is there", async () => {
    const answer = desk.getByRole("toolbar").getByRole("button", { name: "接听" });
    await desk.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
    await expect.poll(() => answer.getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
    await desk.keyboard.press("F2");
    await desk.locator(".acd-card[data-state=talking]").waitFor({ timeout: 30_000 });
    await desk.locator(".acd-quality").waitFor({ timeout: 20_000 });
    await desk.locator(".rec-pause").waitFor({ timeout: 20_000 });
    await barIsWhole("bar-talk");
    // The longest word of a call's state, in the row of the call with the longest who.
    await speak("English");
    await desk.evaluate('document.querySelector(".acd-row .hl-status").lastChild.textContent = "Reconnecting"');
    expect.soft(await desk.evaluate(CUT)).toEqual([]);
    await picture(desk, "row-longest");
    await speak("中文");
    // What the agent must know of the own microphone is there as a whole; the quality of the line as a whole, or not at all.
    await desk.keyboard.press("F8");
    await desk.locator(".acd-chip", { hasText: "你在静音状态说话" }).waitFor({ timeout: 15_000 });
    await barIsWhole("bar-muted");
    await desk.keyboard.press("F8");
    // Two sides and whether it is recorded, while the colleague's telephone rings and in the talk with the colleague.
    await agent("1001", "call/consult", { to: "1002" });
    await desk.locator(".acd-side", { hasText: "正在呼叫" }).waitFor({ timeout: 15_000 });
    await barIsWhole("bar-asking");
    await colleague.keyboard.press("F2");
    await desk.locator(".acd-side[data-active]", { hasText: "对话中" }).waitFor({ timeout: 15_000 });
    await desk.locator(".rec-pause").waitFor({ timeout: 10_000 });
    await barIsWhole("bar-consulting");
    await agent("1001", "call/cancel");
    await desk.locator(".acd-card[data-state=talking]").waitFor({ timeout: 15_000 });
    await citizen.getByRole("button", { name: "Hang up" }).click();
    await citizen.locator("#talk-state", { hasText: "The call has ended" }).waitFor();
    await desk.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    await barIsWhole("bar-wrap-up");
    expect(broken).toEqual([]);
  }, 120_000);
});
