import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { hasChromium, holdBack, openChromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { freeAgent } from "./support/free-agent.js";
import { hasBaresip, hasSipp } from "./support/peers.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
const CALLER = "13812345678";
const MASKED = "138****5678";

interface Items<T> {
  readonly items: readonly T[];
}

describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("the agent's console", () => {
  let example: Example;
  let phone: Baresip;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let root: string;
  /** Addresses and octets of what the page fetched, gzip as sent. */
  const fetched = new Map<string, number>();
  const broken: string[] = [];
  /** Errors and warnings in the browser's console. */
  const told: string[] = [];

  async function picture(name: string, of: Page = page): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await of.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** A citizen who calls, presses 1 and stays on the line longer than any test needs. */
  const call = (): Promise<CitizenCall> => citizenCall(example.sipPort, 300_000, CALLER);

  /** The agent has nothing and the desk is on; what the window has of earlier calls stays. */
  async function atDesk(): Promise<void> {
    await freeAgent(example, "1001");
    await page.goto(`${root}/console/desk`);
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 30_000 });
  }

  /** A window in which nobody has been yet. */
  async function openWindow(): Promise<void> {
    const before = browser.pages();
    page = await browser.newPage();
    await Promise.all(before.map((each) => each.close()));
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => (message.type() === "error" && /Content Security Policy|Refused to/.test(message.text()) ? broken.push(message.text()) : undefined));
    page.on("console", (message) => (message.type() === "error" || message.type() === "warning" ? told.push(message.text()) : undefined));
    page.on("response", (response) => {
      if (!/\/console(\/|$)/.test(new URL(response.url()).pathname)) return;
      void response.body().then(
        (body) => fetched.set(response.url(), gzipSync(body, { level: 9 }).length),
        () => undefined,
      );
    });
  }

  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "20" } });
    root = `http://127.0.0.1:${example.httpPort}`;
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000, autoAnswer: false });
    await phone.registered();
    browser = await openChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.dispose();
    await phone?.dispose();
    await example?.dispose();
  });

  it("the home page leads to it; a wrong password is told, the right one opens the desk", async () => {
    await browser.clearCookies();
    await openWindow();
    await page.goto(root);
    await page.goto(`${root}${(await page.getByRole("link", { name: "作为坐席接听" }).getAttribute("href")) ?? ""}`);
    // What the first page tells of the demo account stands where it is needed, too; and whoever is signed out is no error.
    await page.getByText("演示账号 1001 / demo-1001").waitFor();
    await picture("login");
    expect(told).toEqual([]);
    await page.locator("#login-username").fill("1001");
    await page.locator("#login-password").fill("wrong");
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByText("用户名或密码不对").waitFor();
    await picture("login-wrong");
    await page.locator("#login-password").fill("demo-1001");
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByText("没有打开的互动").waitFor({ timeout: 30_000 });
    expect(new URL(page.url()).pathname).toBe("/console/desk");
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor();
    await picture("desk-idle");
  }, 90_000);

  it("the first load of the desk stays within its budget", async () => {
    await page.waitForLoadState("networkidle");
    const scripts = [...fetched].filter(([url]) => /\.(js|css)$/.test(url));
    const total = scripts.reduce((sum, [, size]) => sum + size, 0);
    process.stdout.write(`agent route, first load: ${Math.round(total / 1024)} KB gzip in ${scripts.length} files\n`);
    expect(scripts.length).toBeGreaterThan(5);
    expect(total).toBeGreaterThan(100 * 1024);
    expect(total).toBeLessThan(500 * 1024);
    // What is large waits for the pages that use it.
    expect(scripts.map(([url]) => url).filter((url) => /antd-(table|date|rest)/.test(url))).toEqual([]);
  });

  it("a call rings: card and tab appear, nothing is taken from the agent; answered at the phone, the tab is on and the caret in the form", async () => {
    await openWindow();
    await atDesk();
    const citizen = await call();
    try {
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      const card = page.locator(".acd-card");
      expect(await card.innerText()).toContain(MASKED);
      expect(await card.innerText()).toMatch(/综合咨询 · 等候 \d\d:\d\d/);
      await page.locator(".acd-card-path", { hasText: "主菜单 1" }).waitFor();
      expect(await page.content()).not.toContain(CALLER);
      const tab = page.getByRole("tab", { name: new RegExp(MASKED.replaceAll("*", "\\*")) });
      await tab.waitFor();
      expect(await tab.getAttribute("aria-selected")).toBe("false");
      const answer = page.getByRole("toolbar").getByRole("button", { name: "接听" });
      expect(await answer.getAttribute("aria-disabled")).toBe("true");
      expect(await answer.getAttribute("title")).toContain("摘机");
      await picture("ringing");

      await phone.accept();
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
      expect(await tab.getAttribute("aria-selected")).toBe("true");
      const content = page.locator("textarea").first();
      await content.waitFor();
      await expect.poll(() => page.evaluate("document.activeElement.tagName"), { timeout: 5_000 }).toBe("TEXTAREA");
      await page.locator(".acd-bar", { hasText: "录音中" }).waitFor({ timeout: 15_000 });
      expect(await page.getByRole("toolbar").getByRole("button").count()).toBe(9);
      await picture("talking");
      await page.setViewportSize({ width: 1920, height: 930 });
      await picture("talking-1920");
      await page.setViewportSize({ width: 1366, height: 620 });

      await page.getByRole("toolbar").getByRole("button", { name: "保持" }).click();
      await page.locator(".acd-info", { hasText: "来电人听音乐" }).waitFor({ timeout: 10_000 });
      await picture("held");
      await page.keyboard.press("F9");
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 10_000 });

      await content.fill("来电人反映养老金本月没有到账，希望尽快查明。");
      await page.getByText("草稿已保存").waitFor();
      // Loaded anew on a slow line: the form comes when the agent is in the bar already, and leaves the focus there.
      const catalogue = await holdBack(page, "**/api/tickets/catalogue");
      await page.reload();
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 30_000 });
      await page.keyboard.press("F2");
      await page.locator("[data-slot]:focus").waitFor({ timeout: 5_000 });
      await expect.poll(catalogue.asked, { timeout: 15_000 }).toBe(true);
      await catalogue.letGo();
      await page.getByText("已恢复").waitFor({ timeout: 30_000 });
      expect(await page.locator("[data-slot]:focus").count()).toBe(1);
      await page.locator(".tic-form .ant-select").first().click();
      await page.locator(".ant-select-item-option", { hasText: "投诉" }).click();
      await picture("form");
      await page.getByRole("button", { name: "登记受理" }).click();
      await page.locator(".tic-form", { hasText: "已登记，流水号" }).waitFor({ timeout: 15_000 });
      expect(await page.locator(".tic-form").innerText()).toMatch(/查询码 \d+/);
      await picture("registered");

      await page.getByRole("toolbar").getByRole("button", { name: "挂断" }).click();
      await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
      await picture("wrap-up");
      await page.getByRole("button", { name: "消息" }).click();
      await page.getByText("没有消息").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "完成" }).click();
      await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 10_000 });
    } finally {
      await citizen.end();
    }
    const tickets = await example.get<Items<{ contactNumber: string; interactionId: string; recordings: string[]; content: string }>>("/api/tickets?limit=1");
    expect(tickets.items[0]).toMatchObject({ contactNumber: CALLER, content: "来电人反映养老金本月没有到账，希望尽快查明。" });
    expect(tickets.items[0]?.recordings.length).toBe(1);
  }, 180_000);

  it("who calls again is known: history and ticket beside the form; typing is not disturbed by the answer", async () => {
    await atDesk();
    const citizen = await call();
    try {
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      // The agent still writes in the tab of the first caller.
      await page.getByRole("tab").first().waitFor();
      await page.locator(".acd-row").last().click();
      const old = page.locator(".acd-work:not([hidden]) textarea").first();
      await old.click();
      await old.pressSequentially("还在写");
      await phone.accept();
      await page.getByRole("button", { name: "切到来电 F2" }).waitFor({ timeout: 20_000 });
      expect(await old.inputValue()).toContain("还在写");
      expect(await page.evaluate("document.activeElement.tagName")).toBe("TEXTAREA");
      await picture("go-to-call");
      await page.keyboard.press("F2");
      await page.locator(".acd-history-row").first().waitFor({ timeout: 15_000 });
      await picture("history");
      await page.getByRole("tab", { name: "工单" }).click();
      await page.locator(".tic-person li", { hasText: "养老金" }).first().waitFor({ timeout: 10_000 });

      await page.getByRole("tab", { name: "业务系统" }).click();
      await page.getByLabel("身份证号码").fill("990101 19480125");
      await page.getByRole("button", { name: "查询", exact: true }).click();
      await page.getByText("身份证号码应为 18 位，现在是 14 位").waitFor();
      await picture("records-wrong");
      await page.getByLabel("身份证号码").fill("990101 19480125 0135");
      await page.getByRole("button", { name: "查询", exact: true }).click();
      const record = page.locator(".bus-record");
      await record.waitFor({ timeout: 15_000 });
      expect(await record.innerText()).toMatch(/990\*+35[\s\S]*2026年1月31日[\s\S]*312[\s\S]*¥86,420\.50[\s\S]*已领取待遇/);
      expect(await page.content()).not.toContain("990101194801250135");
      await picture("records");
      await page.getByRole("tab", { name: "工单" }).click();
      await picture("person-tickets");
      await page.getByRole("toolbar").getByRole("button", { name: "挂断" }).click();
      await page.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    } finally {
      await citizen.end();
    }
  }, 120_000);

  it("the caller goes to a colleague with what was typed: the same form and panel there, read only here", async () => {
    await atDesk();
    await freeAgent(example, "1002");
    const citizen = await call();
    const other = await openChromium();
    let second: Baresip | undefined;
    try {
      await page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      await phone.accept();
      await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 20_000 });
      const tab = page.locator(".acd-work:not([hidden])");
      await tab.locator("textarea").first().fill("来电人询问异地就医备案。");
      await page.locator(".acd-context").getByRole("tab", { name: "工单" }).click();

      second = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: 1_200, autoAnswer: false });
      await second.registered();
      expect((await other.request.post(`${root}/api/auth/login`, { data: { username: "1002", password: "demo-1002" } })).ok()).toBe(true);
      const desk = await other.newPage();
      desk.on("pageerror", (error) => broken.push(error.message));
      await desk.goto(`${root}/console/desk`);
      await desk.getByText("没有打开的互动").waitFor({ timeout: 30_000 });
      // Who only takes what is directed at them can be given a caller.
      await desk.locator(".acd-state-button").click();
      await desk.getByRole("menuitem", { name: "待命" }).click();
      await desk.locator(".acd-state", { hasText: "待命" }).waitFor({ timeout: 10_000 });

      await page.getByRole("toolbar").getByRole("button", { name: "转接" }).click();
      await page.locator(".acd-picker-row", { hasText: "1002" }).filter({ hasText: "待命" }).waitFor({ timeout: 10_000 });
      await picture("transfer-picker");
      await page.locator(".acd-picker-row", { hasText: "1002" }).click();
      await desk.locator(".acd-card[data-state=ringing]", { hasText: "转来" }).waitFor({ timeout: 20_000 });
      await second.accept();
      await desk.locator(".acd-card[data-state=talking]", { hasText: "已填 1 项" }).waitFor({ timeout: 20_000 });
      await expect.poll(() => desk.locator(".acd-work:not([hidden]) textarea").first().inputValue()).toBe("来电人询问异地就医备案。");
      expect(await desk.locator(".acd-context").getByRole("tab", { name: "工单" }).getAttribute("aria-selected")).toBe("true");
      await picture("received", desk);
      await tab.getByText("此处只读").waitFor({ timeout: 10_000 });
      expect(await tab.locator("[inert]").count()).toBe(1);
      await picture("given");
      await desk.getByRole("toolbar").getByRole("button", { name: "挂断" }).click();
      await desk.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
    } finally {
      await citizen.end();
      await second?.dispose();
      await other.dispose();
    }
  }, 180_000);

  it("list and page of a ticket; the dispatcher moves it on, the recording plays by ranges", async () => {
    // A ticket of its own about the first call: one that an earlier try has moved on is not moved again.
    const { items } = await example.get<Items<{ interactionId: string; recordings: string[]; createdAt: number }>>("/api/tickets?limit=100");
    const summary = `养老金再次反映 ${items.length}`;
    const filed = await example.fetch("/api/tickets", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ kind: "complaint", summary, content: summary, interactionId: items.at(-1)?.interactionId, source: "phone" }) });
    expect([filed.status, await filed.text()]).toEqual([201, expect.stringContaining("serial")]);
    await atDesk();
    await page.locator(".acd-row").first().click();
    await page.locator(".acd-context").getByRole("tab", { name: "工单" }).click();
    await page.locator(".tic-person li", { hasText: summary }).waitFor({ timeout: 15_000 });
    const other = await openChromium({ width: 1920, height: 930 });
    try {
      expect((await other.request.post(`${root}/api/auth/login`, { data: { username: "1601", password: "demo-1601" } })).ok()).toBe(true);
      const desk = await other.newPage();
      desk.on("pageerror", (error) => broken.push(error.message));
      await desk.goto(`${root}/console/tickets`);
      const row = desk.locator("tr", { hasText: summary });
      await row.waitFor({ timeout: 30_000 });
      await picture("tickets-1920", desk);
      // What could not be loaded is not what is not there.
      await desk.route("**/api/tickets?**", (route) => route.abort());
      await desk.locator(".tic-filters").getByText("超期", { exact: true }).click();
      await desk.getByText("没能加载工单").waitFor({ timeout: 10_000 });
      expect(await desk.getByText("没有符合条件").count()).toBe(0);
      await picture("tickets-failed", desk);
      await desk.unroute("**/api/tickets?**");
      await desk.getByRole("button", { name: "重试" }).click();
      await desk.getByText("没有符合条件").waitFor({ timeout: 10_000 });
      await desk.getByRole("button", { name: "清除条件" }).first().click();
      await row.waitFor({ timeout: 10_000 });
      await row.getByRole("link").click();
      await desk.getByRole("heading", { name: "时间轴" }).waitFor();
      await desk.locator("audio").first().waitFor({ timeout: 60_000 });
      const ranged = desk.waitForResponse((response) => /\/api\/recordings\/.*\/audio/.test(response.url()), { timeout: 30_000 });
      await desk.evaluate('document.querySelector("audio").play()');
      const answer = await ranged;
      expect([200, 206]).toContain(answer.status());
      await expect.poll(() => desk.evaluate('document.querySelector("audio").currentTime'), { timeout: 20_000 }).toBeGreaterThan(0.2);
      expect(await desk.evaluate('document.querySelector("audio").duration')).toBeGreaterThan(5);
      await desk.getByRole("button", { name: "为什么？" }).click();
      await desk.locator(".tic-due-line p").waitFor();
      await picture("ticket-1920", desk);
      await desk.getByRole("button", { name: "转办", exact: true }).click();
      await desk.locator(".tic-step .ant-select input").first().fill("204");
      await desk.locator(".ant-select-item-option", { hasText: "204" }).click();
      await picture("ticket-step", desk);
      await desk.getByRole("button", { name: "确认转办" }).click();
      await desk.locator(".hl-page-extra", { hasText: "待签收" }).waitFor({ timeout: 15_000 });
      await desk.setViewportSize({ width: 1366, height: 620 });
      await picture("ticket-1366", desk);
      await desk.evaluate('localStorage.setItem("hotline.theme", "dark")');
      await desk.reload();
      await desk.getByRole("heading", { name: "时间轴" }).waitFor();
      await picture("ticket-dark", desk);
    } finally {
      await other.dispose();
    }
    // The agent's page was told: the list of the person's tickets shows the new state by itself.
    await page.locator(".tic-person li", { hasText: summary }).filter({ hasText: "待签收" }).waitFor({ timeout: 10_000 });
  }, 120_000);

  it("shows each the pages of their permissions only, and nothing went wrong in any page", async () => {
    const session = async (username: string) => {
      const other = await openChromium();
      try {
        await other.request.post(`${root}/api/auth/login`, { data: { username, password: `demo-${username}` } });
        return (await (await other.request.get(`${root}/api/console/session`)).json()) as { pages: { path: string }[] };
      } finally {
        await other.dispose();
      }
    };
    const paths = async (username: string) => (await session(username)).pages.map(({ path }) => path);
    expect(await paths("20402")).toEqual(["/tickets", "/tickets/:id"]);
    expect(await paths("1001")).toEqual(expect.arrayContaining(["/desk", "/tickets"]));
    expect(await paths("1001")).not.toContain("/reports");
    expect(broken).toEqual([]);
  }, 60_000);
});
