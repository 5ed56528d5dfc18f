import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

describe.skipIf(!hasChromium())("the page of callbacks", () => {
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    example = await Example.start();
    browser = await openChromium();
  });
  afterEach(async () => {
    await browser?.dispose();
    await example?.dispose();
  });

  it("lists who is to be called back, tells why a call cannot be made, and closes by hand", async () => {
    const root = `http://127.0.0.1:${example.httpPort}`;
    const json = { "content-type": "application/json" };
    const made = await example.fetch("/api/callbacks", { method: "POST", headers: json, body: JSON.stringify({ number: "13800138001", note: "问工伤认定进度" }) });
    expect(made.status).toBe(201);
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    const page = await browser.newPage();
    const broken: string[] = [];
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${root}/console/callbacks`);
    const row = page.locator("tr", { hasText: "138 0013 8001" });
    await row.waitFor({ timeout: 30_000 });
    expect(await row.innerText()).toMatch(/要求回电[\s\S]*待回拨[\s\S]*问工伤认定进度/);
    // What is made elsewhere comes by itself.
    await example.fetch("/api/callbacks", { method: "POST", headers: json, body: JSON.stringify({ number: "13900139000" }) });
    await page.locator("tr", { hasText: "139 0013 9000" }).waitFor({ timeout: 15_000 });
    if (PICTURES !== undefined) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, "callbacks.png") });
    }
    // The phone of 1001 is not registered; at night she is asked first whether the citizen wished it.
    await row.getByRole("button", { name: "回拨" }).click();
    const notFree = page.getByText("话机未注册、正在通话或已签出，不能回拨。");
    const atNight = page.getByRole("button", { name: "来电人要求的，拨打" });
    await notFree.or(atNight).first().waitFor({ timeout: 15_000 });
    if (await atNight.isVisible()) await atNight.click();
    await notFree.waitFor({ timeout: 15_000 });
    await row.getByRole("button", { name: "了结" }).click();
    await page.getByRole("menuitem", { name: "无需回拨" }).click();
    await row.waitFor({ state: "detached", timeout: 15_000 });
    await page.getByText("已完成", { exact: true }).click();
    const done = page.locator("tr", { hasText: "138 0013 8001" });
    await done.waitFor({ timeout: 15_000 });
    expect(await done.innerText()).toContain("无需回拨");
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, "callbacks-done.png") });
    expect(broken).toEqual([]);
  }, 120_000);
});
