import { describe, expect, it } from "vitest";
import { begin, caller, connected, hotline, oneCaller } from "../test/support/one-caller.js";
import { Phone } from "../test/support/phone.js";

oneCaller();

describe("who may call", () => {
  it("challenges unknown sources, or takes them when told to", async () => {
    await begin({ trunks: [{ key: "far", match: ["10.9.8.0/24"] }] });
    expect(await caller.call(hotline.port).outcome).toMatchObject({ status: 401 });
    expect(await caller.call(hotline.port, { from: "<sip:127.0.0.1>" }).outcome).toMatchObject({ status: 403 });
    expect(hotline.arrived).toHaveLength(0);
    await hotline.stop();
    await begin({ trunks: [], allowAnonymous: true });
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    expect(call.via).toEqual({ kind: "trunk", key: "anonymous" });
    await call.hangup();
    await outgoing.outcome;
  });

  it("challenges who claims to be an account, even from a trunk's address", async () => {
    await begin();
    const agent = await new Phone("1001", { password: "demo-1001" }).start();
    const arriving = hotline.next();
    const outgoing = agent.call(hotline.port);
    const call = await arriving;
    expect(call.via).toEqual({ kind: "account", key: "1001" });
    await call.hangup();
    await outgoing.outcome;
    await agent.stop();

    const impostor = await new Phone("1001", { password: "guess" }).start();
    expect(await impostor.call(hotline.port).outcome).toMatchObject({ status: 403 });
    await impostor.stop();
    const other = await new Phone("1002", { password: "demo-1002" }).start();
    expect(await other.call(hotline.port, { from: "<sip:1001@127.0.0.1>" }).outcome).toMatchObject({ status: 403 });
    await other.stop();
    const silent = await new Phone("1001").start();
    expect(await silent.call(hotline.port).outcome).toMatchObject({ status: 401 });
    await silent.stop();
    expect(hotline.arrived).toHaveLength(1);
    expect(hotline.audit.map((entry) => entry.action)).toEqual(["sip.auth-failed", "sip.auth-failed"]);
    expect(JSON.stringify(hotline.audit)).not.toContain("response");
  });

  it("takes short numbers of a carrier that is told to have them", async () => {
    await begin({ trunks: [{ key: "demo", match: ["127.0.0.0/8"], challengeAccounts: false }] });
    const arriving = hotline.next();
    const carrier = await new Phone("1001").start();
    const outgoing = carrier.call(hotline.port);
    const call = await arriving;
    expect(call.via).toEqual({ kind: "trunk", key: "demo" });
    await call.hangup();
    await outgoing.outcome;
    await carrier.stop();
  });

  it("takes only the numbers of a trunk, and as many calls as it has channels", async () => {
    await begin({ trunks: [{ key: "demo", match: ["127.0.0.1"], numbers: ["12333"], maxChannels: 1 }] });
    expect(await caller.call(hotline.port, { number: "12345" }).outcome).toMatchObject({ status: 404 });
    const { call } = await connected();
    expect(await caller.call(hotline.port).outcome).toMatchObject({ status: 486 });
    await call.hangup();
    const again = await connected();
    await again.call.hangup();
  });

  it("believes a trunk's asserted identity, and shows no withheld number", async () => {
    await begin();
    let arriving = hotline.next();
    let outgoing = caller.call(hotline.port, { headers: { "P-Asserted-Identity": '"Li" <sip:+86-10-8888-1234@carrier>' } });
    let call = await arriving;
    expect(call.from).toEqual({ number: "+861088881234", uri: "sip:+86-10-8888-1234@carrier", displayName: "Li" });
    await call.hangup();
    await outgoing.outcome;
    arriving = hotline.next();
    outgoing = caller.call(hotline.port, { headers: { "P-Asserted-Identity": "<tel:+861088881234>", Privacy: "id" } });
    call = await arriving;
    expect(call.from.number).toBe("");
    await call.hangup();
    await outgoing.outcome;
  });

  it("refuses everything new with 503 while the hotline drains, and lets live calls be", async () => {
    await begin();
    const { call, session } = await connected();
    hotline.adapter.drain();
    const outcome = await caller.call(hotline.port).outcome;
    expect(outcome).toMatchObject({ status: 503 });
    expect(!outcome.answered && outcome.response?.headers.get("retry-after")).toBe("30");
    expect(await caller.agent.request({ method: "OPTIONS", uri: `sip:127.0.0.1:${hotline.port}`, from: "<sip:x@127.0.0.1>" })).toMatchObject({ status: 503 });
    expect(call.state).toBe("answered");
    await session.bye();
    await call.ended;
  });

  it("passes on how the pipeline refuses, and a limit on calls", async () => {
    await begin({ maxCalls: 1 });
    hotline.closed = { status: 503, retryAfter: 11 };
    const refused = await caller.call(hotline.port).outcome;
    expect(!refused.answered && refused.response?.headers.get("retry-after")).toBe("11");
    expect(hotline.turnedAway).toEqual([expect.stringMatching(/^\S+ 503$/)]);
    hotline.closed = undefined;
    const { call } = await connected();
    expect(await caller.call(hotline.port).outcome).toMatchObject({ status: 503 });
    // Overload is refused before anything is read of the call: nobody is written down.
    expect(hotline.turnedAway).toHaveLength(1);
    await call.hangup();
  });

  it("answers OPTIONS", async () => {
    await begin({ trunks: [] });
    const outcome = await caller.agent.request({ method: "OPTIONS", uri: `sip:127.0.0.1:${hotline.port}`, from: "<sip:x@127.0.0.1>" });
    expect(outcome).toMatchObject({ status: 200 });
    expect(outcome.response?.headers.get("allow")).toContain("INVITE");
  });

  it("ends every call when it stops", async () => {
    await begin();
    const { call, session } = await connected();
    const arriving = hotline.next();
    const second = caller.call(hotline.port);
    const ringing = await arriving;
    await ringing.ring();
    await hotline.stop();
    await expect(call.ended).resolves.toMatchObject({ by: "local" });
    await expect(ringing.ended).resolves.toMatchObject({ by: "local" });
    await session.ended;
    expect(await second.outcome).toMatchObject({ status: 503 });
  });
});
