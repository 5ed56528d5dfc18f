import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { hasPrivateNetwork, PrivateNetwork } from "./support/private-network.js";
import { pause } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

/** How long what was begun may take to be seen on the wire. */
const SETTLE_MS = 500;

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

  it("(a packet and a look-up that do leave are seen)", async () => {
    const program = `require("node:dns").lookup("leak.example", () => undefined); const s = require("node:dgram").createSocket("udp6"); s.send("x", 9, "2001:db8:1::1", () => s.close())`;
    const [command = "", ...args] = [...network.within(), process.execPath, "-e", program];
    await new Promise((resolve) => spawn(command, args, { stdio: "ignore" }).once("exit", resolve));
    await pause(SETTLE_MS);
    expect(network.escaped).toEqual(expect.arrayContaining(["UDP to 203.0.113.53 port 53 asks for leak.example", "UDP to 2001:db8:1::1 port 9"]));
  });
});
