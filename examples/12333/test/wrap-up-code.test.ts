import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, holdBack, openChromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { freeAgent } from "./support/free-agent.js";
import { hasBaresip, hasSipp } from "./support/peers.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

interface Recorded {
  readonly id: string;
  readonly endedAt: number | null;
  readonly wrapUpCode: string | null;
}

describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("the code of the after-call work, in the bar", () => {
  let folder: string;
  let example: Example;
  let phone: Baresip;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let root: string;
  const broken: string[] = [];
  const citizens: CitizenCall[] = [];

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** A citizen talks with the agent until one of them hangs up. */
  async function call(): Promise<CitizenCall> {
    const citizen = await citizenCall(example.sipPort, 240_000);
    citizens.push(citizen);
    await page.locator(".acd-card[data-state=talking]").waitFor({ timeout: 40_000 });
    return citizen;
  }

  const info = (words: string | RegExp) => page.locator(".acd-info", { hasText: words });
  const last = async (): Promise<Recorded> => (await example.get<{ items: Recorded[] }>("/api/interactions?limit=1")).items[0] ?? expect.fail("no interaction");

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-codes-"));
    const queues = [{ key: "general", name: "综合咨询", wrapUpSeconds: 300, wrapUpCodeRequired: true }, { key: "complaint", name: "投诉举报" }, { key: "written", name: "书面来件" }];
    example = await Example.start({ environment: { HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1", HOTLINE_ACD_QUEUES: JSON.stringify(queues) } });
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000, autoAnswer: true });
    await phone.registered();
    browser = await openChromium();
    root = `http://127.0.0.1:${example.httpPort}`;
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
  }, 120_000);
  // A window that was never opened before, and an agent who has nothing.
  beforeEach(async () => {
    await freeAgent(example, "1001");
    page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${root}/console/desk`);
    await page.evaluate('localStorage.setItem("hotline.language", "zh")');
    await page.reload();
    await page.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 30_000 });
  }, 90_000);
  afterEach(async () => {
    await Promise.all(citizens.splice(0).map((each) => each.end()));
    await page.close();
  });
  afterAll(async () => {
    await browser?.dispose();
    await phone?.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is asked for where the queue requires it, found by typing, stands in the record and in the history of the number", async () => {
    await (await call()).end();
    await info("话后整理").waitFor({ timeout: 30_000 });
    await info("还差：小结").waitFor();
    await picture("wrap-up-code-missing");
    // W asks for the code first, and the caret is where it is chosen.
    await page.keyboard.press("F2");
    await page.keyboard.press("w");
    await page.locator("#hl-live-assertive", { hasText: "还差：小结" }).waitFor({ timeout: 5_000 });
    const choice = page.getByRole("combobox", { name: "小结" });
    await expect.poll(() => choice.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.type("转办");
    await page.locator(".ant-select-item-option", { hasText: "登记转办" }).waitFor();
    await picture("wrap-up-code-typed");
    await page.keyboard.press("Enter");
    await info("还差：小结").waitFor({ state: "detached", timeout: 5_000 });
    await picture("wrap-up-code-chosen");
    // N leads there too; what was chosen may be chosen anew.
    await page.keyboard.press("Escape");
    await page.keyboard.press("F2");
    await page.keyboard.press("n");
    await expect.poll(() => choice.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.type("打错");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await last()).wrapUpCode, { timeout: 10_000 }).toBe("wrong-number");
    const before = await last();
    // At the narrowest width nothing of it is cut off, in neither language.
    const inside = (): Promise<boolean> => page.locator(".acd-info").evaluate((info) => [...info.children].every((child) => child.getBoundingClientRect().right <= info.getBoundingClientRect().right + 1));
    for (const language of ["en", "zh"] as const) {
      await page.evaluate(`localStorage.setItem("hotline.language", "${language}")`);
      await page.reload();
      await page.locator(".acd-code").waitFor({ timeout: 15_000 });
      expect([language, await inside()]).toEqual([language, true]);
      await picture(`wrap-up-code-${language}`);
    }
    expect(before.endedAt).not.toBeNull();
    // The form of the call that is over comes late, as on a slow line: it leaves the caret alone, or the agent would seem to type in it.
    const catalogue = await holdBack(page, "**/api/tickets/catalogue");
    await page.reload();
    await page.getByRole("button", { name: "完成" }).click();
    await info("没有通话").waitFor({ state: "attached", timeout: 15_000 });
    await expect.poll(catalogue.asked, { timeout: 15_000 }).toBe(true);
    await catalogue.letGo();
    await page.locator(".acd-work textarea").first().waitFor({ timeout: 15_000 });
    expect(await page.evaluate("document.activeElement.tagName")).toBe("BODY");

    // The same citizen again: what became of the first call is seen in the talk.
    await call();
    const history = page.locator(".acd-history");
    await history.locator("li").first().getByText("打错电话").waitFor({ timeout: 15_000 });
    await picture("wrap-up-code-history");
    const { id } = await last();
    expect(id).not.toBe(before.id);
    const put = (body: object): Promise<Response> => example.fetch("/api/agents/1001/wrap-up/code", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const refused = await put({ code: "answered" });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, "HTL_ACD_NOT_IN_WRAP_UP"]);
    expect((await last()).wrapUpCode).toBeNull();
    expect(broken).toEqual([]);
  }, 180_000);
});
