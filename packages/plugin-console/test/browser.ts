import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import type { House } from "./house.js";

const BINARY = "/usr/bin/chromium";

export function hasChromium(): boolean {
  if (existsSync(BINARY)) return true;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error("Chromium is not installed: run scripts/install-peers.sh");
  process.stdout.write("skipped: Chromium is not installed (scripts/install-peers.sh installs it)\n");
  return false;
}

/** Chromium with one page, in which anna is signed in to the console. The hotline's clock is the test's, and moves. */
export async function openConsole(at: House): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const ticking = setInterval(() => void at.clock.advance(20), 20);
  const profile = mkdtempSync(join(tmpdir(), "hotline-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, { executablePath: BINARY, args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"], locale: "zh-CN", reducedMotion: "reduce", viewport: { width: 1366, height: 620 } });
  const page = await browser.newPage();
  await page.goto(`${at.url}/console`);
  await page.locator("#login-username").fill("anna");
  await page.locator("#login-password").fill("secret");
  await page.getByRole("button", { name: "登录" }).click();
  return {
    page,
    close: async () => {
      await browser.close();
      clearInterval(ticking);
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
