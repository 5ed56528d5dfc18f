import type { Call, CallEvent, T38Port } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import { parseSdp } from "./sdp/index.js";
import type { IncomingReoffer, Session } from "./stack/index.js";

const REQUEST = { part: { module: "file:///part.js", options: { any: 1 } } };
type MediaRequest = Extract<CallEvent, { type: "media-request" }>;

/** T.38 as machines write it: in the place of the audio, or beside it. */
function imageOf(port: number, options: { beside?: boolean; lines?: readonly string[] } = {}): string {
  const lines = options.lines ?? ["a=T38FaxVersion:0", "a=T38MaxBitRate:9600", "a=T38FaxRateManagement:transferredTCF", "a=T38FaxMaxDatagram:320", "a=T38FaxUdpEC:t38UDPRedundancy"];
  return ["v=0", "o=phone 1 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", ...(options.beside === true ? ["m=audio 0 RTP/AVP 8"] : []), `m=image ${port} udptl t38`, ...lines, ""].join("\r\n");
}

const media = (sdp: string): (string | number)[][] => parseSdp(sdp).media.map((m) => [m.kind, m.port]);

let hotline: HotlineSide;
let phone: Phone;

/** A call from the phone, answered. */
async function answered(): Promise<{ call: Call; session: Session }> {
  hotline = await new HotlineSide().start();
  phone = await new Phone("caller").start();
  hotline.onCall = (call) => void call.answer();
  const { session } = await phone.reach(hotline.port);
  const [call] = hotline.arrived;
  if (call === undefined) throw new Error("no call");
  await until(() => call.state === "answered");
  return { call, session };
}

/** What the phone does with re-INVITEs of the hotline. */
function onReoffer(session: Session, answer: (offer: IncomingReoffer) => void): string[] {
  const offers: string[] = [];
  session.handle({
    reoffer: (offer) => {
      offers.push(offer.request.body.toString());
      answer(offer);
    },
  });
  return offers;
}

afterEach(async () => {
  await hotline.stop();
  await phone.stop();
  expect(hotline.media.open).toBe(0);
  await until(() => hotline.media.ports.every((port) => port.ended), "the ports to be closed", 4);
});

describe("T.38 asked for by the hotline", () => {
  it("takes the place of the sound, and gives it back", async () => {
    const { call, session } = await answered();
    const offers = onReoffer(session, (offer) => void offer.accept({ body: offer.request.body.includes("m=image") ? imageOf(41_000) : offerOf(40_000) }));
    const t38 = await call.mediaPort("t38", REQUEST);
    expect(media(offers[0] ?? "")).toEqual([["image", 30_002]]);
    expect(offers[0]).toContain("a=T38FaxRateManagement:transferredTCF\r\n");
    expect(offers[0]).toContain("a=T38FaxUdpEC:t38UDPRedundancy\r\n");
    expect(offers[0]).toContain("a=T38FaxVersion:0\r\n");
    expect(t38).toMatchObject({ version: 0, maxBitRate: 9_600, maxDatagram: 320, redundancy: 3 });
    const [port] = hotline.media.ports;
    expect(port?.options).toMatchObject({ part: REQUEST.part, near: hotline.media.last });
    expect(port?.remotes).toEqual([expect.objectContaining({ address: "127.0.0.1", port: 41_000 })]);
    expect(hotline.media.last.remote).toMatchObject({ direction: "inactive" });
    // Asked for again it is the same.
    await expect(call.mediaPort("t38", REQUEST)).resolves.toBe(t38);
    await expect(t38.release()).resolves.toBe(true);
    expect(media(offers[1] ?? "")).toEqual([["audio", hotline.media.last.localPort]]);
    expect(offers[1]).toContain("RTP/AVP 8 101");
    await expect(t38.over).resolves.toBe("released");
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv", port: 40_000 });
    await expect(t38.release()).resolves.toBe(false);
    expect(call.state).toBe("answered");
    // And there again.
    await expect(call.mediaPort("t38", REQUEST)).resolves.not.toBe(t38);
    await call.hangup();
  });

  it("stays with the sound where the far end refuses", async () => {
    const { call, session } = await answered();
    onReoffer(session, (offer) => offer.respond({ status: 488 }));
    await expect(call.mediaPort("t38", REQUEST)).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    expect(call.state).toBe("answered");
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    expect(hotline.media.ports[0]?.ended).toBe(true);
    // The next offer of sound is as before.
    const offers = onReoffer(session, (offer) => void offer.accept({ body: offerOf(40_000, ["a=recvonly"]) }));
    await call.hold();
    expect(media(offers[0] ?? "")).toEqual([["audio", hotline.media.last.localPort]]);
    await session.bye();
  });

  it("asks the sound back where the far end accepts something else", async () => {
    const { call, session } = await answered();
    const offers = onReoffer(session, (offer) => void offer.accept({ body: offerOf(40_000) }));
    await expect(call.mediaPort("t38", REQUEST)).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    expect(offers.map(media)).toEqual([[["image", 30_002]], [["audio", hotline.media.last.localPort]]]);
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    await call.hangup();
  });

  it("ends with the call; the port lingers for the last words of its part", async () => {
    const { call, session } = await answered();
    onReoffer(session, (offer) => void offer.accept({ body: imageOf(41_000) }));
    const t38 = await call.mediaPort("t38", REQUEST);
    await session.bye();
    await expect(t38.over).resolves.toBe("ended");
    expect(hotline.media.ports[0]?.ended).toBe(false);
    await expect(call.mediaPort("t38", REQUEST)).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });

  it("gets there when both sides ask at the same moment (491)", async () => {
    const { call, session } = await answered();
    onReoffer(session, (offer) => void offer.accept({ body: imageOf(41_000) }));
    const taken: Promise<T38Port>[] = [];
    call.subscribe((event) => {
      if (event.type === "media-request") taken.push(event.accept(REQUEST));
    });
    const [ours, theirs] = await Promise.allSettled([call.mediaPort("t38", REQUEST), session.reinvite({ body: imageOf(41_000) })]);
    expect(ours.status === "fulfilled" || taken.length > 0).toBe(true);
    expect(theirs.status).toBe("fulfilled");
    const t38 = await call.mediaPort("t38", REQUEST);
    expect(t38.port.ended).toBe(false);
    await call.hangup();
  }, 15_000);
});

describe("T.38 asked for by the far end", () => {
  it.each([["in the place of the audio", false, [["image", 30_002]]], ["beside the audio", true, [["audio", 0], ["image", 30_002]]]] as const)("is given where somebody wants it: %s", async (_how, beside, expected) => {
    const { call, session } = await answered();
    let t38: T38Port | undefined;
    call.subscribe((event) => {
      if (event.type === "media-request") void event.accept(REQUEST).then((port) => (t38 = port));
    });
    const outcome = await session.reinvite({ body: imageOf(41_000, { beside }) });
    expect(outcome.status).toBe(200);
    expect(media(outcome.response?.body.toString() ?? "")).toEqual(expected);
    expect(t38).toMatchObject({ maxBitRate: 9_600, redundancy: 3 });
    // A refresh with another port is followed.
    await session.reinvite({ body: imageOf(41_500, { beside }) });
    expect(hotline.media.ports.map((port) => port.remotes.map((remote) => remote.port))).toEqual([[41_000, 41_500]]);
    // The far end takes the sound back.
    const back = await session.reinvite({ body: offerOf(40_000) });
    expect(back.status).toBe(200);
    await expect(t38?.over).resolves.toBe("remote");
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    await call.hangup();
  });

  it("is given back by the hotline in the place where it was", async () => {
    const { call, session } = await answered();
    let t38: T38Port | undefined;
    call.subscribe((event) => {
      if (event.type === "media-request") void event.accept(REQUEST).then((port) => (t38 = port));
    });
    await session.reinvite({ body: imageOf(41_000, { beside: true }) });
    const offers = onReoffer(session, (offer) => void offer.accept({ body: [offerOf(40_000).trimEnd(), "m=image 0 udptl t38", ""].join("\r\n") }));
    await expect(t38?.release()).resolves.toBe(true);
    expect(media(offers[0] ?? "")).toEqual([["audio", hotline.media.last.localPort], ["image", 0]]);
    await call.hangup();
  });

  it("is refused with 488 where nobody wants it in time, and the sound goes on", async () => {
    const { call, session } = await answered();
    expect((await session.reinvite({ body: imageOf(41_000) })).status).toBe(488);
    const requests: MediaRequest[] = [];
    call.subscribe((event) => void (event.type === "media-request" && requests.push(event)));
    expect((await session.reinvite({ body: imageOf(41_000) })).status).toBe(488);
    await expect(requests[0]?.accept(REQUEST)).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    const third = session.reinvite({ body: imageOf(41_000) });
    await until(() => requests.length === 2);
    requests[1]?.reject();
    expect((await third).status).toBe(488);
    expect(call.state).toBe("answered");
    expect(hotline.media.ports).toHaveLength(0);
    await call.hangup();
  });

  it("is refused where the training check would not be carried, or no port is to be had", async () => {
    const { call, session } = await answered();
    const failures: string[] = [];
    call.subscribe((event) => {
      if (event.type === "media-request") event.accept(REQUEST).catch((error: { code: string }) => failures.push(error.code));
    });
    expect((await session.reinvite({ body: imageOf(41_000, { lines: ["a=T38FaxRateManagement:localTCF"] }) })).status).toBe(488);
    hotline.media.failure = new Error("no port");
    expect((await session.reinvite({ body: imageOf(41_000) })).status).toBe(488);
    hotline.media.failure = undefined;
    expect(failures).toEqual(["HTL_SIP_MEDIA_FAILED"]);
    // Nothing told: the defaults of old machines.
    call.subscribe(() => undefined);
    const outcome = await session.reinvite({ body: imageOf(41_000, { lines: ["a=T38FaxUdpEC:t38UDPNoEC"] }) });
    expect(outcome.response?.body.toString()).toContain("a=T38FaxUdpEC:t38UDPNoEC");
    await expect(call.mediaPort("t38", REQUEST)).resolves.toMatchObject({ redundancy: 0, maxDatagram: 400, version: 0 });
    await call.hangup();
  });
});

describe("T.38 and INVITE with Replaces: incompatible media leave the call as it is (RFC 3891 section 3)", () => {
  const replaces = ({ dialog }: Session): Record<string, string> => ({ Replaces: `${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}` });

  it("a newcomer that offers nothing but T.38 gets 488, whoever would want a fax; the sound goes on, and it may ask once it is in the call", async () => {
    const { call, session } = await answered();
    let ended = false;
    void session.ended.then(() => (ended = true));
    call.subscribe((event) => {
      if (event.type === "media-request") void event.accept(REQUEST);
    });
    const leg = hotline.media.last;
    const before = leg.remote;
    const refused = await phone.call(hotline.port, { body: imageOf(41_000), headers: replaces(session) }).outcome;
    expect(refused).toMatchObject({ answered: false, status: 488 });
    expect(hotline.media.ports).toHaveLength(0);
    expect(leg.remote).toBe(before);
    expect((await session.reinvite({ body: offerOf(40_002) })).status).toBe(200);
    expect(ended).toBe(false);
    const taken = await phone.reach(hotline.port, { body: offerOf(47_000), headers: replaces(session) });
    await session.ended;
    expect((await taken.session.reinvite({ body: imageOf(41_000) })).status).toBe(200);
    await call.hangup();
  });

  it.each([["T.38", imageOf(41_500)], ["sound", offerOf(47_000)], ["nothing", undefined]] as const)("a call that is a fax is not taken over by who offers %s: 488, and the fax goes on with the machine it began with", async (_what, body) => {
    const { call, session } = await answered();
    onReoffer(session, (offer) => void offer.accept({ body: offer.request.body.includes("m=image") ? imageOf(41_000) : offerOf(40_000) }));
    const t38 = await call.mediaPort("t38", REQUEST);
    let over = false;
    void t38.over.then(() => (over = true));
    expect(await phone.call(hotline.port, { body, headers: replaces(session) }).outcome).toMatchObject({ answered: false, status: 488 });
    expect(over).toBe(false);
    expect(hotline.media.ports.map((port) => port.remotes.map((remote) => remote.port))).toEqual([[41_000]]);
    await expect(t38.release()).resolves.toBe(true);
    // With the sound back it can be.
    await phone.reach(hotline.port, { body: offerOf(47_000), headers: replaces(session) });
    await session.ended;
    expect(hotline.media.last.remote?.port).toBe(47_000);
    await call.hangup();
  });
});
