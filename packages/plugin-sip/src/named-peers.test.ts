import { describe, expect, it } from "vitest";
import { until } from "../test/support/hotline-side.js";
import { begin, caller, connected, hotline, oneCaller } from "../test/support/one-caller.js";
import { offerOf } from "../test/support/phone.js";

oneCaller();

const named = (host: string, port = 40_000, version = 1): string => offerOf(port).replace("c=IN IP4 127.0.0.1", `c=IN IP4 ${host}`).replace("o=phone 1 1", `o=phone 1 ${version}`);
const WARNING = "warn: the media host of a SIP peer has no address that can be sent to";

describe("a host name in a description", () => {
  it("leads to the peer's address", async () => {
    await begin();
    hotline.names.set("phone.example", "127.0.0.9");
    hotline.onCall = (call) => void call.answer();
    const { session } = await caller.reach(hotline.port, { body: named("phone.example") });
    await until(() => hotline.media.last.remote !== undefined, "the address");
    expect(hotline.media.last.remote).toMatchObject({ address: "127.0.0.9", port: 40_000 });
    await session.bye();
  });

  it.each(["239.1.1.1", "255.255.255.255", "ff02::1", "0.0.0.0", "::"])("that leads to %s, where nobody is to be sent anything, ends the call", async (address) => {
    await begin();
    hotline.names.set("many.example", address);
    hotline.onCall = (call) => void call.answer().catch(() => undefined);
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port, { body: named("many.example") });
    const call = await arriving;
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
    const outcome = await outgoing.outcome;
    if (outcome.answered) await outcome.session.ended;
    expect(hotline.logged).toContain(WARNING);
    expect(hotline.media.made.every(({ remotes }) => remotes.length === 0)).toBe(true);
  });

  it("that leads to where the hotline itself takes SIP ends the call; in a call that there is nothing is changed by it", async () => {
    await begin();
    hotline.names.set("loop.example", "127.0.0.1");
    const { call, session } = await connected();
    const before = hotline.media.last.remotes.length;
    expect((await session.reinvite({ body: named("loop.example", hotline.port, 2) })).status).toBe(200);
    await until(() => hotline.logged.includes(WARNING), "the warning");
    expect([call.state, hotline.media.last.remotes.length]).toEqual(["answered", before]);
    // Another port of the same machine is a peer's.
    expect((await session.reinvite({ body: named("loop.example", 40_010, 3) })).status).toBe(200);
    await until(() => hotline.media.last.remote?.port === 40_010, "the new place");
    await session.bye();
  });
});
