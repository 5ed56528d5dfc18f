import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasBaresip } from "./support/peers.js";

type Browser = Awaited<ReturnType<typeof openChromium>>;

/** `HOTLINE_SHOTS=folder` keeps pictures of the pages. */
const shot = (page: Page, name: string): Promise<unknown> => (process.env.HOTLINE_SHOTS === undefined ? Promise.resolve() : page.screenshot({ path: `${process.env.HOTLINE_SHOTS}/${name}.png` }));

interface AgentNow {
  readonly number: string;
  readonly state: string;
}

describe.skipIf(!hasChromium() || !hasBaresip())("a chat is handed over in the browser", () => {
  let example: Example;
  let base: string;
  const phones: Baresip[] = [];
  const browsers: Browser[] = [];
  let first: Page;
  let second: Page;
  let citizen: Page;
  const broken: string[] = [];

  const open = async (size: { readonly width: number; readonly height: number }): Promise<{ readonly browser: Browser; readonly page: Page }> => {
    const browser = await openChromium(size);
    browsers.push(browser);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    return { browser, page };
  };
  /** An agent with a telephone, at the page of chats. */
  const agent = async (number: string): Promise<Page> => {
    const phone = await Baresip.start({ sipPort: example.sipPort, user: number, password: `demo-${number}`, toneHz: 1_000 });
    phones.push(phone);
    await phone.registered();
    const { browser, page } = await open({ width: 1280, height: 720 });
    expect((await browser.request.post(`${base}/api/auth/login`, { data: { username: number, password: `demo-${number}` } })).ok()).toBe(true);
    await page.goto(`${base}/console/chats`);
    await page.getByText("现在没有会话").waitFor({ timeout: 30_000 });
    return page;
  };
  const state = async (number: string, wanted: string): Promise<void> => {
    await example.eventually<{ items: readonly AgentNow[] }>("/api/agents?limit=1000", ({ items }) => items.some((each) => each.number === number && each.state === wanted), 30_000);
  };
  const words = (page: Page) => page.getByLabel("会话内容");
  const say = async (text: string): Promise<void> => {
    await citizen.getByLabel(/写给坐席/).fill(text);
    await citizen.getByLabel(/写给坐席/).press("Enter");
  };
  /** Opens the hand-over and chooses, by keyboard alone. */
  const give = async (page: Page, typed: string, option: string): Promise<void> => {
    await page.getByRole("button", { name: "转接", exact: true }).focus();
    await page.keyboard.press("Enter");
    const choice = page.getByRole("combobox", { name: "转给" });
    await expect.poll(() => choice.evaluate((element: unknown) => element === (globalThis as { document?: { activeElement: unknown } }).document?.activeElement), { timeout: 5_000 }).toBe(true);
    await page.keyboard.type(typed);
    await page.locator(".ant-select-item-option-active", { hasText: option }).waitFor({ timeout: 10_000 });
    await shot(page, `transfer-choose-${typed}`);
    await page.keyboard.press("Enter");
    // While the list is open a Tab only chooses again.
    await expect.poll(() => choice.getAttribute("aria-expanded"), { timeout: 10_000 }).toBe("false");
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate("document.activeElement.textContent"), { timeout: 5_000 }).toBe("确认转接");
    await page.keyboard.press("Enter");
  };

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_ACD_WRAP_UP: "1" } });
    base = `http://127.0.0.1:${example.httpPort}`;
    first = await agent("1001");
    ({ page: citizen } = await open({ width: 480, height: 900 }));
    await citizen.goto(`${base}/portal/chat`);
    await citizen.getByLabel(/您的称呼/).fill("王秀兰");
    await citizen.getByLabel(/想咨询什么/).fill("养老金怎么领");
    await citizen.getByRole("button", { name: "开始咨询" }).click();
    await first.getByRole("button", { name: "接受" }).click({ timeout: 60_000 });
    await citizen.getByText("坐席 1001 为您服务", { exact: true }).waitFor({ timeout: 20_000 });
    await first.getByLabel("回复").fill("请问参保地是哪里？");
    await first.getByLabel("回复").press("Enter");
    await citizen.getByRole("log").getByText("请问参保地是哪里").waitFor();
  }, 240_000);
  afterEach(async () => {
    await Promise.all(browsers.splice(0).map((each) => each.dispose()));
    await Promise.all(phones.splice(0).map((each) => each.dispose()));
    await example?.dispose();
  });

  it("goes from one agent to another with every word: declined, accepted, and by a queue", async () => {
    // Declined by the colleague it stays, with what was typed; the citizen writes on and is told nothing.
    second = await agent("1002");
    await state("1002", "available");
    await first.getByLabel("回复").fill("我为您转给同事");
    await give(first, "林启明", "林启明 1002");
    await first.getByText("正在转给 林启明").waitFor({ timeout: 10_000 });
    await second.getByText("坐席 1001 转来").waitFor({ timeout: 20_000 });
    await shot(second, "transfer-asked");
    await shot(first, "transfer-asking");
    // Meanwhile the chat goes on as before.
    await say("在海晏市");
    await words(first).getByText("在海晏市").waitFor({ timeout: 20_000 });
    await second.getByRole("button", { name: "拒绝" }).click();
    await first.getByText("没有人接受转接，会话仍由你服务。").first().waitFor({ timeout: 20_000 });
    await second.getByText("现在没有会话").waitFor({ timeout: 20_000 });
    expect([await first.getByLabel("回复").inputValue(), await first.getByRole("button", { name: "转接", exact: true }).isEnabled()]).toEqual(["我为您转给同事", true]);
    expect(await citizen.locator("#chat-state").innerText()).toBe("坐席 1001 为您服务");
    expect(await citizen.getByRole("log").innerText()).not.toMatch(/转接|1002/);
    await shot(first, "transfer-declined");
    // Who is writing to nobody yet is free again.
    await state("1002", "available");

    // Accepted it is theirs with every word; the citizen sees who serves now, and goes on.
    await give(first, "林启明", "林启明 1002");
    await second.getByRole("button", { name: "接受" }).click({ timeout: 20_000 });
    await citizen.getByText("坐席 1002 为您服务", { exact: true }).waitFor({ timeout: 20_000 });
    await citizen.getByRole("log").getByText("已为您转接，坐席 1002 为您服务。").waitFor();
    await first.getByText("会话已转给坐席 1002。").first().waitFor({ timeout: 20_000 });
    await first.getByText("现在没有会话").waitFor({ timeout: 20_000 });
    // It is no longer the giver's: nothing of it can be written, ended or filed there.
    await first.getByLabel("回复").waitFor({ state: "detached", timeout: 10_000 });
    expect([await first.getByRole("button", { name: "结束会话" }).count(), await first.getByText("正在转给").count(), await first.evaluate("document.activeElement.textContent")]).toEqual([0, 0, "在线会话"]);
    for (const each of ["养老金怎么领", "请问参保地是哪里？", "在海晏市"]) await words(second).getByText(each).waitFor({ timeout: 10_000 });
    // What the giver had begun is there to be sent.
    await expect.poll(() => second.getByLabel("回复").inputValue(), { timeout: 10_000 }).toBe("我为您转给同事");
    await shot(second, "transfer-taken");
    await shot(first, "transfer-given");
    await shot(citizen, "transfer-citizen");
    await say("您好");
    await words(second).getByText("您好", { exact: true }).waitFor({ timeout: 20_000 });
    await second.getByLabel("回复").fill("我来为您办理");
    await second.getByLabel("回复").press("Enter");
    await citizen.getByRole("log").getByText("我来为您办理").waitFor({ timeout: 20_000 });
    await citizen.reload();
    expect(await citizen.getByRole("log").innerText()).toMatch(/养老金怎么领[\s\S]*请问参保地是哪里[\s\S]*在海晏市[\s\S]*已为您转接，坐席 1002 为您服务。[\s\S]*您好[\s\S]*我来为您办理/);
    await state("1001", "available");

    // To another queue it is asked of who serves that; taken there, it can be ended.
    await give(second, "综合", "综合咨询");
    await first.getByText("坐席 1002 转来").waitFor({ timeout: 30_000 });
    await say("还在吗");
    await first.getByRole("button", { name: "接受" }).click();
    await citizen.getByText("坐席 1001 为您服务", { exact: true }).waitFor({ timeout: 20_000 });
    await words(first).getByText("还在吗").waitFor({ timeout: 10_000 });
    await second.getByText("会话已转给坐席 1001。").first().waitFor({ timeout: 20_000 });
    await first.getByRole("button", { name: "结束会话" }).click();
    await citizen.getByText("咨询已结束。", { exact: true }).waitFor({ timeout: 20_000 });
    expect(broken).toEqual([]);
  }, 480_000);
});
