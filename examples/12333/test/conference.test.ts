import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { citizenCall, type CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";

/** Where screenshots go when somebody wants to look at them. */
const PICTURES = process.env.HOTLINE_SCREENSHOTS;
/** What each says: no one's is a harmonic of another's. */
const HZ = { citizen: 700, "1001": 1_000, "1002": 1_600, "1003": 2_300 } as const;
type Who = keyof typeof HZ;

/** Real time: three baresips, a SIPp citizen, and the desk of the first agent in Chromium. Who hears whom is told by the tone each says. */
describe.skipIf(!hasChromium() || !hasSipp() || !hasBaresip())("a conference of four with real telephones", () => {
  let folder: string;
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  let page: Page;
  let citizen: CitizenCall | undefined;
  const phones = new Map<Who, Baresip>();
  const broken: string[] = [];

  const level = (ear: Who, mouth: Who): number => (ear === "citizen" ? (citizen?.probe.toneLevel(HZ[mouth], 600) ?? -120) : (phones.get(ear)?.hearing(HZ[mouth]) ?? -120));
  /** Whom each of these hears, by tone; in words, so that a failure says who does not. */
  const heard = (...ears: readonly Who[]): string[] => ears.map((ear) => `${ear}: ${(Object.keys(HZ) as Who[]).filter((mouth) => mouth !== ear && level(ear, mouth) > -35).sort().join(" ")}`);
  const hear = (expected: Partial<Record<Who, readonly Who[]>>): Promise<void> => {
    const ears = Object.keys(expected) as Who[];
    return expect.poll(() => heard(...ears), { timeout: 20_000, interval: 300 }).toEqual(ears.map((ear) => `${ear}: ${[...(expected[ear] ?? [])].sort().join(" ")}`));
  };
  const slot = (name: string) => page.getByRole("toolbar").getByRole("button", { name });
  const said = (words: string | RegExp): Promise<void> => page.getByText(words).first().waitFor({ state: "attached", timeout: 15_000 });
  const pills = () => page.getByRole("group", { name: /通话，共/ });
  async function picture(name: string, sizes: readonly (readonly [number, number])[] = [[1366, 620], [1920, 930]]): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`) });
    }
    await page.setViewportSize({ width: 1366, height: 620 });
  }
  /** From the keyboard alone: F2 goes to the bar, C asks. */
  async function ask(number: string): Promise<void> {
    await page.keyboard.press("F2");
    await page.keyboard.press("c");
    await page.locator(".acd-picker input").fill(number);
    await page.keyboard.press("Enter");
    await expect.poll(() => slot("合并").getAttribute("aria-disabled"), { timeout: 20_000 }).toBe("false");
  }
  async function join_(words: string): Promise<void> {
    await page.keyboard.press("F2");
    await page.keyboard.press("j");
    await said(words);
  }

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    folder = mkdtempSync(join(tmpdir(), "hotline-conference-"));
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "60", HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1" }, readyMs: 120_000 });
    for (const user of ["1001", "1002", "1003"] as const) {
      const phone = await Baresip.start({ sipPort: example.sipPort, user, password: `demo-${user}`, toneHz: HZ[user], autoAnswer: true });
      phones.set(user, phone);
      await phone.registered();
      if (user === "1001") continue;
      const headers = { authorization: `Bearer ${await example.login(user, `demo-${user}`)}`, "content-type": "application/json" };
      expect((await fetch(`${example.url}/api/agents/${user}/state`, { method: "POST", headers, body: JSON.stringify({ state: "not-ready", reason: "tickets" }) })).ok).toBe(true);
    }
    browser = await openChromium();
    page = await browser.newPage();
    page.on("pageerror", (error) => broken.push(error.message));
    expect((await browser.request.post(`${example.url}/api/auth/login`, { data: { username: "1001", password: "demo-1001" } })).ok()).toBe(true);
    await page.goto(`${example.url}/console/desk`);
    await page.locator(".acd-bar .acd-slots").waitFor({ timeout: 30_000 });
  }, 180_000);
  afterEach(async () => {
    await citizen?.end();
    await browser?.dispose();
    await Promise.all([...phones.values()].map((phone) => phone.dispose()));
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("each hears the three others; one is muted, one is removed, then all is over: from the bar, with the keyboard", async () => {
    citizen = await citizenCall(example.sipPort, 240_000);
    citizen.probe.playTone(HZ.citizen);
    await expect.poll(() => slot("咨询").getAttribute("aria-disabled"), { timeout: 40_000 }).toBe("false");
    await hear({ citizen: ["1001"], "1001": ["citizen"] });

    await ask("1002");
    await hear({ "1001": ["1002"], "1002": ["1001"] });
    await picture("conference-asked");
    await join_("三方通话，共 3 人");
    await hear({ citizen: ["1001", "1002"], "1001": ["1002", "citizen"], "1002": ["1001", "citizen"] });
    await picture("conference-three");

    // Citizen and colleague go on with each other while another one is asked.
    await ask("1003");
    await hear({ citizen: ["1002"], "1002": ["citizen"], "1001": ["1003"], "1003": ["1001"] });
    await picture("conference-apart");
    await join_("多方通话，共 4 人");
    await hear({ citizen: ["1001", "1002", "1003"], "1001": ["1002", "1003", "citizen"], "1002": ["1001", "1003", "citizen"], "1003": ["1001", "1002", "citizen"] });
    await picture("conference-four");

    // At 1366 px not all have room: the others are behind the last button, and Esc gives the focus back to it.
    const more = page.getByRole("button", { name: /另外 \d 人/ });
    const list = page.locator(".acd-members-all");
    await more.focus();
    await page.keyboard.press("Enter");
    await list.waitFor();
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "hidden" });
    await expect.poll(() => page.evaluate("document.activeElement.className")).toBe("acd-members-more");
    await page.keyboard.press("Enter");
    await list.waitFor();
    await picture("conference-members", [[1366, 620]]);
    await list.getByRole("button", { name: /^静音/ }).nth(1).press("Enter");
    await said(/ 已静音/);
    await hear({ citizen: ["1001", "1003"], "1001": ["1003", "citizen"], "1003": ["1001", "citizen"], "1002": ["1001", "1003", "citizen"] });
    expect(await list.getByRole("button", { name: /^静音/ }).nth(1).getAttribute("aria-pressed")).toBe("true");
    await picture("conference-muted", [[1366, 620]]);
    await list.getByRole("button", { name: /^移除/ }).first().press("Enter");
    await phones.get("1002")?.event("CALL_CLOSED");
    await said(/已离开，共 3 人/);
    await hear({ citizen: ["1001", "1003"], "1001": ["1003", "citizen"], "1003": ["1001", "citizen"] });
    // All have room now: the list is gone, and who stands in the place of the one removed has the focus.
    await expect.poll(() => pills().getByRole("button", { name: /^移除/ }).count()).toBe(1);
    await expect.poll(() => page.evaluate("document.activeElement.getAttribute('aria-label')")).toMatch(/^移除/);
    await picture("conference-again");

    await slot("全部结束").click();
    await page.getByRole("alertdialog").waitFor();
    await picture("conference-end");
    // The first key changes nothing, also while the panel comes in: the focus is where it was, or on the button that keeps all.
    expect(await page.evaluate("document.activeElement.matches('.acd-end-keep, [data-slot=end]')")).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("alertdialog").waitFor({ state: "hidden" });
    await hear({ citizen: ["1001", "1003"] });
    await slot("全部结束").click();
    await page.getByRole("alertdialog").getByRole("button", { name: "全部结束" }).click();
    await Promise.all((["1001", "1003"] as const).map((user) => phones.get(user)?.event("CALL_CLOSED")));
    await page.getByText("话后整理").first().waitFor({ timeout: 15_000 });
    await picture("conference-over");

    // 之后小休: chosen in the wrap-up, shown, and taken back without ending it.
    const breakAfter = page.getByRole("button", { name: "之后小休", exact: true });
    await breakAfter.click();
    await page.getByRole("menuitem", { name: /用餐/ }).click();
    await said(/整理结束后.*用餐/);
    const ahead = page.getByRole("button", { name: "之后小休", exact: true, pressed: true });
    await ahead.waitFor();
    await page.locator(".acd-state", { hasText: "之后 用餐" }).waitFor();
    await picture("break-after");
    await ahead.click();
    await said("已撤销之后小休");
    await ahead.waitFor({ state: "hidden" });
    await page.getByText("话后整理").first().waitFor();
    await breakAfter.click();
    await page.getByRole("menuitem", { name: /用餐/ }).click();
    await ahead.waitFor();
    await page.getByRole("button", { name: /^完成/ }).click();
    await example.eventually<{ items: readonly { number: string; state: string; reason: string | null }[] }>("/api/agents?limit=1000", ({ items }) => items.some((each) => each.number === "1001" && each.state === "not-ready" && each.reason === "meal"));
    expect(broken).toEqual([]);

    const live = await example.get<{ items: readonly { id: string; callerNumber: string }[] }>("/api/interactions");
    const { events } = await example.get<{ events: readonly { type: string }[] }>(`/api/interactions/${live.items.find(({ callerNumber }) => callerNumber === "13812345678")?.id ?? ""}`);
    expect(events.map(({ type }) => type).filter((type) => type.startsWith("conference."))).toEqual(["conference.joined", "conference.joined", "conference.muted", "conference.removed", "conference.ended"]);
  }, 240_000);
});
