import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { hasDovecot, PASSWORD, startDovecot, type Dovecot } from "../../../packages/plugin-email/test/dovecot.js";
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasBaresip } from "./support/peers.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

const letter = (id: string, subject: string): string =>
  `From: wang@citizen.test\nTo: 12333@haiyan.example\nSubject: =?UTF-8?B?${Buffer.from(subject).toString("base64")}?=\nMessage-ID: <${id}@citizen.test>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n内容\n`;

interface Letters {
  readonly items: readonly { readonly id: string; readonly offered: boolean; readonly givenBy: { readonly name: string } | null }[];
}

describe.skipIf(!hasDovecot() || !hasChromium() || !hasBaresip())("the page of letters, in Chromium", () => {
  let dovecot: Dovecot;
  let example: Example;
  let root: string;
  const phones: Baresip[] = [];
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  const broken: string[] = [];

  const picture = async (name: string): Promise<void> => {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  };
  const phone = async (user: string): Promise<void> => {
    const started = await Baresip.start({ sipPort: example.sipPort, user, password: `demo-${user}`, toneHz: 1_000 });
    phones.push(started);
    await started.registered();
  };
  /** What the colleague's page would ask for. */
  const as = async <T>(user: string, method: "GET" | "POST", path: string, body?: object): Promise<T> => {
    const token = await example.login(user, `demo-${user}`);
    const response = await fetch(`${root}${path}`, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const askedOf = async (user: string): Promise<Letters["items"][number]> => {
    let found: Letters["items"][number] | undefined;
    await expect.poll(async () => (found = (await as<Letters>(user, "GET", "/api/queued-messages")).items.find(({ offered }) => offered)) !== undefined, { timeout: 20_000 }).toBe(true);
    if (found === undefined) throw new Error(`${user} is asked for nothing`);
    return found;
  };

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    dovecot = await startDovecot();
    const imap = { host: "127.0.0.1", port: dovecot.port, tls: "none", username: "hotline", password: PASSWORD };
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_EMAIL_FROM: "12333热线 <12333@haiyan.example>", HOTLINE_EMAIL_IMAP: JSON.stringify(imap), HOTLINE_DRAIN_SECONDS: "1" } });
    root = `http://127.0.0.1:${example.httpPort}`;
    await phone("1001");
    browser = await openChromium({ width: 1280, height: 720 });
    page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    await page.goto(`${root}/console/messages`);
    await page.getByText("现在没有书面来件").waitFor({ timeout: 30_000 });
  }, 240_000);
  afterEach(async () => {
    await browser?.dispose();
    await Promise.all(phones.splice(0).map((each) => each.dispose()));
    await example?.dispose();
    await dovecot?.remove();
  });

  it("a letter is taken, and given to a named colleague by keyboard alone: it stays until they take it; from a colleague it says so, in English too; to another queue it is gone at once", async () => {
    await dovecot.deliver("hotline", letter("l1", "养老金为什么少了"));
    const card = page.getByRole("listitem").filter({ hasText: "养老金为什么少了" });
    await card.getByRole("button", { name: "接受" }).click({ timeout: 60_000 });
    const give = card.getByRole("button", { name: "转交", exact: true });
    await give.waitFor({ timeout: 20_000 });
    // A letter is no call.
    expect([await card.locator(".anticon-phone").count(), await card.locator(".anticon-file-text").count()]).toEqual([0, 1]);
    await phone("1002");
    await example.eventually<{ items: { number: string; reachable: boolean }[] }>("/api/agents", ({ items }) => items.some(({ number, reachable }) => number === "1002" && reachable));

    await give.focus();
    await page.keyboard.press("Enter");
    const choice = card.getByRole("combobox", { name: "转交给" });
    await expect.poll(() => choice.evaluate((element: unknown) => element === (globalThis as { document?: { activeElement: unknown } }).document?.activeElement), { timeout: 5_000 }).toBe(true);
    await picture("letters-give");
    await page.keyboard.press("Escape");
    await choice.waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement.textContent")).toBe("转交");
    await page.keyboard.press("Enter");
    await choice.waitFor();
    await page.keyboard.type("林启明");
    await page.locator(".ant-select-item-option-active", { hasText: "林启明 1002" }).waitFor({ timeout: 10_000 });
    await page.keyboard.press("Enter");
    // The list closes a task after the choice; while it is open a Tab only chooses again and stays: nobody's hand is so fast.
    const confirm = card.getByRole("button", { name: "确认转交" });
    await expect.poll(async () => [await choice.getAttribute("aria-expanded"), await confirm.isEnabled()], { timeout: 10_000 }).toEqual(["false", true]);
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate("document.activeElement.textContent"), { timeout: 5_000 }).toBe("确认转交");
    await page.keyboard.press("Enter");
    await card.getByText("正在转交 林启明").waitFor({ timeout: 10_000 });
    expect(await give.isDisabled()).toBe(true);
    await picture("letters-giving");

    const offer = await askedOf("1002");
    expect(offer.givenBy?.name).toBe("叶立新");
    await as("1002", "POST", `/api/queued-messages/${offer.id}/accept`);
    await page.getByText("现在没有书面来件").waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator("#hl-live-polite").innerText(), { timeout: 5_000 }).toContain("林启明 已接受转交的来件");

    const { items } = await as<Letters>("1002", "GET", "/api/queued-messages");
    const id = items[0]?.id ?? "";
    await as("1002", "POST", `/api/queued-messages/${id}/transfer`, { to: { agent: "1001" } });
    await page.getByText("林启明 转来").waitFor({ timeout: 20_000 });
    await picture("letters-given");
    await page.evaluate('localStorage.setItem("hotline.language", "en")');
    await page.reload();
    await page.getByText("From 林启明").waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Accept" }).click();
    await page.getByRole("button", { name: "Hand over", exact: true }).click({ timeout: 20_000 });
    await page.getByRole("combobox", { name: "To" }).click();
    await page.locator(".ant-select-item-option", { hasText: "综合咨询" }).click();
    await picture("letters-en");
    await page.getByRole("button", { name: "Hand over now" }).click();
    await page.getByText("No letters now.").waitFor({ timeout: 20_000 });
    // Its giver serves that queue too, and is not asked.
    expect(await askedOf("1002")).toMatchObject({ id, givenBy: { name: "叶立新" } });
    expect(broken).toEqual([]);
  }, 300_000);
});
