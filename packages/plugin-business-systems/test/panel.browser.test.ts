import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { definePlugin, READ_POOL } from "@hotlinejs/core";
import { staffConsole } from "@hotlinejs/plugin-console";
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { business } from "../src/index.js";
import { options, PERSON, respond } from "./stage.js";

const BINARY = "/usr/bin/chromium";
/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;

function hasChromium(): boolean {
  if (existsSync(BINARY)) return true;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error("Chromium is not installed: run scripts/install-peers.sh");
  process.stdout.write("skipped: Chromium is not installed (scripts/install-peers.sh installs it)\n");
  return false;
}

/** A page that has the place the agent's desk has. */
const SCRIPT = `
import { jsx } from "react/jsx-runtime";
import { Slot } from "@hotlinejs/plugin-console/sdk";
const props = { interactionId: "019c0000-0000-7000-8000-000000000001", callerNumber: "138****5678", channel: "voice", live: true };
export const ui = () => ({ pages: { "/side": () => jsx("aside", { style: { width: 320, padding: 12, background: "var(--hl-card)" }, children: jsx(Slot, { name: "agent.context", props }) }) } });
`;

describe.skipIf(!hasChromium())("the panel at the agent's desk, in Chromium", () => {
  let folder: string;
  let test: TestHotline;
  let browser: BrowserContext;
  let page: Page;
  let ticking: ReturnType<typeof setInterval>;
  const asked: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-panel-"));
    const ui = join(folder, "dist/ui");
    mkdirSync(ui, { recursive: true });
    writeFileSync(join(ui, "index.js"), SCRIPT);
    const side = definePlugin({
      name: "side",
      version: "0.1.0",
      core: "*",
      config: z.strictObject({}),
      consoleUi: { folder: pathToFileURL(`${ui}/`), pages: [{ path: "/side", title: "座席", permission: "business.lookup", menu: { icon: "list", order: 1 } }] },
      register: () => undefined,
    });
    test = await createTestHotline({
      plugins: [
        directory({ users: [{ username: "1001", password: "a-long-password", displayName: "叶立新", roles: ["agent"], agentNumber: "1001" }] }),
        http({ port: 0 }),
        staffConsole({ title: "演示" }),
        side(),
        business(options({ transport: async (request) => (asked.push(request.body ?? ""), respond(request)) })),
      ],
    });
    // The hotline's clock is the test's; it must move for the server to be alive.
    ticking = setInterval(() => void test.clock.advance(20), 20);
    browser = await chromium.launchPersistentContext(join(folder, "profile"), { executablePath: BINARY, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"], locale: "zh-CN", reducedMotion: "reduce", viewport: { width: 720, height: 560 } });
    page = await browser.newPage();
    await page.goto(`${test.services.get(HTTP_SERVER).url ?? ""}/console/side`);
    await page.locator("#login-username").fill("1001");
    await page.locator("#login-password").fill("a-long-password");
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByLabel("身份证号码").waitFor({ timeout: 60_000 });
  }, 180_000);
  afterAll(async () => {
    clearInterval(ticking);
    await browser?.close();
    await test?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const picture = async (name: string): Promise<void> => {
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  };
  const look = async (idNumber: string): Promise<void> => {
    await page.getByLabel("身份证号码").fill(idNumber);
    await page.getByRole("button", { name: "查询", exact: true }).click();
  };

  it("tells what cannot be a number before anybody is asked, and what is not found", async () => {
    await picture("panel-empty");
    await look("990101 1985");
    await page.getByText("身份证号码应为 18 位，现在是 10 位").waitFor();
    expect(asked).toEqual([]);
    await look("990101199001010011");
    await page.getByText("没有查到").waitFor({ timeout: 20_000 });
    // The button is itself again, not still turning.
    await page.getByRole("button", { name: "查询", exact: true }).waitFor();
    await picture("panel-not-found");
    // What was typed is still there to be mended.
    expect(await page.getByLabel("身份证号码").inputValue()).toBe("990101199001010011");
  }, 60_000);

  it("shows the record with the number masked, keeps nothing of it, and is audited with the call", async () => {
    await look(`${PERSON.slice(0, 6)} ${PERSON.slice(6)}`);
    const record = page.locator(".bus-record");
    await record.waitFor({ timeout: 20_000 });
    expect(await record.innerText()).toMatch(/990\*+43[\s\S]*2026年2月28日[\s\S]*312[\s\S]*¥86,420\.50[\s\S]*正常参保/);
    await picture("panel-record");
    expect(await page.content()).not.toContain(PERSON);
    expect(await page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")).not.toContain(PERSON);
    const audits = await test.services.get(READ_POOL).read((em) => em.execute<{ details: string }[]>("select details from core_audit where action = 'business.lookup' and outcome = 'done'"));
    expect(audits[0]?.details).toContain("019c0000-0000-7000-8000-000000000001");
    expect(audits[0]?.details).not.toContain(PERSON);
    await page.getByRole("button", { name: "查询另一人" }).click();
    expect(await page.getByLabel("身份证号码").inputValue()).toBe("");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toMatch(/idNumber$/);
  }, 60_000);
});
