import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openChromium } from "./support/chromium.js";
import { pictures } from "./support/pictures.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";

/** Pictures are taken at these. */
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];
const OFF = "网络已断开，恢复后才能操作";
const DAY_MS = 86_400_000;

type Browser = Awaited<ReturnType<typeof openChromium>>;

/** A page whose news from the server can be cut off. */
interface Cut {
  readonly page: Page;
  cut(): Promise<void>;
  join(): void;
}

describe.skipIf(!hasChromium())("the pages of campaigns, when things are not as they should be", () => {
  let example: Example;
  let root: string;
  let running: string;
  const browsers: Browser[] = [];
  const broken: string[] = [];

  const ask = async <T>(path: string, method = "GET", body?: unknown): Promise<T> => {
    const answer = await example.fetch(path, { method, ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
    expect(answer.ok, `${method} ${path}`).toBe(true);
    return answer.json() as Promise<T>;
  };
  const pageOf = async (username: string): Promise<Cut> => {
    const browser = await openChromium({ width: 1280, height: 800 });
    browsers.push(browser);
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username, password: `demo-${username}` } })).ok()).toBe(true);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    let down = false;
    let close = async (): Promise<void> => undefined;
    await page.routeWebSocket("**/console/live", (socket) => {
      if (down) return void socket.close();
      close = () => socket.close();
      return void socket.connectToServer();
    });
    return {
      page,
      cut: () => {
        down = true;
        return close();
      },
      join: () => (down = false),
    };
  };
  const shot = pictures("campaign-states", SIZES);

  beforeAll(async () => {
    // A line that leads out, without which no campaign starts.
    const trunks = [{ key: "demo", match: ["127.0.0.1"] }, { key: "carrier", outbound: { host: "127.0.0.1", port: await freePort() } }];
    example = await Example.start({ environment: { HOTLINE_SIP_TRUNKS: JSON.stringify(trunks) } });
    root = `http://127.0.0.1:${example.httpPort}`;
    const make = async (name: string, more: object = {}): Promise<string> => {
      const { id } = await ask<{ id: string }>("/api/campaigns", "POST", { name, kind: "announcement", prompt: { text: "{{姓名}}你好。" }, calendar: "hotline", ...more });
      await ask(`/api/campaigns/${id}/people`, "POST", { people: [{ number: "13800138001", name: "王芳" }, { number: "13900139000", name: "张敏" }] });
      return id;
    };
    // Nobody's telephone rings before tomorrow.
    running = await make("社保到账通知", { from: Date.now() + DAY_MS });
    await ask(`/api/campaigns/${running}/start`, "POST");
    await make("资格认证提醒");
    await ask("/api/do-not-call", "POST", { number: "13800138009", note: "来函要求" });
  });
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.dispose()));
    await example?.dispose();
  });

  it("cut off, a campaign's page gives no command and says why; after 10 s its figures are said to be old; then they are those of now again", async () => {
    const { page, cut, join } = await pageOf("1901");
    await page.goto(`${root}/console/campaigns/${running}`);
    const pause = page.getByRole("button", { name: "暂停" });
    await pause.waitFor({ timeout: 30_000 });
    await page.getByText("2 人中 0 人已结束").waitFor();
    expect(await pause.getAttribute("aria-disabled")).toBeNull();

    await cut();
    await expect.poll(() => pause.getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("true");
    for (const name of ["暂停", "取消任务"]) expect(await page.getByRole("button", { name }).getAttribute("title")).toBe(OFF);
    await pause.click({ force: true });
    await page.getByText(/^数据停在 \d\d:\d\d:\d\d，正在恢复$/).waitFor({ timeout: 20_000 });
    expect(await page.locator(".cam-stale").count()).toBe(1);
    await shot(page, "stale");
    // Pressed in vain: it runs as it did.
    expect(await ask(`/api/campaigns/${running}`)).toMatchObject({ status: "running" });

    const { items } = await ask<{ items: readonly { id: string }[] }>(`/api/campaigns/${running}/people`);
    await ask(`/api/campaigns/${running}/people/${items[0]?.id}/close`, "POST", { result: "completed", note: "已到大厅办理" });
    join();
    await page.getByText(/^数据停在/).waitFor({ state: "detached", timeout: 30_000 });
    await page.getByText("2 人中 1 人已结束").waitFor({ timeout: 15_000 });
    expect(await page.locator(".cam-stale").count()).toBe(0);
    expect(await pause.getAttribute("aria-disabled")).toBeNull();
    expect(broken).toEqual([]);
  }, 120_000);

  it("cut off, the list, the check and the do-not-call list give no command either", async () => {
    const { page, cut } = await pageOf("1901");
    await page.goto(`${root}/console/campaigns`);
    const pause = page.locator("tr", { hasText: "社保到账通知" }).getByRole("button");
    await pause.waitFor({ timeout: 30_000 });
    await cut();
    await expect.poll(() => pause.getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("true");
    expect(await pause.getAttribute("title")).toBe(OFF);
    await page.getByText(/^数据停在/).waitFor({ timeout: 20_000 });
    expect(await page.locator(".cam-table.hl-stale").count()).toBe(1);
    await shot(page, "list-stale");

    // Within the console, so that the page has never heard the server.
    await page.locator("tr", { hasText: "资格认证提醒" }).getByRole("button").click();
    const start = page.getByRole("button", { name: "开始外呼" });
    await start.waitFor({ timeout: 15_000 });
    expect(await start.getAttribute("aria-disabled")).toBe("true");
    expect(await start.getAttribute("title")).toBe(OFF);
    await shot(page, "check-offline");

    await page.getByRole("link", { name: "外呼" }).first().click();
    await page.getByRole("button", { name: "勿扰名单" }).click();
    await page.locator("tr", { hasText: "138 0013 8009" }).waitFor({ timeout: 15_000 });
    const add = page.getByRole("button", { name: "加入号码" });
    expect(await add.getAttribute("aria-disabled")).toBe("true");
    expect(await page.locator("tr", { hasText: "138 0013 8009" }).getByRole("button", { name: /移除/ }).getAttribute("aria-disabled")).toBe("true");
    await shot(page, "do-not-call-offline");
    expect(broken).toEqual([]);
  }, 120_000);

  it("what cannot be loaded is said, with a way to try again; what was there stays", async () => {
    const { page } = await pageOf("1901");
    await page.goto(`${root}/console/campaigns`);
    await page.locator("tr", { hasText: "社保到账通知" }).waitFor({ timeout: 30_000 });
    await page.route("**/api/campaigns/**", (route) => route.abort());
    await page.getByRole("link", { name: "社保到账通知" }).click();
    const trouble = page.locator("#hl-main [role=alert]").first();
    await trouble.waitFor({ timeout: 15_000 });
    expect(await trouble.innerText()).toContain("没能加载外呼任务");
    await shot(page, "no-answer");
    await page.unroute("**/api/campaigns/**");
    await trouble.getByRole("button", { name: "重试" }).click();
    await page.locator("tr", { hasText: "139 0013 9000" }).waitFor({ timeout: 15_000 });

    // The next answer fails: what is known is still there.
    await page.route("**/api/campaigns/*", (route) => route.fulfill({ status: 503, contentType: "application/json", body: JSON.stringify({ error: { code: "HTL_CORE_DATABASE_UNREACHABLE", message: "away" } }) }));
    await ask("/api/do-not-call", "POST", { number: "13800138007" });
    await trouble.waitFor({ timeout: 15_000 });
    expect(await page.locator("tr", { hasText: "139 0013 9000" }).count()).toBe(1);
    await shot(page, "not-renewed");
    expect(broken).toEqual([]);
  }, 120_000);

  it("who may not see campaigns finds no page of them; who may only see has no command; who lost the right is told so", async () => {
    const stranger = (await pageOf("20402")).page;
    for (const path of ["/campaigns", `/campaigns/${running}`, `/campaigns/${running}/check`, "/do-not-call"]) {
      await stranger.goto(`${root}/console${path}`);
      await stranger.getByText("没有这个页面，或者你没有查看的权限，可向班长申请。").waitFor({ timeout: 30_000 });
    }
    expect(await stranger.getByRole("link", { name: "外呼" }).count()).toBe(0);
    await shot(stranger, "no-permission");

    const { page } = await pageOf("1001");
    await page.goto(`${root}/console/campaigns/${running}`);
    await page.locator("tr", { hasText: "139 0013 9000" }).waitFor({ timeout: 30_000 });
    for (const name of ["暂停", "取消任务", "导入名单"]) expect(await page.getByRole("button", { name }).count(), name).toBe(0);
    await page.getByRole("tab", { name: "设置" }).click();
    await page.getByText("话术", { exact: true }).or(page.getByText("播放内容", { exact: true })).first().waitFor();
    expect(await page.getByRole("button", { name: "保存" }).count()).toBe(0);
    await shot(page, "read-only");
    // The form is not hers: the address is one of a campaign, which is not there.
    await page.goto(`${root}/console/campaigns/new`);
    await page.getByText("没有这个外呼任务。").waitFor({ timeout: 15_000 });

    // The role was changed while the console was open.
    await page.goto(`${root}/console/campaigns`);
    await page.locator("tr", { hasText: "社保到账通知" }).waitFor({ timeout: 15_000 });
    await page.route("**/api/campaigns/**", (route) => route.fulfill({ status: 403, contentType: "application/json", body: JSON.stringify({ error: { code: "HTL_HTTP_FORBIDDEN", message: "no" } }) }));
    await page.getByRole("link", { name: "社保到账通知" }).click();
    const told = page.locator("#hl-main [role=alert]").first();
    await told.waitFor({ timeout: 15_000 });
    expect(await told.innerText()).toContain("你没有查看外呼任务的权限，可向班长申请。");
    expect(await told.getByRole("button").count()).toBe(0);
    await shot(page, "right-lost");
    expect(broken).toEqual([]);
  }, 120_000);

  it("calls that we abandoned stand in the figures and in the results", async () => {
    const { page } = await pageOf("1901");
    await page.route(`**/api/campaigns/${running}`, async (route) => {
      const answer = await route.fetch();
      const campaign = (await answer.json()) as { counts: object };
      return route.fulfill({ response: answer, json: { ...campaign, counts: { ...campaign.counts, people: 120, closed: 80, open: 40, attempts: 96, abandoned: 3, results: { completed: 71, "no-answer": 8, abandoned: 1 } } } });
    });
    await page.goto(`${root}/console/campaigns/${running}`);
    await page.locator(".cam-figures").waitFor({ timeout: 30_000 });
    expect(await page.locator(".cam-figures").innerText()).toMatch(/接通无坐席\s+3 次/);
    expect(await page.locator(".cam-results").innerText()).toMatch(/接通无坐席\s+1\s+1\.3%/);
    expect(await page.locator(".cam-facts").innerText()).toMatch(/日历\s+人工服务时间（/);
    await shot(page, "abandoned");
    expect(broken).toEqual([]);
  }, 60_000);
});
