import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

describe.skipIf(!hasChromium())("a citizen at the web site, in Chromium without JavaScript", () => {
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;

  beforeAll(async () => {
    example = await Example.start();
    browser = await openChromium({ javaScript: false, width: 480, height: 900 });
  });
  afterAll(async () => {
    await browser.dispose();
    await example.dispose();
  });

  it("files a complaint, sees serial number and code, and finds the request by them", async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${example.httpPort}/portal`);
    await page.getByRole("link", { name: /提交诉求/ }).click();
    await page.getByLabel(/^投诉/).check();
    await page.getByRole("button", { name: "继续" }).click();
    await page.getByRole("button", { name: "继续" }).click();
    expect(await page.title()).toMatch(/^错误：/);
    expect(await page.getByRole("alert").innerText()).toContain("有 2 处需要修改");
    await page.getByLabel(/用一句话概括/).fill("电子厂拖欠三个月工资");
    await page.getByLabel(/详细情况/).fill("2026年6月至8月没有发工资。");
    await page.getByRole("button", { name: "继续" }).click();
    await page.getByLabel("区县").selectOption({ label: "澄湖区" });
    await page.getByRole("button", { name: "继续" }).click();
    await page.getByLabel("您的称呼").fill("王秀兰");
    await page.getByLabel("联系电话").fill("138 0013 8001");
    await page.getByRole("button", { name: "继续" }).click();
    await page.getByRole("button", { name: "确认提交" }).click();
    const receipt = await page.getByRole("status").innerText();
    const serial = /\d{6} \d{5} \d/.exec(receipt)?.[0] ?? "";
    const code = /^\d{6}$/m.exec(receipt)?.[0] ?? "";
    const { items } = await example.get<{ items: { serial: string; source: string; status: string; contactName: string; content: string }[] }>("/api/tickets?source=web");
    expect(items).toMatchObject([{ serial: serial.replaceAll(" ", ""), source: "web", status: "received", contactName: "王秀兰", content: "2026年6月至8月没有发工资。\n\n发生地点：澄湖区" }]);

    await page.getByRole("link", { name: "查询办理进度" }).click();
    await page.getByLabel("流水号").fill(serial);
    await page.getByLabel("查询码").fill(code);
    await page.getByRole("button", { name: "查询" }).click();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("待受理");
    expect(await page.locator("main").innerText()).toContain("尚未答复");
    // Neither is left in the address, where the history of a shared computer would keep it.
    expect(page.url()).not.toContain(code);
  });

  it("sees the own pension account after number and PIN, the number masked", async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${example.httpPort}/portal`);
    await page.getByRole("link", { name: /查询个人账户/ }).click();
    await page.getByLabel("身份证号码").fill("990101 19480125 0135");
    await page.getByLabel("查询密码").fill("000000");
    await page.getByRole("button", { name: "查询" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("还可以再试 2 次");
    expect(await page.getByLabel("查询密码").inputValue()).toBe("");
    await picture(page, "portal-record-wrong");
    await page.getByLabel("查询密码").fill("468023");
    await page.getByRole("button", { name: "查询" }).click();
    expect(await page.locator("main").innerText()).toMatch(/990\*+35[\s\S]*312[\s\S]*¥86,420\.50/);
    expect(await page.content()).not.toContain("990101194801250135");
    expect(page.url()).not.toContain("990101");
    await picture(page, "portal-record");
  });

  it("reads everything in large print on a narrow screen without scrolling sideways", async () => {
    const page = await browser.newPage();
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`http://127.0.0.1:${example.httpPort}/portal/settings?size=large&back=/portal/file`);
    const width = await page.locator("html").evaluate((root) => root.scrollWidth);
    expect(width).toBeLessThanOrEqual(320);
    expect(await page.evaluate("getComputedStyle(document.documentElement).fontSize")).toBe("24px");
  });
});
