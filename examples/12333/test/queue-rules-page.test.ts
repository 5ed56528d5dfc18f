import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import organisation from "../data/organisation.json" with { type: "json" };
import { hasChromium, openChromium } from "./support/chromium.js";
import { pictures } from "./support/pictures.js";
import { lookAtEnglish } from "./support/english.js";
import { Example } from "./support/example.js";

/** Pictures are taken at these. */
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1440, height: 900 },
];

/** Shift supervisors have no account of the demonstration. */
const SHIFT = { username: "zeng", password: "Queue-rules 4 all", displayName: "曾海波", roles: ["shift_supervisor"] };

interface Rules {
  readonly version: number;
  readonly rules: Readonly<Record<string, unknown>>;
  readonly changed: readonly { readonly rule: string; readonly byName: string | null }[];
}
type Browser = Awaited<ReturnType<typeof openChromium>>;

describe.skipIf(!hasChromium())("the page of queue rules", () => {
  let example: Example;
  let root: string;
  const browsers: Browser[] = [];
  const broken: string[] = [];

  const rulesOf = (queue: string): Promise<Rules> => example.get<Rules>(`/api/queues/${queue}/rules`);
  /** Somebody else, at another screen. */
  const change = async (queue: string, rules: Readonly<Record<string, unknown>>): Promise<void> => {
    const { version } = await rulesOf(queue);
    expect((await example.fetch(`/api/queues/${queue}/rules`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ version, rules }) })).status).toBe(200);
  };
  const pageOf = async (username: string, language: "zh" | "en" = "zh"): Promise<Page> => {
    const browser = await openChromium({ width: 1280, height: 800 });
    browsers.push(browser);
    const answer = await browser.request.post(`${root}/api/auth/login`, { data: { username, password: username === SHIFT.username ? SHIFT.password : `demo-${username}` } });
    expect(answer.ok(), await answer.text()).toBe(true);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.addInitScript(`localStorage.setItem("hotline.language", "${language}")`);
    await page.goto(`${root}/console/queue-rules`);
    return page;
  };
  const shot = pictures("queue-rules", SIZES);
  const rule = (page: Page, name: string) => page.locator(`.qr-field[data-rule="${name}"]`);
  const tab = (page: Page, name: string) => page.getByRole("tab", { name });
  const save = (page: Page) => page.getByRole("button", { name: "保存", exact: true }).click();

  beforeAll(async () => {
    example = await Example.start({ readyMs: 120_000 });
    root = `http://127.0.0.1:${example.httpPort}`;
    const made = await example.fetch("/api/directory/users", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(SHIFT) });
    expect(made.status, await made.text()).toBe(201);
  }, 150_000);
  // What a try has changed must not stand in the way of the next.
  afterEach(async () => {
    await Promise.all(browsers.splice(0).map((browser) => browser.dispose()));
    for (const queue of ["general", "complaint", "written"]) {
      const { version, changed } = await rulesOf(queue);
      if (changed.length > 0) await example.fetch(`/api/queues/${queue}/rules`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ version, reset: changed.map((each) => each.rule) }) });
    }
  });
  afterAll(() => example?.dispose());

  it("tells what is wrong at the fields, saves what is right, marks it, and goes back to the configuration after a question", async () => {
    const page = await pageOf(SHIFT.username);
    await page.locator(".qr-queues button", { hasText: "综合咨询" }).click({ timeout: 30_000 });
    expect(await page.getByRole("button", { name: "保存", exact: true }).count()).toBe(0);
    await shot(page, "share");
    await tab(page, "等候").click();
    await rule(page, "maxWaitSeconds").getByRole("textbox", { name: "最长等候" }).fill("100000");
    await rule(page, "maxLength").getByRole("textbox", { name: "最多排队" }).fill("");
    await tab(page, "溢出与技能").click();
    await rule(page, "skills").getByRole("textbox", { name: "要求的技能" }).fill("剪纸 2");
    await save(page);
    // What is wrong lies in another part of the form: it is opened, and the caret is there.
    await rule(page, "maxWaitSeconds").getByText("要填 0 到 86,400 秒").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement?.closest('.qr-field')?.dataset.rule")).toBe("maxWaitSeconds");
    await shot(page, "wrong");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("120");
    await save(page);
    // Only the server knows who can what.
    await rule(page, "skills").getByText("没有坐席具备技能 剪纸：先给坐席，或去掉").waitFor({ timeout: 15_000 });
    await expect.poll(() => page.evaluate("document.activeElement?.closest('.qr-field')?.dataset.rule")).toBe("skills");
    expect(await rulesOf("general")).toMatchObject({ changed: [] });
    await rule(page, "skills").getByRole("textbox", { name: "要求的技能" }).fill("");
    await rule(page, "overflow").getByRole("button", { name: "增加一步" }).click();
    await rule(page, "overflow").getByRole("textbox", { name: "等候满" }).fill("30");
    await rule(page, "overflow").getByRole("combobox", { name: "溢出到" }).click();
    await page.locator(".ant-select-item-option", { hasText: "投诉举报" }).click();
    await page.keyboard.press("Escape");
    await shot(page, "edited");
    expect(await page.locator(".qr-savebar").innerText()).toMatch(/改动 3 项：最长等候、最多排队、溢出到其他队列\s+保存后立即生效/);
    await save(page);
    await page.locator(".qr-savebar").waitFor({ state: "detached", timeout: 15_000 });
    const saved = await rulesOf("general");
    expect(saved).toMatchObject({ version: 1, rules: { maxWaitSeconds: 120, maxLength: null, overflow: [{ afterSeconds: 30, queues: ["complaint"] }] } });
    expect(saved.changed.map(({ byName }) => byName)).toEqual(["曾海波", "曾海波", "曾海波"]);
    await page.locator(".qr-queues button", { hasText: "3 项与配置不同" }).waitFor();
    expect(await rule(page, "overflow").innerText()).toMatch(/已改[\s\S]*配置：无\s+曾海波 .+ 改\s+恢复/);
    await tab(page, "等候").click();
    await shot(page, "changed");

    await page.getByRole("button", { name: "恢复最长等候" }).click();
    const box = page.getByRole("dialog");
    expect(await box.innerText()).toMatch(/恢复综合咨询的最长等候[\s\S]*120 秒\s+300 秒/);
    await box.getByRole("button", { name: "保持现在" }).click();
    await box.waitFor({ state: "detached" });
    expect((await rulesOf("general")).version).toBe(1);
    await page.getByRole("button", { name: "恢复最长等候" }).click();
    await box.getByRole("button", { name: "恢复配置" }).click();
    await box.waitFor({ state: "detached" });
    await expect.poll(() => rulesOf("general")).toMatchObject({ version: 2, rules: { maxWaitSeconds: 300, maxLength: null } });
    await page.getByRole("button", { name: "恢复全部" }).click();
    await shot(page, "reset");
    await box.getByRole("button", { name: "恢复配置" }).click();
    await box.waitFor({ state: "detached" });
    await expect.poll(() => rulesOf("general")).toMatchObject({ version: 3, changed: [], rules: { maxLength: 50, overflow: [] } });
    expect(await page.locator(".qr-mark").count()).toBe(0);
    expect(broken).toEqual([]);
  }, 180_000);

  it("tells when somebody else was faster, and overwrites nothing before it is said which value counts; what was typed stays, over a reload too", async () => {
    const page = await pageOf(SHIFT.username);
    await page.locator(".qr-queues button", { hasText: "投诉举报" }).click({ timeout: 30_000 });
    await tab(page, "等候").click();
    await rule(page, "maxLength").getByRole("textbox", { name: "最多排队" }).fill("60");
    await rule(page, "regainSeconds").getByRole("textbox", { name: "挂断后保留位置" }).fill("90");
    await change("complaint", { maxLength: 70, maxWaitSeconds: 240 });
    // Told at once: in fields nobody edits here the new value, at the other the question.
    await rule(page, "maxLength").getByText(/已改为：70 人/).waitFor({ timeout: 15_000 });
    await expect.poll(() => rule(page, "maxWaitSeconds").getByRole("textbox", { name: "最长等候" }).inputValue()).toBe("240");
    expect(await rule(page, "maxLength").getByRole("textbox", { name: "最多排队" }).inputValue()).toBe("60");
    await shot(page, "conflict");
    await save(page);
    await page.getByText("1 项已被他人改过，先逐项选择再保存").first().waitFor();
    expect((await rulesOf("complaint")).version).toBe(1);
    await page.reload();
    await page.locator(".qr-savebar").waitFor({ timeout: 30_000 });
    await tab(page, "等候").click();
    await rule(page, "maxLength").getByRole("button", { name: "保留我的" }).click();

    // Where the news has not come yet, the server's word stops it.
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    await page.route("**/api/queues/*/rules", async (route) => {
      if (route.request().method() === "GET") await gate;
      await route.continue();
    });
    await change("complaint", { regainSeconds: 30 });
    await save(page);
    await page.getByText("规则刚被他人改过，没有保存").first().waitFor({ timeout: 15_000 });
    letGo();
    await rule(page, "regainSeconds").getByText(/已改为：30 秒/).waitFor({ timeout: 15_000 });
    expect(await rule(page, "regainSeconds").getByRole("textbox", { name: "挂断后保留位置" }).inputValue()).toBe("90");
    await rule(page, "regainSeconds").getByRole("button", { name: "用新的" }).click();
    expect(await rule(page, "regainSeconds").getByRole("textbox", { name: "挂断后保留位置" }).inputValue()).toBe("30");
    await save(page);
    await page.locator(".qr-savebar").waitFor({ state: "detached", timeout: 15_000 });
    expect(await rulesOf("complaint")).toMatchObject({ version: 3, rules: { maxLength: 60, maxWaitSeconds: 240, regainSeconds: 30 } });
    expect(broken).toEqual([]);
  }, 180_000);

  it("tells which changes do not count any more, and keeps what is typed when the network does not answer", async () => {
    const page = await pageOf(SHIFT.username);
    // As after a start with another configuration.
    await page.route("**/api/queues/general/rules", async (route) => {
      if (route.request().method() !== "GET") return route.continue();
      const answer = await route.fetch();
      const rules = (await answer.json()) as Rules;
      await route.fulfill({ response: answer, json: { ...rules, leftOut: [{ rule: "wrapUpCodes", by: "u", byName: null, at: Date.UTC(2026, 7, 15), value: ["later"], why: "wrapUpCodes.0: there is no wrap-up code later: add it" }, { rule: "formerly", by: "u", byName: "彭春燕", at: Date.UTC(2026, 7, 15), value: 1, why: "formerly: there is no such rule" }] } });
    });
    await page.reload();
    await page.locator(".qr-queues button", { hasText: "综合咨询" }).click({ timeout: 30_000 });
    const note = page.getByRole("note");
    await note.waitFor({ timeout: 15_000 });
    expect(await note.innerText()).toMatch(/可选小结（其他人 .+ 改）：没有小结 later：去掉它[\s\S]*已取消的规则 formerly（彭春燕 .+ 改）：这项规则已取消：恢复即可/);
    await page.locator(".qr-queues button", { hasText: "2 项修改未生效" }).waitFor();
    await shot(page, "left-out");
    await page.getByRole("button", { name: "恢复可选小结" }).click();
    const box = page.getByRole("dialog");
    const sent = page.waitForRequest((request) => request.method() === "PATCH");
    await box.getByRole("button", { name: "恢复配置" }).click();
    expect((await sent).postDataJSON()).toMatchObject({ reset: ["wrapUpCodes"] });
    await box.waitFor({ state: "detached" });

    await rule(page, "ringTimeoutSeconds").getByRole("textbox", { name: "每名坐席振铃" }).fill("25");
    await page.unroute("**/api/queues/general/rules");
    await page.route("**/api/queues/general/rules", (route) => (route.request().method() === "PATCH" ? route.abort() : route.continue()));
    await save(page);
    await page.getByText("没有保存：网络没有应答，内容已保留").first().waitFor({ timeout: 15_000 });
    expect(await rule(page, "ringTimeoutSeconds").getByRole("textbox", { name: "每名坐席振铃" }).inputValue()).toBe("25");
    await page.unroute("**/api/queues/general/rules");
    await save(page);
    await page.locator(".qr-savebar").waitFor({ state: "detached", timeout: 15_000 });
    expect(await rulesOf("general")).toMatchObject({ rules: { ringTimeoutSeconds: 25 } });
    expect(broken).toEqual([]);
  }, 120_000);

  it("is for those who may change the rules, in English too", async () => {
    const leader = await pageOf("1901");
    await leader.goto(`${root}/console/supervision`);
    await leader.getByRole("heading", { name: "班长监控" }).waitFor({ timeout: 30_000 });
    expect(await leader.getByRole("link", { name: "队列规则" }).count()).toBe(0);
    await leader.goto(`${root}/console/queue-rules`);
    await leader.locator(".hl-lost, .hl-error").first().waitFor({ timeout: 30_000 });
    expect(await leader.locator(".qr-page").count()).toBe(0);

    await change("general", { maxWaitSeconds: 120, strategy: "fewest-calls", overflow: [{ afterSeconds: 30, queues: ["complaint"] }], divert: { ratio: 3 }, joinEmpty: ["offline"], announce: { welcome: { text: "hello" }, messages: [{ text: "news" }] }, targets: { connectRate: 0.9 } });
    const { items } = await example.get<{ items: readonly { name: string }[] }>("/api/queues");
    const { wrapUpCodes } = await example.get<{ wrapUpCodes: readonly { name: string }[] }>("/api/agent-states");
    const data = [...items, ...wrapUpCodes, ...organisation.agents].map(({ name }) => name);
    const page = await pageOf("admin", "en");
    await page.locator(".qr-queues button", { hasText: "综合咨询" }).click({ timeout: 30_000 });
    for (const name of ["Distribution", "Waiting", "Overflow, skills", "Announcements", "Wrap-up, figures"]) {
      await tab(page, name).click();
      await page.locator('.qr-field[data-changed="true"]').first().waitFor();
      await shot(page, `en-${name.replaceAll(/\W+/g, "-").toLowerCase()}`);
      expect.soft({ name, ...(await lookAtEnglish(page, "#hl-main", [...data, "系统管理员"])) }).toEqual({ name, chinese: [], cut: [] });
    }
    await page.emulateMedia({ colorScheme: "dark" });
    await page.reload();
    await page.locator('.qr-field[data-changed="true"]').first().waitFor({ timeout: 30_000 });
    await shot(page, "dark");
    expect(broken).toEqual([]);
  }, 120_000);
});
