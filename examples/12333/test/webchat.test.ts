import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasBaresip } from "./support/peers.js";

type Browser = Awaited<ReturnType<typeof openChromium>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

interface Ticket {
  readonly serial: string;
  readonly summary: string;
  readonly content: string;
  readonly contactName: string;
}

/** `HOTLINE_SHOTS=folder` keeps pictures of both pages. */
const shot = (page: Page, name: string): Promise<unknown> => (process.env.HOTLINE_SHOTS === undefined ? Promise.resolve() : page.screenshot({ path: `${process.env.HOTLINE_SHOTS}/${name}.png` }));

describe.skipIf(!hasChromium() || !hasBaresip())("a citizen and an agent write to each other, in Chromium", () => {
  let example: Example;
  let phone: Baresip;
  let staff: Browser;
  let desk: Page;
  let base: string;

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    example = await Example.start();
    base = `http://127.0.0.1:${example.httpPort}`;
    phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000 });
    await phone.registered();
    staff = await openChromium();
    desk = await staff.newPage();
    await desk.route("**/api/tickets/catalogue", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace('"name":"咨询"', '"name":"问询"') });
    });
    await desk.goto(`${base}/console/chats`);
    await desk.getByLabel(/用户名/).fill("1001");
    await desk.getByLabel("密码").fill("demo-1001");
    await desk.getByRole("button", { name: /登\s*录/ }).click();
    await desk.getByText("现在没有会话").waitFor();
  }, 90_000);
  afterEach(async () => {
    await staff?.dispose();
    await phone?.dispose();
    await example?.dispose();
  });

  it("live on both sides; what was sent into a broken line arrives once; the ticket holds every word", async () => {
    const home = await openChromium({ width: 480, height: 900 });
    try {
      const page = await home.newPage();
      await page.goto(`${base}/portal`);
      await page.getByRole("link", { name: /在线咨询/ }).click();
      await page.getByRole("button", { name: "开始咨询" }).click();
      expect(await page.title()).toMatch(/^错误：/);
      await shot(page, "citizen-error");
      await page.getByLabel(/您的称呼/).fill("王秀兰");
      await page.getByLabel(/想咨询什么/).fill("养老金怎么领？<b>我</b>今年六十");
      await page.getByRole("button", { name: "开始咨询" }).click();
      expect(await page.locator("#chat-state").innerText()).toContain("排队中");
      expect(await page.evaluate("document.cookie")).not.toContain("hotline_chat");
      await shot(page, "citizen-waiting");

      await desk.getByRole("button", { name: "接受" }).waitFor();
      await shot(desk, "agent-offer");
      await desk.getByRole("button", { name: "接受" }).click();
      await page.getByText("坐席 1001 为您服务", { exact: true }).waitFor();
      const reply = desk.getByLabel("回复");
      await reply.fill("您好，请问参保地是哪里？");
      await reply.press("Enter");
      await page.getByRole("log").getByText("请问参保地是哪里").waitFor();

      const box = page.getByLabel(/写给坐席/);
      await box.fill("hai yan");
      // Enter chooses a candidate of the input method: nothing is sent.
      await box.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
      expect(await box.inputValue()).toBe("hai yan");
      // The server takes it, the answer is lost: sent again, under the same name.
      let broken = 0;
      await page.route("**/api/webchat/chat/messages", async (route) => {
        if (broken++ > 0) return route.continue();
        await route.fetch();
        return route.abort();
      });
      await box.fill("海晏市");
      await box.press("Enter");
      await desk.getByLabel("会话内容").getByText("海晏市").waitFor();
      await expect.poll(() => page.locator("#chat-log li.citizen").last().innerText(), { timeout: 20_000 }).toContain("已送达");
      await box.fill("在望潮区");
      await box.press("Enter");
      await desk.getByLabel("会话内容").getByText("在望潮区").waitFor();
      expect(await page.locator("#chat-log").getByText("海晏市", { exact: true }).count()).toBe(1);
      expect(await desk.getByLabel("会话内容").getByText("海晏市", { exact: true }).count()).toBe(1);
      expect(broken).toBeGreaterThan(1);
      await shot(page, "citizen-active");
      await shot(desk, "agent-active");

      // Natures are those of this hotline's tickets, by the names it gives them.
      await desk.locator(".wc-side").getByText("问询").waitFor();
      await desk.getByLabel("联系电话").fill("138 0013 8001");
      await desk.getByRole("button", { name: "生成工单" }).click();
      await desk.getByText("已生成工单").waitFor();
      const { items } = await example.get<{ items: readonly Ticket[] }>("/api/tickets?source=chat");
      expect(items).toHaveLength(1);
      const [ticket] = items;
      expect(ticket?.contactName).toBe("王秀兰");
      for (const words of ["养老金怎么领？<b>我</b>今年六十", "坐席：您好，请问参保地是哪里？", "来访者：海晏市", "来访者：在望潮区"]) expect(ticket?.content).toContain(words);
      const shown = (ticket?.serial ?? "").replace(/^(\d{6})(\d{5})(\d)$/, "$1 $2 $3");
      await page.getByText(`您的诉求已登记，流水号 ${shown}`).waitFor();
      await desk.getByRole("button", { name: "写入回复" }).click();
      await desk.getByRole("button", { name: "发送" }).click();
      await page.getByRole("log").getByText("可凭这两个号码查询进度").waitFor();
      await shot(desk, "agent-ticket");

      await desk.getByRole("button", { name: "结束会话" }).click();
      await page.getByText("咨询已结束。", { exact: true }).waitFor();
      await desk.getByText("会话已结束，工单已生成").waitFor();
      await shot(page, "citizen-ended");
      await shot(desk, "agent-ended");
      await page.getByRole("button", { name: "开始新的咨询" }).click();
      await page.getByLabel(/想咨询什么/).waitFor();
    } finally {
      await home.dispose();
    }
  }, 120_000);

  it("works for a citizen without JavaScript, who refreshes", async () => {
    const home = await openChromium({ javaScript: false, width: 480, height: 900 });
    try {
      await example.eventually<{ items: readonly { number: string; state: string }[] }>("/api/agents", ({ items }) => items.some(({ number, state }) => number === "1001" && state === "available"), 60_000);
      const page = await home.newPage();
      await page.goto(`${base}/portal/chat`);
      await page.getByLabel(/想咨询什么/).fill("工伤认定要带什么材料");
      await page.getByRole("button", { name: "开始咨询" }).click();
      expect(await page.locator("#chat-state").innerText()).toContain("排队中");
      expect(await page.locator("meta[http-equiv=refresh]").count()).toBe(1);
      await shot(page, "citizen-plain");
      await desk.getByRole("button", { name: "接受" }).click();
      await desk.getByLabel("回复").fill("身份证和诊断证明");
      await desk.getByLabel("回复").press("Enter");
      await desk.getByLabel("会话内容").getByText("身份证和诊断证明").waitFor();
      // Shown at once; the server has it when the mark is gone.
      await desk.getByText("发送中").waitFor({ state: "hidden" });
      await page.getByRole("link", { name: "暂停自动刷新" }).click();
      expect(await page.locator("meta[http-equiv=refresh]").count()).toBe(0);
      expect(await page.locator("#chat-state").innerText()).toBe("坐席 1001 为您服务");
      expect(await page.getByRole("log").innerText()).toContain("身份证和诊断证明");
      await page.getByLabel(/写给坐席/).fill("谢谢");
      await page.getByRole("button", { name: "发送" }).click();
      await desk.getByLabel("会话内容").getByText("谢谢", { exact: true }).waitFor();
      await page.getByRole("button", { name: "结束咨询" }).click();
      expect(await page.locator("#chat-state").innerText()).toBe("咨询已结束。");
      expect(await page.getByLabel(/写给坐席/).isVisible()).toBe(false);
    } finally {
      await home.dispose();
    }
  }, 120_000);
});
