import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { TabEar } from "./support/tab-ear.js";

const CALLER_HZ = 1_300;

interface Now {
  readonly call: { readonly state: string; readonly interactionId: string; readonly consult: { readonly until: number | null } | null; readonly members: readonly { readonly until: number | null }[] } | null;
}

interface Desk {
  readonly number: string;
  readonly hz: number;
  readonly browser: Awaited<ReturnType<typeof openChromium>>;
  readonly page: Page;
  readonly ear: TabEar;
  command(name: string, body?: object): Promise<void>;
}

/** Two agents with the telephone in the browser, each a browser of its own; in real time, as SIPp and Chromium are. */
describe.skipIf(!hasChromium() || !hasSipp())("a page that is loaded anew while a colleague is asked, in Chromium", () => {
  let folder: string;
  let example: Example;
  let root: string;
  const desks: Desk[] = [];
  const broken: string[] = [];

  async function sitDown(number: string, hz: number, state: "available" | "not-ready"): Promise<Desk> {
    const browser = await openChromium({ toneHz: hz });
    const page = await browser.newPage();
    const ear = await TabEar.on(page);
    page.on("pageerror", (error) => broken.push(error.message));
    expect((await browser.request.post(`${root}/api/auth/login`, { data: { username: number, password: `demo-${number}` } })).ok()).toBe(true);
    const headers = { authorization: `Bearer ${await example.login(number, `demo-${number}`)}`, "content-type": "application/json" };
    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${root}/api/agents/${number}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      expect(response.ok, `${path}: ${response.status}`).toBe(true);
    };
    await page.goto(`${root}/console/desk`);
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    await post("state", { state });
    const desk = { number, hz, browser, page, ear, command: (name: string, body: object = {}) => post(`call/${name}`, body) };
    desks.push(desk);
    return desk;
  }
  const state = ({ number }: Desk, wanted: (now: Now["call"]) => boolean): Promise<Now> => example.eventually<Now>(`/api/agents/${number}/call`, ({ call }) => wanted(call), 25_000);
  const slot = ({ page }: Desk, name: string) => page.getByRole("toolbar").getByRole("button", { name });

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    broken.length = 0;
    folder = mkdtempSync(join(tmpdir(), "hotline-consult-reload-"));
    example = await Example.start({ environment: { HOTLINE_ACD_WRAP_UP: "1", HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1" }, readyMs: 120_000 });
    root = `http://127.0.0.1:${example.httpPort}`;
  }, 130_000);
  afterEach(async () => {
    for (const { browser } of desks.splice(0)) await browser.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("first the colleague's, then the agent's, then the colleague's in a conference: each gets its leg back by itself, and the caller is heard in the end", async () => {
    const agent = await sitDown("1001", 620, "available");
    const colleague = await sitDown("1002", 780, "not-ready");
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13812345678", mediaPort: probe.port }], talkMs: 200_000 });
    const hearsMusic = (): Promise<unknown> => probe.until(() => probe.level(300) > -45 && probe.toneLevel(agent.hz, 300) < -50 && probe.toneLevel(colleague.hz, 300) < -50, 10_000, "music");
    try {
      probe.playSilence();
      await probe.hearsSound();
      await probe.press("1");
      await agent.page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      probe.playTone(CALLER_HZ);
      await expect.poll(() => slot(agent, "接听").getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
      await agent.page.keyboard.press("F2");
      await agent.ear.hearsTone(CALLER_HZ);
      await agent.command("consult", { to: "1002" });
      await expect.poll(() => slot(colleague, "接听").getAttribute("aria-disabled"), { timeout: 20_000 }).toBe("false");
      await colleague.page.keyboard.press("F2");
      await agent.ear.hearsTone(colleague.hz);
      await colleague.ear.hearsTone(agent.hz);
      await hearsMusic();

      let reloaded = colleague.page.reload();
      await state(agent, (call) => call?.state === "consulting" && typeof call.consult?.until === "number");
      await state(colleague, (call) => call?.state === "reconnecting");
      await agent.page.locator(".acd-side", { hasText: "断开，还等" }).waitFor({ timeout: 10_000 });
      expect(await slot(agent, "完成转接").getAttribute("aria-disabled")).toBe("true");
      await hearsMusic();
      await reloaded;
      await state(agent, (call) => call?.state === "consulting" && call.consult?.until === null);
      await agent.ear.hearsTone(colleague.hz);
      await colleague.ear.hearsTone(agent.hz);
      await hearsMusic();

      reloaded = agent.page.reload();
      await state(agent, (call) => call?.state === "reconnecting");
      await hearsMusic();
      await reloaded;
      await state(agent, (call) => call?.state === "consulting");
      await agent.ear.hearsTone(colleague.hz);
      await colleague.ear.hearsTone(agent.hz);
      await hearsMusic();

      await agent.command("conference");
      await probe.until(() => probe.toneLevel(agent.hz, 1_500) > -45 && probe.toneLevel(colleague.hz, 1_500) > -45, 15_000, "agent and colleague");
      reloaded = colleague.page.reload();
      const { call } = await state(agent, (now) => typeof now?.members[1]?.until === "number");
      expect(call?.state).toBe("conference");
      await agent.ear.hearsTone(CALLER_HZ);
      await probe.until(() => probe.toneLevel(agent.hz, 1_500) > -45, 10_000, "the agent");
      await reloaded;
      await state(colleague, (now) => now?.state === "conference");
      await probe.until(() => probe.toneLevel(agent.hz, 1_500) > -45 && probe.toneLevel(colleague.hz, 1_500) > -45, 15_000, "agent and colleague");
      await agent.command("complete");
      await colleague.ear.hearsTone(CALLER_HZ);
      await probe.until(() => probe.toneLevel(colleague.hz, 1_500) > -45 && probe.toneLevel(agent.hz, 1_500) < -50, 15_000, "the colleague alone");

      const { events } = await example.get<{ events: { type: string }[] }>(`/api/interactions/${call?.interactionId ?? ""}`);
      const types = events.map(({ type }) => type);
      expect(types.filter((type) => type === "leg.lost" || type === "leg.reattached")).toEqual(["leg.lost", "leg.reattached", "leg.lost", "leg.reattached", "leg.lost", "leg.reattached"]);
      expect(types.filter((type) => type === "queue.entered")).toHaveLength(1);
      expect(broken).toEqual([]);
    } finally {
      probe.close();
      caller.dispose();
    }
  }, 240_000);
});
