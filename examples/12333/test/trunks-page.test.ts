import { createSocket } from "node:dgram";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

/** A carrier that registers whoever asks, and counts what it was asked. */
async function registrar(): Promise<{ readonly port: number; readonly expires: string[]; close(): void }> {
  const socket = createSocket("udp4");
  const expires: string[] = [];
  socket.on("message", (data, { port }) => {
    const lines = data.toString().split("\r\n");
    if (!/^(REGISTER|OPTIONS) /.test(lines[0] ?? "")) return;
    if (/^REGISTER /.test(lines[0] ?? "")) expires.push(lines.find((line) => /^expires:/i.test(line))?.slice(8).trim() ?? "");
    const kept = lines.filter((line) => /^(via|from|call-id|cseq|contact|expires):/i.test(line));
    const to = `${lines.find((line) => /^to:/i.test(line)) ?? ""};tag=carrier`;
    socket.send(["SIP/2.0 200 OK", ...kept, to, "Content-Length: 0", "", ""].join("\r\n"), port, "127.0.0.1");
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { port: socket.address().port, expires, close: () => socket.close() };
}

describe.skipIf(!hasChromium())("the page of trunks", () => {
  let example: Example;
  let carrier: Awaited<ReturnType<typeof registrar>>;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let root: string;
  const broken: string[] = [];

  async function signedIn(username: string): Promise<Page> {
    await browser.clearCookies();
    const answer = await browser.request.post(`${root}/api/auth/login`, { data: { username, password: `demo-${username}` } });
    expect(answer.ok(), await answer.text()).toBe(true);
    const page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    await page.goto(`${root}/console/trunks`);
    return page;
  }

  async function shots(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ path: join(PICTURES, `${name}-${scheme}.png`) });
    }
    await page.emulateMedia({ colorScheme: "light" });
  }

  beforeAll(async () => {
    carrier = await registrar();
    const trunks = [
      { key: "demo", match: ["127.0.0.1"], maxChannels: 1, maxCallsPerSecond: 20 },
      { key: "first", registration: { server: "127.0.0.1", port: carrier.port, username: "u12333", password: "secret" }, outbound: { priority: 1, maxCallsPerSecond: 10 }, keepAliveSeconds: 5, maxChannels: 60 },
      // Nobody listens there.
      { key: "second", registration: { server: "127.0.0.1", port: 9, username: "u2", password: "secret" }, outbound: { priority: 2 }, maxChannels: 30 },
    ];
    example = await Example.start({ environment: { HOTLINE_SIP_TRUNKS: JSON.stringify(trunks) } });
    root = `http://127.0.0.1:${example.httpPort}`;
    browser = await openChromium({ width: 1366, height: 620 });
  }, 120_000);
  afterAll(async () => {
    await browser?.dispose();
    await example?.dispose();
    carrier?.close();
  });

  it("shows what each carrier does; who may disables one by its name, and enables it again", async () => {
    const page = await signedIn("admin");
    const row = (key: string) => page.locator("tr", { hasText: new RegExp(`^${key}`) });
    await row("first").waitFor({ timeout: 30_000 });
    // An earlier try may have left it disabled.
    if (await row("first").getByRole("button", { name: "启用" }).isVisible()) await row("first").getByRole("button", { name: "启用" }).click();
    await row("first").getByText("已注册").waitFor({ timeout: 30_000 });
    await row("first").getByText("运营商有应答").waitFor({ timeout: 15_000 });
    await row("second").getByText("注册失败").waitFor({ timeout: 60_000 });
    expect(await row("second").innerText()).toMatch(/注册 · (没有应答|运营商不可用)/);
    expect(await row("first").innerText()).toMatch(/0 \/ 60 路[\s\S]*限 10 个\/秒[\s\S]*启动以来没有/);
    expect(await row("demo").innerText()).toMatch(/已配置[\s\S]*0 \/ 1 路[\s\S]*限 20 个\/秒[\s\S]*不呼出/);
    await shots(page, "trunks");

    await row("first").getByRole("button", { name: "停用" }).click();
    const box = page.getByRole("dialog");
    await box.getByText("停用中继 first").waitFor();
    const go = box.getByRole("button", { name: "停用" });
    expect(await go.isDisabled()).toBe(true);
    await box.getByLabel("原因（记入审计）").fill("运营商割接");
    await box.getByLabel("输入中继名称 first 以确认").fill("second");
    expect(await go.isDisabled()).toBe(true);
    await box.getByLabel("输入中继名称 first 以确认").fill("first");
    await shots(page, "trunks-disable");
    await go.click();
    await row("first").getByText("已停用").waitFor({ timeout: 15_000 });
    expect(await row("first").innerText()).toContain("运营商割接");
    await expect.poll(() => carrier.expires.at(-1), { timeout: 10_000 }).toBe("0");
    await box.waitFor({ state: "detached", timeout: 10_000 });
    await shots(page, "trunks-disabled");
    // What it was disabled for survives a reload; others read it too.
    await page.reload();
    await row("first").getByText("运营商割接").waitFor({ timeout: 15_000 });

    await row("first").getByRole("button", { name: "启用" }).click();
    await row("first").getByText("已注册").waitFor({ timeout: 15_000 });
    expect(carrier.expires.at(-1)).toBe("300");
    await page.close();
    expect(broken).toEqual([]);
  }, 180_000);

  it("is told in English too; a supervisor sees it without the switch, an agent not at all", async () => {
    const page = await signedIn("1001");
    expect(await page.getByText("中继").count()).toBe(0);
    await page.close();
    const lead = await signedIn("1901");
    await lead.locator("tr", { hasText: /^demo/ }).waitFor({ timeout: 30_000 });
    expect(await lead.getByRole("button", { name: "停用" }).count()).toBe(0);
    await lead.evaluate('localStorage.setItem("hotline.language", "en")');
    await lead.reload();
    await lead.getByRole("heading", { name: "Trunks" }).waitFor({ timeout: 15_000 });
    await lead.locator("tr", { hasText: /^first/ }).getByText("registered", { exact: true }).waitFor({ timeout: 15_000 });
    await shots(lead, "trunks-en");
    expect(broken).toEqual([]);
  }, 120_000);
});
