import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sqlite3 from "sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Page } from "playwright-core";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
const SIZES = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];

describe.skipIf(!hasChromium())("the page of the audit", () => {
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let root: string;
  const broken: string[] = [];

  async function signedIn(username: string, language: "zh" | "en" = "zh"): Promise<Page> {
    await browser.clearCookies();
    const answer = await browser.request.post(`${root}/api/auth/login`, { data: { username, password: `demo-${username}` } });
    expect(answer.ok(), await answer.text()).toBe(true);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.addInitScript(`localStorage.setItem("hotline.language", "${language}")`);
    await page.goto(`${root}/console/audit`);
    return page;
  }

  async function shots(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(PICTURES, `${name}-${size.width}.png`) });
    }
    await page.setViewportSize(SIZES[0] ?? { width: 1280, height: 720 });
  }

  /** As somebody with the database in their hands. */
  function tamper(statement: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const database = new sqlite3.Database(join(example.dataDir, "hotline.db"), (failed) => {
        if (failed !== null) return reject(failed);
        database.configure("busyTimeout", 10_000);
        database.exec(statement, (error) => database.close(() => (error === null ? resolve() : reject(error))));
      });
    });
  }

  beforeAll(async () => {
    example = await Example.start();
    root = `http://127.0.0.1:${example.httpPort}`;
    browser = await openChromium({ width: 1280, height: 720 });
    await fetch(`${root}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username: "1001", password: "guessed" }) });
    await example.eventually<{ items: { seal: unknown }[] }>("/api/audit?action=auth.failed", ({ items }) => items[0] !== undefined && items[0].seal !== null);
  }, 120_000);
  afterAll(async () => {
    await browser?.dispose();
    await example?.dispose();
  });

  it("tells who did what in words, finds what is looked for by keyboard, and says when there is nothing", async () => {
    const page = await signedIn("admin");
    const failed = page.locator("tr", { hasText: "登录失败" }).first();
    await failed.getByText("被拒绝").waitFor({ timeout: 30_000 });
    expect(await failed.innerText()).toMatch(/系统组件[\s\S]*账号 [\s\S]*来源 127\.0\.0\.1/);
    expect(await page.locator("tr", { hasText: "按配置建立账号" }).count()).toBeGreaterThan(2);
    await shots(page, "audit");

    await page.getByRole("combobox", { name: "结果" }).focus();
    await page.keyboard.type("被拒绝");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("tr", { hasText: "登录失败" }).count()).toBe(1);
    await expect.poll(() => page.locator("tbody tr[data-row-key]").count()).toBe(1);
    expect(new URL(page.url()).searchParams.get("outcome")).toBe("refused");
    await expect.poll(() => page.locator("#hl-live-polite").textContent()).toBe("第 1 页，1 条");
    await failed.getByRole("button").focus();
    await page.keyboard.press("Enter");
    const entry = page.locator(".aud-facts");
    await entry.getByText(/^第 \d+ 条/).waitFor({ timeout: 10_000 });
    expect(await entry.innerText()).toContain("auth.failed");
    await shots(page, "audit-entry");

    await page.getByRole("searchbox", { name: "对象编号" }).fill("nobody");
    await page.keyboard.press("Enter");
    await page.locator(".hl-empty").getByText("没有符合条件的审计记录。").waitFor({ timeout: 10_000 });
    await shots(page, "audit-empty");
    await page.locator(".hl-empty").getByRole("button", { name: "清除条件" }).click();
    await page.locator("tr", { hasText: "按配置建立账号" }).first().waitFor({ timeout: 10_000 });
    expect(new URL(page.url()).search).toBe("");

    await page.route("**/api/audit?*", (route) => route.abort());
    await page.getByRole("button", { name: "刷新" }).click();
    await page.getByRole("alert").getByText("没能加载审计记录").waitFor({ timeout: 10_000 });
    await page.unroute("**/api/audit?*");
    await page.getByRole("alert").getByRole("button", { name: "重试" }).click();
    await page.getByRole("alert").waitFor({ state: "detached", timeout: 10_000 });
    await page.close();
    expect(broken).toEqual([]);
  }, 120_000);

  it("says up to where the chain of seals holds, and shows the first record that is not as it was sealed", async () => {
    const page = await signedIn("admin");
    const seals = page.getByRole("region", { name: "封存链" });
    const verify = seals.getByRole("button", { name: "校验" });
    await verify.click();
    await seals.getByText(/已校验到第 \d+ 条，没有改动、删除或插入。/).waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator("#hl-live-polite").textContent()).toMatch(/^完好 已校验到第/);
    await shots(page, "audit-whole");
    await tamper("create table kept as select * from core_audit where number = 2; update core_audit set actor = 'citizen' where number = 2");
    onTestFinished(() => tamper("insert or replace into core_audit select * from kept; drop table kept"));
    await verify.click();
    await seals.getByText("第 2 条与封存时不同", { exact: false }).waitFor({ timeout: 20_000 });
    expect(await seals.locator(".aud-facts").innerText()).toMatch(/市民[\s\S]*按配置建立账号/);
    expect(await page.locator("#hl-live-assertive").textContent()).toMatch(/^已断开 第 2 条/);
    await shots(page, "audit-broken");
    await tamper("delete from core_audit where number = 2");
    await verify.click();
    await seals.getByText("第 2 条已不在", { exact: false }).waitFor({ timeout: 20_000 });
    expect(await seals.locator(".aud-facts").count()).toBe(0);
    await page.close();
    expect(broken).toEqual([]);
  }, 120_000);

  it("is told in English too; the director reads it, an agent does not", async () => {
    await tamper("update core_audit set actor = 'citizen' where number = 2");
    const agent = await signedIn("1001");
    await agent.getByText("没有这个页面", { exact: false }).waitFor({ timeout: 30_000 });
    expect(await agent.getByRole("link", { name: "审计" }).count()).toBe(0);
    await agent.close();
    const director = await signedIn("1501", "en");
    const failed = director.locator("tr", { hasText: "Sign-in failed" }).first();
    await failed.getByText("refused").waitFor({ timeout: 30_000 });
    await shots(director, "audit-en");
    await director.getByRole("button", { name: "Verify" }).click();
    await director.getByText("Broken", { exact: true }).waitFor({ timeout: 20_000 });
    await shots(director, "audit-en-broken");
    await director.close();
    expect(broken).toEqual([]);
  }, 120_000);
});
