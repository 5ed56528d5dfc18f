import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { FaxPeer, hasFaxPeer, writeTiff } from "../../../packages/plugin-fax/test/support/fax-peer.js";
import { textPage } from "../../../packages/plugin-fax/test/support/sample-pages.js";
import organisation from "../data/organisation.json" with { type: "json" };
import { Baresip } from "./support/baresip.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { lookAtEnglish } from "./support/english.js";
import { Example } from "./support/example.js";
import { hasBaresip } from "./support/peers.js";

type Browser = Awaited<ReturnType<typeof openChromium>>;

/** `HOTLINE_SHOTS=folder` keeps pictures of the pages. */
const shot = (page: Page, name: string): Promise<unknown> => (process.env.HOTLINE_SHOTS === undefined ? Promise.resolve() : page.screenshot({ path: `${process.env.HOTLINE_SHOTS}/${name}.png` }));

describe.skipIf(!hasChromium() || !hasBaresip() || !hasFaxPeer())("the console's pages of chats and faxes, in English", () => {
  const folder = mkdtempSync(join(tmpdir(), "hotline-english-"));
  let example: Example;
  let base: string;
  let phones: Baresip[] = [];
  let browsers: Browser[] = [];
  let desk: Page;
  let fax: FaxPeer | undefined;
  /** Words that are no part of the page: of citizens, and what the hotline calls its people, queues and kinds. */
  const data: string[] = ["王秀兰", "王**", "养老金怎么领", "传真", ...organisation.agents.map(({ name }) => name)];

  /** No Chinese but in data, nothing cut off. */
  const isEnglish = async (name: string, scope = "body"): Promise<void> => {
    await shot(desk, `en-${name}`);
    expect.soft({ name, ...(await lookAtEnglish(desk, scope, data)) }).toEqual({ name, chinese: [], cut: [] });
  };
  const phone = async (number: string): Promise<void> => {
    const started = await Baresip.start({ sipPort: example.sipPort, user: number, password: `demo-${number}`, toneHz: 1_000 });
    phones = [...phones, started];
    await started.registered();
  };

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    example = await Example.start({ readyMs: 120_000, environment: { HOTLINE_ACD_WRAP_UP: "1" } });
    base = `http://127.0.0.1:${example.httpPort}`;
    await phone("1001");
    await phone("1002");
    const browser = await openChromium({ width: 1280, height: 720 });
    browsers = [...browsers, browser];
    desk = await browser.newPage();
    await desk.addInitScript('localStorage.setItem("hotline.language", "en")');
    const { items } = await example.get<{ items: readonly { name: string }[] }>("/api/queues");
    const { kinds } = await example.get<{ kinds: readonly { name: string }[] }>("/api/tickets/catalogue");
    data.push(...items.map(({ name }) => name), ...kinds.map(({ name }) => name));
    // Nobody else is asked.
    const token = await example.login("1002", "demo-1002");
    expect((await fetch(`${base}/api/agents/1002/state`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ state: "not-ready", reason: "rest" }) })).status).toBe(200);
    expect((await browser.request.post(`${base}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
  }, 180_000);
  afterEach(async () => {
    await fax?.stop();
    await Promise.all(browsers.map((each) => each.dispose()));
    await Promise.all(phones.map((each) => each.dispose()));
    await example?.dispose();
    fax = undefined;
    browsers = [];
    phones = [];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("chats: offered, in talk, to be handed over, filed, over", async () => {
    await desk.goto(`${base}/console/chats`);
    await desk.getByText("No chats now").waitFor({ timeout: 30_000 });
    await isEnglish("chats-none");
    const home = await openChromium({ width: 480, height: 900 });
    browsers = [...browsers, home];
    const citizen = await home.newPage();
    await citizen.goto(`${base}/portal/chat`);
    await citizen.getByLabel(/您的称呼/).fill("王秀兰");
    await citizen.getByLabel(/想咨询什么/).fill("养老金怎么领");
    await citizen.getByRole("button", { name: "开始咨询" }).click();
    await desk.getByRole("button", { name: "Accept" }).waitFor({ timeout: 60_000 });
    await isEnglish("chats-offered");
    await desk.getByRole("button", { name: "Accept" }).click();
    await desk.getByLabel("Reply").waitFor({ timeout: 20_000 });
    data.push("坐席 1001 为您服务。");
    await isEnglish("chats-talk");
    await desk.getByRole("button", { name: "Transfer", exact: true }).last().click();
    await desk.getByRole("combobox", { name: "To" }).click();
    await desk.locator(".ant-select-item-option").first().waitFor({ timeout: 10_000 });
    await isEnglish("chats-transfer");
    await desk.keyboard.press("Escape");
    await desk.getByRole("button", { name: "File ticket" }).click();
    await desk.getByText("Ticket filed").waitFor({ timeout: 20_000 });
    await isEnglish("chats-filed");
    await desk.getByRole("button", { name: "End chat" }).click();
    await desk.getByText("The chat has ended; its ticket is filed.").waitFor({ timeout: 20_000 });
    data.push("会话已结束，感谢您的咨询。");
    await isEnglish("chats-ended");
  }, 180_000);

  it("letters: a fax that came in, offered, taken, to be handed over", async () => {
    await desk.goto(`${base}/console/messages`);
    await desk.getByText("No letters now.").waitFor({ timeout: 30_000 });
    await isEnglish("letters-none");
    const file = join(folder, "out.tif");
    writeTiff(file, [textPage(1, 400)]);
    fax = new FaxPeer("call", "send", file, { sip: example.sipPort, to: "12333", from: "057188886666", ident: "0571 8888 6666", keys: "2,4,2", after: 8_000, each: 1_500 });
    await desk.getByRole("button", { name: "Accept" }).waitFor({ timeout: 120_000 });
    const { items } = await example.get<{ items: readonly { summary: string }[] }>("/api/tickets?source=fax");
    data.push(...items.map(({ summary }) => summary));
    await isEnglish("letters-offered");
    await desk.getByRole("button", { name: "Accept" }).click();
    await desk.getByRole("button", { name: "Hand over", exact: true }).click({ timeout: 20_000 });
    await desk.getByRole("combobox", { name: "To" }).click();
    await desk.locator(".ant-select-item-option", { hasText: "1002" }).getByText("Break").waitFor({ timeout: 10_000 });
    await isEnglish("letters-hand-over");
  }, 240_000);
});
