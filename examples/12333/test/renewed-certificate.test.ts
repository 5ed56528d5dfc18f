import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { shortFlow } from "./support/busy-hour.js";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasSipp } from "./support/peers.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { TabEar } from "./support/tab-ear.js";

const CALLER_HZ = 1_300;
const CERTIFICATES = fileURLToPath(new URL("../../../packages/plugin-sip/test/fixtures/tls/", import.meta.url));

interface Desk {
  readonly hz: number;
  readonly page: Page;
  readonly ear: TabEar;
  command(name: string, body?: object): Promise<void>;
}

/** Real time: the example looks at its files every 30 s. */
describe.skipIf(!hasChromium() || !hasSipp())("a certificate that is renewed while an agent talks by the browser, over https: and wss:", () => {
  let folder: string;
  let example: Example;
  let sipsPort: number;
  const browsers: Awaited<ReturnType<typeof openChromium>>[] = [];
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;

  const file = (name: string): string => join(folder, name);
  function place(name: string): void {
    copyFileSync(`${CERTIFICATES}${name}.pem`, file("cert.pem"));
    copyFileSync(`${CERTIFICATES}${name}.key`, file("key.pem"));
  }

  /** The name on the certificate that a new connection is shown. */
  async function shown(port: number): Promise<string> {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  async function sitDown(number: string, hz: number, state: "available" | "not-ready"): Promise<Desk> {
    const browser = await openChromium({ toneHz: hz, anyCertificate: true });
    browsers.push(browser);
    const page = await browser.newPage();
    const ear = await TabEar.on(page);
    expect((await browser.request.post(`${example.url}/api/auth/login`, { data: { username: number, password: `demo-${number}` } })).ok()).toBe(true);
    const headers = { authorization: `Bearer ${await example.login(number, `demo-${number}`)}`, "content-type": "application/json" };
    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${example.url}/api/agents/${number}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      expect(response.ok, `${path}: ${response.status}`).toBe(true);
    };
    await page.goto(`${example.url}/console/desk`);
    await page.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
    await page.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
    await post("state", { state });
    return { hz, page, ear, command: (name: string, body: object = {}) => post(`call/${name}`, body) };
  }
  const slot = ({ page }: Desk, name: string) => page.getByRole("toolbar").getByRole("button", { name });
  async function pickUp(desk: Desk): Promise<void> {
    await desk.page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
    await expect.poll(() => slot(desk, "接听").getAttribute("aria-disabled"), { timeout: 10_000 }).toBe("false");
    await desk.page.keyboard.press("F2");
  }

  // A hotline for each try: what an earlier one left must not stand in the way of the next.
  beforeEach(async () => {
    // The test's own requests believe the authority of the fixtures.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    folder = mkdtempSync(join(tmpdir(), "hotline-renewed-"));
    place("hotline");
    sipsPort = await freePort();
    example = await Example.start({ environment: { HOTLINE_TLS_CERT: file("cert.pem"), HOTLINE_TLS_KEY: file("key.pem"), HOTLINE_SIP_TLS_PORT: String(sipsPort), HOTLINE_ACD_WRAP_UP: "1", HOTLINE_FLOW_FILE: shortFlow(folder), HOTLINE_DRAIN_SECONDS: "1" }, readyMs: 120_000 });
  }, 130_000);
  afterEach(async () => {
    for (const browser of browsers.splice(0)) await browser.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });

  it("the talk goes on over the old connection, is held, taken back and passed on to a colleague who comes by the new one", async () => {
    const agent = await sitDown("1001", 620, "available");
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13812345678", mediaPort: probe.port }], talkMs: 200_000 });
    try {
      probe.playSilence();
      await probe.hearsSound();
      await probe.press("1");
      await agent.page.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      probe.playTone(CALLER_HZ);
      await pickUp(agent);
      await agent.ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(agent.hz);
      expect([await shown(example.httpPort), await shown(sipsPort)]).toEqual(["hotline", "hotline"]);

      place("renewed");
      await expect.poll(async () => [await shown(example.httpPort), await shown(sipsPort)], { timeout: 60_000, interval: 500 }).toEqual(["renewed", "renewed"]);
      expect(await agent.ear.sipSockets()).toBe(1);
      await agent.ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(agent.hz);
      await slot(agent, "保持").click();
      await agent.page.locator(".acd-info", { hasText: "来电人听音乐" }).waitFor({ timeout: 10_000 });
      await probe.until(() => probe.toneLevel(agent.hz, 500) < -50, 10_000, "silence of the agent");
      await agent.page.keyboard.press("F9");
      await agent.ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(agent.hz);

      const colleague = await sitDown("1002", 780, "available");
      await agent.command("transfer", { to: "1002" });
      await pickUp(colleague);
      await colleague.ear.hearsTone(CALLER_HZ);
      await probe.hearsTone(colleague.hz);
      // Not even a reload of the page has happened: what it knew before the renewal is what it ends by.
      expect([await agent.ear.sipSockets(), await agent.page.locator(".acd-phone[data-link=ready]").count()]).toEqual([1, 1]);
      await slot(colleague, "挂断").click();
      await colleague.page.locator(".acd-card[data-state=talking]").waitFor({ state: "detached", timeout: 15_000 });
      await expect(caller.exited).resolves.toBeDefined();
    } finally {
      probe.close();
      caller.dispose();
    }
  }, 240_000);
});
