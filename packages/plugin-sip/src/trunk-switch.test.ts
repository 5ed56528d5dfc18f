import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import type { SipTrunkState } from "./contract.js";

const OFF = { actor: "u-1", reason: "carrier works on it", since: 1 };
let hotline: HotlineSide;
const phones: Phone[] = [];

async function far(user = "13800138000"): Promise<Phone> {
  const made = await new Phone(user).start();
  made.onInvite = (invite) => void invite.accept({ body: offerOf(50_000) });
  phones.push(made);
  return made;
}

function trunk(key: string) {
  const found = hotline.trunks.byKey(key);
  if (found === undefined) throw new Error(`no trunk ${key}`);
  return found;
}

const state = (key: string): SipTrunkState => trunk(key).describe(hotline.clock);

function disable(key: string): void {
  trunk(key).disable(OFF);
  hotline.adapter.trunkSwitched(trunk(key));
}

function enable(key: string): void {
  trunk(key).enable();
  hotline.adapter.trunkSwitched(trunk(key));
}

afterEach(async () => {
  await hotline.stop();
  await Promise.all(phones.splice(0).map((each) => each.stop()));
  expect(hotline.media.open).toBe(0);
});

describe("a trunk that a person has disabled", () => {
  it("takes no new calls in, says so to OPTIONS, and lets those go on that it has", async () => {
    hotline = await new HotlineSide({ trunks: [{ key: "in", match: ["127.0.0.1"] }] }).start();
    hotline.onCall = (call) => void call.answer();
    const caller = await far();
    const { session } = await caller.reach(hotline.port);
    disable("in");
    const refused = await caller.call(hotline.port).outcome;
    expect(refused).toMatchObject({ answered: false, status: 503 });
    expect(refused.answered ? "" : refused.response?.headers.get("retry-after")).toBe("30");
    expect(hotline.turnedAway).toEqual(["13800138000 503"]);
    const options = { method: "OPTIONS", uri: `sip:127.0.0.1:${hotline.port}`, from: "<sip:carrier@127.0.0.1>" };
    expect((await caller.agent.request(options)).status).toBe(503);
    expect(state("in")).toMatchObject({ disabled: OFF, channels: 1 });
    expect((await session.request("INFO")).status).toBe(200);
    enable("in");
    expect((await caller.agent.request(options)).status).toBe(200);
    await (await caller.reach(hotline.port)).session.bye();
    await session.bye();
    await until(() => hotline.adapter.calls === 0, "the end of the calls");
  });

  it("is passed over by calls out; where there is no other they fail with a code of their own", async () => {
    const [a, b] = [await far("a"), await far("b")];
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port, priority: 1 } }, { key: "b", outbound: { host: "127.0.0.1", port: b.port, priority: 2 } }] }).start();
    disable("a");
    const call = await hotline.adapter.originate("tel:13800138000");
    expect(await call.answered).toBe(true);
    expect([a.invites.length, b.invites.length]).toEqual([0, 1]);
    disable("b");
    await expect(hotline.adapter.originate("tel:13800138000")).rejects.toMatchObject({ code: "HTL_SIP_TRUNK_OFF" });
    expect(hotline.adapter.reachable("tel:13800138000")).toBe(false);
    expect(call.state).toBe("answered");
    enable("a");
    const again = await hotline.adapter.originate("tel:13800138000");
    expect(await again.answered).toBe(true);
    expect(a.invites).toHaveLength(1);
    await call.hangup();
    await again.hangup();
  });

  it("is not taken when it is disabled while another is being tried", async () => {
    const [a, b] = [await far("a"), await far("b")];
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port, priority: 1 } }, { key: "b", outbound: { host: "127.0.0.1", port: b.port, priority: 2 } }] }).start();
    a.onInvite = (invite) => {
      disable("b");
      invite.reject({ status: 503 });
    };
    const call = await hotline.adapter.originate("tel:13800138000");
    expect(await call.answered).toBe(false);
    expect(b.invites).toEqual([]);
    await expect(call.ended).resolves.toMatchObject({ status: 503 });
  });

  it("takes its registration back, and registers again when it is enabled, also before the carrier has answered that", async () => {
    const registrar = await far("registrar");
    const expires: string[] = [];
    let held: (() => void) | undefined;
    registrar.onRequest = (incoming) => {
      const { request } = incoming;
      const wish = request.headers.get("expires") ?? "";
      expires.push(wish);
      const answer = (): void => incoming.respond({ status: 200, headers: { Contact: request.headers.all("contact"), Expires: wish } });
      if (wish === "0" && held === undefined) held = answer;
      else answer();
    };
    hotline = await new HotlineSide({ trunks: [{ key: "carrier", registration: { server: "127.0.0.1", port: registrar.port, username: "u", password: "p" } }] }).start();
    await until(() => state("carrier").state === "registered", "the registration");
    disable("carrier");
    await until(() => held !== undefined, "the farewell");
    enable("carrier");
    expect(expires).toEqual(["300", "0"]);
    held?.();
    await until(() => state("carrier").state === "registered" && expires.length >= 3, "the new registration");
    disable("carrier");
    await until(() => state("carrier").state === "removed", "the second farewell");
    enable("carrier");
    await until(() => state("carrier").state === "registered", "the last registration");
    expect(hotline.events.slice(-3)).toEqual(["trunk carrier registered", "trunk carrier removed", "trunk carrier registered"]);
  });
});

describe("the last failure of a trunk", () => {
  it("is a call that the carrier did not take, not one that the called side declined", async () => {
    const a = await far("a");
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port } }] }).start();
    a.onInvite = (invite) => invite.reject({ status: 486 });
    await (await hotline.adapter.originate("tel:1")).ended;
    expect(state("a").lastFailure).toBeNull();
    a.onInvite = (invite) => invite.reject({ status: 502 });
    await (await hotline.adapter.originate("tel:1")).ended;
    const { lastFailure } = state("a");
    expect(lastFailure).toMatchObject({ of: "call", status: 502 });
    expect(Math.abs((lastFailure?.at ?? 0) - hotline.clock.now())).toBeLessThan(60_000);
  });

  it("is a registration that was refused", async () => {
    const registrar = await far("registrar");
    registrar.onRequest = (incoming) => incoming.respond({ status: 403 });
    hotline = await new HotlineSide({ trunks: [{ key: "carrier", registration: { server: "127.0.0.1", port: registrar.port, username: "u", password: "p" } }] }).start();
    await until(() => state("carrier").state === "failed", "the refusal");
    expect(state("carrier").lastFailure).toMatchObject({ of: "registration", status: 403 });
  });
});
