import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { pictures } from "./support/pictures.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { lookAtEnglish } from "./support/english.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { SippAnswerer } from "./support/sipp.js";

/** Pictures are taken at these. */
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];

interface Items<T> {
  readonly items: readonly T[];
}
type Browser = Awaited<ReturnType<typeof openChromium>>;

describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("the pages of campaigns", () => {
  let example: Example;
  let root: string;
  let carrierPort: number;
  const browsers: Browser[] = [];
  const broken: string[] = [];

  /** A page of somebody who has signed in. */
  const pageOf = async (username: string, language: "zh" | "en" = "zh"): Promise<Page> => {
    const browser = await openChromium({ width: 1280, height: 800 });
    browsers.push(browser);
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username, password: `demo-${username}` } })).ok()).toBe(true);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.addInitScript(`localStorage.setItem("hotline.language", "${language}")`);
    return page;
  };
  const shot = pictures("campaigns", SIZES);

  beforeAll(async () => {
    carrierPort = await freePort();
    const trunks = [{ key: "demo", match: ["127.0.0.1"] }, { key: "carrier", outbound: { host: "127.0.0.1", port: carrierPort } }];
    example = await Example.start({ environment: { HOTLINE_SIP_TRUNKS: JSON.stringify(trunks) } });
    root = `http://127.0.0.1:${example.httpPort}`;
  });
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.dispose()));
    await example?.dispose();
  });

  it("a campaign is made, its list imported and counted, checked, started, paused while a phone rings, and cancelled; the page tells the truth all along", async () => {
    const page = await pageOf("1901");
    await page.goto(`${root}/console/campaigns`);
    await page.getByText("还没有外呼任务。").waitFor({ timeout: 30_000 });
    await shot(page, "none");

    await page.getByRole("button", { name: "新建任务" }).click();
    await page.getByText("语音通知", { exact: true }).click();
    await page.getByRole("button", { name: "建立任务" }).click();
    // What is missing is told where it is missing, and the caret is there.
    await page.getByText("写明要播放的内容。").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement?.closest('.cam-field')?.querySelector('label')?.textContent")).toContain("名称");
    await page.keyboard.type("社保到账通知");
    await page.getByLabel("播放内容").last().fill("{{姓名}}你好，社保缴费{{金额}}元已到账。");
    await page.getByRole("combobox", { name: "日历" }).click();
    // Round the clock, whatever hour it is where the test runs.
    await page.locator(".ant-select-item-option", { hasText: "人工服务时间（" }).click();
    await page.getByRole("spinbutton", { name: "同时拨打" }).fill("1");
    await page.getByRole("button", { name: "建立任务" }).click();
    await page.getByRole("heading", { name: /社保到账通知/ }).waitFor({ timeout: 15_000 });

    // The second line is the first again, written otherwise; the fourth has no number.
    await page.getByRole("textbox", { name: "名单内容" }).fill("号码,姓名,金额\n13800138001,王芳,1280\n+86 138 0013 8001,王芳,1280\n139,李强,90\n13900139000,张敏,655\n");
    await page.locator("#hl-main").getByText("4 行").waitFor();
    await page.getByRole("button", { name: "导入", exact: true }).click();
    const outcome = page.locator(".cam-outcome");
    await outcome.waitFor({ timeout: 15_000 });
    expect(await outcome.innerText()).toMatch(/已加入 2 人[\s\S]*重复 1 人[\s\S]*号码无效 1 行，未加入：第 4 行/);
    await page.locator("tr", { hasText: "139 0013 9000" }).waitFor({ timeout: 15_000 });
    await shot(page, "imported");

    await page.getByRole("button", { name: "核对并开始" }).click();
    await page.getByText("可以开始").waitFor({ timeout: 15_000 });
    const checks = await page.locator(".cam-checks").innerText();
    expect(checks).toMatch(/会拨打\s+2 人/);
    expect(checks).toMatch(/第一通电话\s+现在/);
    expect(checks).toMatch(/显示号码\s+12333/);
    expect(checks).toContain("2 到 6 次电话");
    await shot(page, "check");

    const probe = await RtpProbe.open();
    const citizen = SippAnswerer.start({ port: carrierPort, mediaPort: probe.port, ringMs: 12_000, talkMs: 4_000 });
    try {
      await page.getByRole("button", { name: "开始外呼" }).click();
      const called = page.locator("tr", { hasText: "正在呼叫" });
      await called.waitFor({ timeout: 20_000 });
      expect(await called.innerText()).toContain("138 0013 8001");
      await expect.poll(async () => (await example.get<Items<{ id: string }>>(`/api/campaigns?status=running`)).items.length).toBe(1);
      // The person's phone is rung once it is dialled.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await shot(page, "running");
      await page.getByRole("button", { name: "暂停" }).click();
      await page.locator("#hl-main").getByText("已暂停，还有 1 个电话在振铃").waitFor({ timeout: 5_000 });
      await shot(page, "paused");
      // They answer, and hang up before the announcement is over; nobody else is called.
      await page.locator("#hl-main").getByText("已暂停，没有电话在振铃或通话").waitFor({ timeout: 60_000 });
      expect(await citizen.exited).toBe(0);
    } finally {
      probe.close();
      citizen.dispose();
    }
    await page.locator("tr", { hasText: "138 0013 8001" }).getByText(/中途挂断|已完成/).waitFor({ timeout: 15_000 });
    await page.locator("tr", { hasText: "138 0013 8001" }).getByRole("button").first().click();
    await page.getByText(/已接听 · 通话 00:0\d/).waitFor({ timeout: 15_000 });
    expect(await page.locator("tr", { hasText: "139 0013 9000" }).innerText()).toContain("待拨");
    await shot(page, "attempts");

    // Settings in the pause: what differs is named, and saved.
    expect(await page.locator(".cam-facts").innerText()).toMatch(/日历\s+人工服务时间（\d\d-\d\d 00:00–24:00）/);
    await page.getByRole("tab", { name: "设置" }).click();
    await page.getByRole("spinbutton", { name: "最多拨打次数" }).fill("2");
    await page.locator("#hl-main").getByText("改动 1 处：重拨规则").waitFor();
    await shot(page, "settings");
    await page.getByRole("button", { name: "保存" }).click();
    await page.locator("#hl-main").getByText("改动 1 处：重拨规则").waitFor({ state: "detached", timeout: 15_000 });
    await page.getByRole("tab", { name: "名单" }).click();
    await page.getByText("最多 2 次，间隔 30、120 分钟，换一个时段").waitFor();

    await page.getByRole("button", { name: "取消任务" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("还没结束的 1 人不再拨打，结果记为「已移出」。").waitFor();
    expect(await dialog.getByRole("button", { name: "取消任务" }).isDisabled()).toBe(true);
    await shot(page, "cancel");
    await dialog.getByRole("textbox").fill("社保到账通知");
    await dialog.getByRole("button", { name: "取消任务" }).click();
    await page.locator(".cam-page h1", { hasText: "已取消" }).waitFor({ timeout: 15_000 });
    await page.locator("tr", { hasText: "139 0013 9000" }).getByText("已移出").waitFor({ timeout: 15_000 });
    expect(await page.getByRole("button", { name: "导入名单" }).count()).toBe(0);
    await shot(page, "cancelled");
    await page.goto(`${root}/console/campaigns`);
    expect(await page.locator("tr", { hasText: "社保到账通知" }).innerText()).toMatch(/语音通知[\s\S]*已取消[\s\S]*2 \/ 2/);
    await shot(page, "list");
    expect(broken).toEqual([]);
  }, 240_000);

  it("an agent whom a campaign gave a call sees who and what to say, and notes that nobody calls again; she changes no campaign", async () => {
    const { items: queues } = await example.get<Items<{ key: string; agents: number }>>("/api/queues");
    const json = { "content-type": "application/json" };
    const phone = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000 });
    const probe = await RtpProbe.open();
    let citizen: SippAnswerer | undefined;
    try {
      await phone.registered();
      const page = await pageOf("1001");
      await page.goto(`${root}/console/campaigns`);
      await page.locator("tr", { hasText: "社保到账通知" }).waitFor({ timeout: 30_000 });
      expect(await page.getByRole("button", { name: "新建任务" }).count()).toBe(0);
      await page.goto(`${root}/console/desk`);
      await page.locator(".acd-desk").waitFor({ timeout: 30_000 });
      const { items: agents } = await example.get<Items<{ number: string; queues: readonly string[] }>>("/api/agents");
      const queue = agents.find(({ number }) => number === "1001")?.queues[0] ?? queues[0]?.key;
      const made = (await (await example.fetch("/api/campaigns", { method: "POST", headers: json, body: JSON.stringify({ name: "资格认证提醒", kind: "agent", queue, calendar: "hotline", script: "{{name}}你好，认证截止到{{截止}}。" }) })).json()) as { id: string };
      expect((await example.fetch(`/api/campaigns/${made.id}/people`, { method: "POST", headers: json, body: JSON.stringify({ people: [{ number: "13700137000", name: "周琴", values: { 截止: "12月31日" } }] }) })).ok).toBe(true);
      citizen = SippAnswerer.start({ port: carrierPort, mediaPort: probe.port, ringMs: 1_000, talkMs: 25_000 });
      expect((await example.fetch(`/api/campaigns/${made.id}/start`, { method: "POST" })).ok).toBe(true);
      await page.getByText("周琴你好，认证截止到12月31日。").waitFor({ timeout: 60_000 });
      await shot(page, "desk");
      await page.getByRole("button", { name: "不再拨打" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "不再拨打" }).click();
      await page.locator(".cam-work", { hasText: "已记下：不再拨打" }).waitFor({ timeout: 15_000 });
      const listed = await example.get<Items<{ number: string }>>("/api/do-not-call?number=13700137000");
      expect(listed.items).toHaveLength(1);
    } finally {
      citizen?.dispose();
      await phone.dispose();
      probe.close();
    }
    expect(broken).toEqual([]);
  }, 180_000);

  it("the do-not-call list: a number is added, found, and taken off with a warning", async () => {
    const page = await pageOf("1901");
    await page.goto(`${root}/console/do-not-call`);
    const number = page.getByRole("textbox", { name: "号码", exact: true });
    await number.waitFor({ timeout: 30_000 });
    await number.fill("12");
    await page.getByRole("button", { name: "加入号码" }).click();
    await page.getByText("这不是可以拨打的号码").waitFor({ timeout: 15_000 });
    await number.fill("138 0013 8009");
    await page.getByRole("textbox", { name: "备注" }).fill("来函要求");
    await page.getByRole("button", { name: "加入号码" }).click();
    const row = page.locator("tr", { hasText: "138 0013 8009" });
    await row.waitFor({ timeout: 15_000 });
    await shot(page, "do-not-call");
    await page.getByRole("searchbox", { name: "按完整号码查找" }).fill("138-0013-8008");
    await page.keyboard.press("Enter");
    await page.getByText("没有这个号码。").waitFor({ timeout: 15_000 });
    await page.getByRole("button", { name: "清除条件" }).first().click();
    await row.getByRole("button", { name: /移除/ }).click();
    await page.getByRole("dialog").getByText("以后的外呼任务可以再拨打这个号码。").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "移除" }).click();
    await row.waitFor({ state: "detached", timeout: 15_000 });
    expect(broken).toEqual([]);
  }, 120_000);

  it("in English nothing is left in Chinese but data, and nothing is cut off", async () => {
    const page = await pageOf("1901", "en");
    const { items } = await example.get<Items<{ id: string; name: string }>>("/api/campaigns");
    const { items: queues } = await example.get<Items<{ name: string }>>("/api/queues");
    const data = [...items.map(({ name }) => name), ...queues.map(({ name }) => name), "人工服务时间", "可致电时间", "办公时间", "萧慧敏", "王芳", "张敏", "周琴", "截止", "金额", "来函要求"];
    const made = items.find(({ name }) => name === "资格认证提醒")?.id ?? "";
    for (const [name, path, there] of [
      ["list", "/campaigns", "Progress"],
      ["new", "/campaigns/new", "Queue whose agents call"],
      ["detail", `/campaigns/${made}`, "People"],
      ["check", `/campaigns/${made}/check`, "Check before start"],
      ["do-not-call", "/do-not-call", "Add number"],
    ] as const) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`${root}/console${path}`);
      await page.getByText(there).first().waitFor({ timeout: 30_000 });
      await page.waitForLoadState("networkidle");
      expect.soft({ name, ...(await lookAtEnglish(page, "body", data)) }).toEqual({ name, chinese: [], cut: [] });
      await shot(page, `en-${name}`);
    }
    expect(broken).toEqual([]);
  }, 120_000);
});
