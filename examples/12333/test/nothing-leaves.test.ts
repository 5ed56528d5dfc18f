import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { hasPrivateNetwork, PrivateNetwork } from "./support/private-network.js";
import { pause } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { TabEar } from "./support/tab-ear.js";

/** How long what was begun may take to be seen on the wire. */
const SETTLE_MS = 500;
const AGENT_HZ = 620;
const CITIZEN_HZ = 900;

describe.skipIf(!hasSipp() || !hasChromium() || !hasPrivateNetwork())("a hotline as it comes, in a network of its own", () => {
  let network: PrivateNetwork;
  let example: Example;
  let root: string;

  beforeAll(async () => {
    network = await PrivateNetwork.create();
    example = await Example.start({ within: network.within() });
    root = `http://127.0.0.1:${example.httpPort}`;
  });
  afterAll(async () => {
    await example?.dispose();
    await network?.dispose();
  });

  it("starts and takes a call: no packet is addressed to anybody outside, no name is looked up", { timeout: 60_000 }, async () => {
    const callers = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13800138000", mediaPort: 47_000 }], talkMs: 4_000, within: (folder) => network.within(folder) });
    expect(await callers.exited, callers.errors()).toBe(0);
    callers.dispose();
    await pause(SETTLE_MS);
    expect(network.escaped).toEqual([]);
  });

  it("shows its pages in a browser: they ask for nothing of any other server", { timeout: 60_000 }, async () => {
    const browser = await openChromium({ within: network.within() });
    const asked: string[] = [];
    try {
      browser.on("request", (request) => void asked.push(request.url()));
      const page = await browser.newPage();
      page.on("websocket", (socket) => void asked.push(socket.url()));
      for (const path of ["/", "/portal", "/console"]) expect((await page.goto(`${root}${path}`))?.ok(), path).toBe(true);
      await page.locator("#login-username").fill("1001");
      await page.locator("#login-password").fill("demo-1001");
      await page.getByRole("button", { name: "登录" }).click();
      await page.getByText("没有打开的互动").waitFor({ timeout: 30_000 });
      await page.waitForLoadState("networkidle");
      await pause(SETTLE_MS);
    } finally {
      await browser.dispose();
    }
    // The log is whole: the pages, what they fetch, and what they hold open.
    expect(asked).toEqual(expect.arrayContaining([`${root}/portal`, `${root}/console`, expect.stringMatching(/\/api\/auth\/login$/), expect.stringMatching(/^ws:/)]));
    expect(asked.filter((url) => !/^(data|blob):/.test(url) && !/^(http|ws):\/\/127\.0\.0\.1:/.test(url))).toEqual([]);
    expect(network.escaped).toEqual([]);
  });

  it("is called from one browser and answered in another, both ways by tone: no STUN, no TURN, no name but those of the machine", { timeout: 180_000 }, async () => {
    const desk = await openChromium({ within: network.within(), toneHz: AGENT_HZ });
    const home = await openChromium({ within: network.within(), toneHz: CITIZEN_HZ });
    const asked: string[] = [];
    try {
      for (const each of [desk, home]) {
        each.on("request", (request) => void asked.push(request.url()));
        each.on("page", (page) => void page.on("websocket", (socket) => void asked.push(socket.url())));
      }
      const agent = await desk.newPage();
      const agentEar = await TabEar.on(agent);
      await agent.goto(`${root}/console/desk`);
      await agent.locator("#login-username").fill("1001");
      await agent.locator("#login-password").fill("demo-1001");
      await agent.getByRole("button", { name: "登录" }).click();
      await agent.getByRole("button", { name: "用浏览器接听" }).click({ timeout: 30_000 });
      await agent.locator(".acd-phone[data-link=ready]").waitFor({ timeout: 20_000 });
      await agent.locator(".acd-state", { hasText: "示闲" }).waitFor({ timeout: 15_000 });
      const citizen = await home.newPage();
      const citizenEar = await TabEar.on(citizen);
      await citizen.goto(`${root}/portal/call`);
      await citizen.getByRole("button", { name: "开始通话" }).click();
      await citizen.locator("#talk-state").getByText("通话中").waitFor({ timeout: 20_000 });
      // The menu is asked for a person by a key of the page.
      await pause(1_000);
      await citizen.getByRole("button", { name: "1", exact: true }).click();
      await agent.locator(".acd-card[data-state=ringing]").waitFor({ timeout: 40_000 });
      const answer = agent.getByRole("toolbar").getByRole("button", { name: "接听" });
      await expect.poll(() => answer.getAttribute("aria-disabled"), { timeout: 5_000 }).toBe("false");
      await answer.click();
      await agentEar.hearsTone(CITIZEN_HZ);
      await citizenEar.hearsTone(AGENT_HZ);
      await citizen.getByRole("button", { name: "挂断" }).click();
      await agent.locator(".acd-info", { hasText: "话后整理" }).waitFor({ timeout: 15_000 });
      await pause(SETTLE_MS);
    } finally {
      await home.dispose();
      await desk.dispose();
    }
    expect(asked.filter((url) => url.endsWith("/sip"))).toHaveLength(2);
    expect(asked.filter((url) => !/^(data|blob):/.test(url) && !/^(http|ws):\/\/127\.0\.0\.1:/.test(url))).toEqual([]);
    expect(network.escaped).toEqual([]);
  });

  it("(a packet and a look-up that do leave are seen)", async () => {
    const program = `require("node:dns").lookup("leak.example", () => undefined); const s = require("node:dgram").createSocket("udp6"); s.send("x", 9, "2001:db8:1::1", () => s.close())`;
    const [command = "", ...args] = [...network.within(), process.execPath, "-e", program];
    await new Promise((resolve) => spawn(command, args, { stdio: "ignore" }).once("exit", resolve));
    await pause(SETTLE_MS);
    expect(network.escaped).toEqual(expect.arrayContaining(["UDP to 203.0.113.53 port 53 asks for leak.example", "UDP to 2001:db8:1::1 port 9"]));
  });
});
