import { CALL_CONTROL, CALL_PIPELINE, createHotline, createSilentLogger, definePlugin, isHotlineError } from "@hotlinejs/core";
import type { Hotline, Plugin } from "@hotlinejs/core";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { sip } from "../src/plugin.js";
import { FakeMedia } from "./support/fake-media.js";
import { Phone } from "./support/phone.js";
import { stubDirectory, stubMedia } from "./support/stub-plugins.js";

const running: { hotline: Hotline; dataDir: string }[] = [];
const phones: Phone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  for (const { hotline, dataDir } of running.splice(0)) {
    await hotline.stop({ drain: false });
    rmSync(dataDir, { recursive: true, force: true });
  }
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Sends every call on to one address, as a hotline out of hours does, and tells how often and what it was refused with. */
function forwards(to: string, told: (what: string) => void): Plugin {
  return definePlugin({
    name: "forwards",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register: ({ services, onReady }) =>
      onReady(() => {
        services.get(CALL_PIPELINE).handler("forward", async ({ interaction, call }) => {
          const control = services.get(CALL_CONTROL);
          try {
            told("sent on");
            const other = await control.originate({ to, interactionId: interaction.id, purpose: "transfer", role: "other", signal: call.signal });
            if (await other.answered) {
              await call.answer();
              await (await control.connect(interaction.id, call, other)).ended;
            } else await call.hangup({ status: (await other.ended).status ?? 480 });
          } catch (error) {
            told(isHotlineError(error) ? error.code : String(error));
            await call.hangup({ status: isHotlineError(error) ? (error.sip ?? 500) : 500 });
          }
        });
      }),
  })();
}

async function hotline(name: string, port: number, trunkPort: number, to: string, told: (what: string) => void): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "hotline-circle-"));
  const made = createHotline({
    name,
    dataDir,
    logger: createSilentLogger(),
    calls: { initial: { handler: "forward", target: "" } },
    plugins: [stubDirectory(), stubMedia(new FakeMedia()), sip({ port, transports: ["udp"], trunks: [{ key: "other", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: trunkPort } }] }), forwards(to, told)],
  });
  running.push({ hotline: made, dataDir });
  await made.start();
}

describe("two hotlines that send each other their calls", () => {
  it("do so as often as the caller's Max-Forwards lets them, then the caller hears that it goes round in circles (RFC 7332)", async () => {
    const [first, second] = [await freePort(), await freePort()];
    const told: string[] = [];
    await hotline("first", first, second, "tel:12345", (what) => told.push(`first: ${what}`));
    await hotline("second", second, first, "tel:12333", (what) => told.push(`second: ${what}`));
    const phone = await new Phone("13800138000").start();
    phones.push(phone);
    const outcome = await phone.call(first, { maxForwards: 4 }).outcome;
    expect(outcome).toMatchObject({ answered: false, status: 483 });
    expect(told).toEqual(["first: sent on", "second: sent on", "first: sent on", "second: sent on", "first: sent on", "first: HTL_SIP_TOO_MANY_HOPS"]);
  });

  it("tell the next exchange one less than the caller did, and 70 of calls of their own", async () => {
    const carrier = await new Phone("carrier").start();
    phones.push(carrier);
    carrier.onInvite = (invite) => invite.reject({ status: 486 });
    const port = await freePort();
    await hotline("one", port, carrier.port, "tel:12345", () => undefined);
    const phone = await new Phone("13800138000").start();
    phones.push(phone);
    await expect(phone.call(port, { maxForwards: 10 }).outcome).resolves.toMatchObject({ status: 486 });
    await expect(phone.call(port, { maxForwards: 255 }).outcome).resolves.toMatchObject({ status: 486 });
    expect(carrier.invites.map(({ request }) => request.headers.get("max-forwards"))).toEqual(["9", "70"]);
    // A caller who has come as far as may be is still taken (RFC 4475 section 3.3.11), only not sent on.
    await expect(phone.call(port, { maxForwards: 0 }).outcome).resolves.toMatchObject({ status: 483 });
    expect(carrier.invites).toHaveLength(2);
  });
});
