import type { Call, CallState, OutboundCall } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HandBoard, HandChannel, NOTHING } from "./support/hand-board.js";

let board: HandBoard;
afterEach(async () => {
  await board.adapter.stop();
  expect(board.leftovers).toMatchObject(NOTHING);
  expect(board.driver.opened).toBe(0);
  expect(board.channels.every(({ listeners }) => listeners === 0)).toBe(true);
});

async function begin(...channels: readonly HandChannel[]): Promise<void> {
  board = new HandBoard(channels.length === 0 ? [new HandChannel("1")] : channels);
  await board.adapter.start();
}

function statesOf(call: Call): CallState[] {
  const states: CallState[] = [];
  call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
  return states;
}

const tone = (name: "dial" | "busy" | "congestion" | "ringback") => ({ type: "progress-tone", tone: name }) as const;

describe("a line that rings", () => {
  it("becomes a call when the number is there", async () => {
    await begin();
    board.line.tell({ type: "ring", on: true });
    await board.advance(1_000);
    board.line.tell({ type: "ring", on: false });
    await board.advance(500);
    expect(board.arrived).toEqual([]);
    board.line.tell({ type: "caller-id", number: "13800138000" });
    await board.advance(0);
    expect(board.arrived[0]).toMatchObject({ from: { number: "13800138000", uri: "tel:13800138000" }, to: { number: "12333", uri: "line:1" }, via: { kind: "line", key: "1" }, state: "new" });
  });

  it("without a number becomes a call at the second ring, or when it has waited long enough", async () => {
    await begin(new HandChannel("1"), new HandChannel("2"), new HandChannel("3", { callerId: false }));
    const [first, second, third] = board.channels as [HandChannel, HandChannel, HandChannel];
    for (const line of [first, second, third]) line.tell({ type: "ring", on: true });
    await board.advance(1_000);
    expect(board.arrived.map((call) => call.via.key)).toEqual(["3"]);
    second.tell({ type: "ring", on: true });
    await board.advance(0);
    expect(board.arrived.map((call) => call.via.key)).toEqual(["3", "2"]);
    await board.advance(2_500);
    expect(board.arrived.map((call) => call.via.key)).toEqual(["3", "2", "1"]);
    expect(board.arrived[2]).toMatchObject({ from: { number: "", uri: "line:1" } });
  });

  it("is given up when no ring comes for 6 s, and may ring again", async () => {
    await begin();
    await board.ring(2);
    const call = board.arrived[0] as Call;
    const answering = statesOf(call);
    await board.advance(1_900);
    expect(call.state).toBe("new");
    await board.advance(200);
    expect(await call.ended).toMatchObject({ reason: "cancelled", by: "remote" });
    expect(answering).toEqual(["ended"]);
    expect(board.leftovers).toMatchObject({ ...NOTHING, states: ["idle"] });
    await board.ring(1);
    expect(board.arrived).toHaveLength(2);
  });

  it("is not taken for given up while its sound path is slow to open", async () => {
    await begin();
    let open = (): void => undefined;
    board.mediaReady = new Promise((resolve) => (open = resolve));
    board.line.tell({ type: "ring", on: true });
    await board.advance(20_000);
    open();
    await board.advance(4_000);
    expect(board.arrived).toHaveLength(1);
    await board.advance(2_100);
    expect(await board.arrived[0]?.ended).toMatchObject({ reason: "cancelled", by: "remote" });
  });

  it("is one call however often it rings; refused, it is not offered again and stays in use until the caller gives up", async () => {
    await begin();
    await board.ring(1);
    await (board.arrived[0] as Call).hangup({ status: 486 });
    expect(board.adapter.calls).toBe(0);
    await expect(board.adapter.originate("line:1/110")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await board.ring(3);
    expect(board.arrived).toHaveLength(1);
    expect(board.line.hooks).toEqual([]);
    await board.advance(2_100);
    expect(board.leftovers).toMatchObject({ ...NOTHING, states: ["idle"] });
  });

  it("is not answered while the hotline takes no calls or drains", async () => {
    await begin();
    board.closed = { status: 503 };
    await board.ring(1);
    await board.advance(6_100);
    board.closed = undefined;
    board.adapter.drain();
    await board.ring(1);
    await board.advance(6_100);
    expect(board.arrived).toEqual([]);
    expect(board.line.hooks).toEqual(["on", "on"]); // forgotten, never taken
  });

  it("without media is left alone until the next ring", async () => {
    await begin();
    board.noMedia = new Error("the worker is down");
    await board.ring(1);
    expect(board.leftovers).toMatchObject({ ...NOTHING, states: ["idle"] });
    board.noMedia = undefined;
    await board.ring(1);
    expect(board.arrived).toHaveLength(1);
  });
});

describe("an answered call", () => {
  async function answered(channel = new HandChannel("1")): Promise<Call> {
    await begin(channel);
    await board.ring(1);
    const call = board.arrived[0] as Call;
    await call.answer();
    return call;
  }

  it.each(["busy", "congestion", "dial"] as const)("ends as the caller's hang-up at the %s tone", async (name) => {
    const call = await answered();
    board.line.hear(tone("ringback")); // a conference bridge somewhere: no end
    expect(call.state).toBe("answered");
    board.line.hear(tone(name));
    expect(await call.ended).toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(board.line.hooks).toEqual(["off", "on"]);
  });

  it("ends when the exchange clears the line", async () => {
    const call = await answered();
    board.line.tell({ type: "cleared" });
    expect(await call.ended).toMatchObject({ reason: "remote-hangup", by: "remote" });
  });

  it("ends as failed when its media worker dies, or the board", async () => {
    const call = await answered();
    board.line.hear({ type: "ended", reason: "worker-failed" });
    expect(await call.ended).toMatchObject({ reason: "failed", by: "system" });
    expect(board.leftovers).toMatchObject({ ...NOTHING, states: ["idle"] });
    await board.ring(1);
    const next = board.arrived[1] as Call;
    await next.answer();
    board.line.tell({ type: "state", state: "out-of-service" });
    expect(await next.ended).toMatchObject({ reason: "failed", by: "system" });
  });

  it("is hung up when the hotline stops, and cannot be made where the line cannot be taken", async () => {
    const call = await answered();
    await board.adapter.stop();
    expect(await call.ended).toMatchObject({ reason: "hangup", by: "local" });
    await expect(board.adapter.originate("line:1/110")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await begin();
    board.line.broken = new Error("no current");
    await board.ring(1);
    const next = board.arrived[0] as Call;
    await expect(next.answer()).rejects.toThrow("no current");
    expect(await next.ended).toMatchObject({ reason: "failed", by: "system" });
  });

  it("whose sound dies while it rings ends too", async () => {
    await begin();
    await board.ring(1);
    board.line.hear({ type: "ended", reason: "worker-failed" });
    expect(await (board.arrived[0] as Call).ended).toMatchObject({ reason: "failed", by: "system" });
    expect(board.leftovers).toMatchObject({ ...NOTHING, states: ["idle"] });
  });
});

describe("a call dialled out", () => {
  async function dialled(channel = new HandChannel("1"), options: object = {}): Promise<{ call: OutboundCall; states: CallState[] }> {
    await begin(channel);
    const call = await board.adapter.originate("line:1/13900139000", options);
    const states = statesOf(call);
    await board.advance(0);
    expect(board.line.leg?.sent).toBe("");
    board.line.hear(tone("dial"));
    await board.advance(0);
    expect(board.line.leg?.sent).toBe("13900139000");
    return { call, states };
  }

  it("is answered by the first voice", async () => {
    const { call, states } = await dialled();
    board.line.hear(tone("ringback"));
    await board.advance(5_000);
    board.line.hear(tone("ringback"));
    board.line.hear({ type: "voice" });
    expect(await call.answered).toBe(true);
    await board.advance(60_000);
    expect(call.state).toBe("answered");
    board.line.hear(tone("busy"));
    expect(await call.ended).toMatchObject({ reason: "remote-hangup" });
    expect(states).toEqual(["ringing", "answered", "ended"]);
  });

  it("is answered when ring-back stays away", async () => {
    const { call } = await dialled();
    board.line.hear(tone("ringback"));
    await board.advance(5_000);
    board.line.hear(tone("ringback"));
    await board.advance(6_400);
    expect(call.state).toBe("ringing");
    await board.advance(200);
    expect(call.state).toBe("answered");
  });

  it("is answered and ended by the polarity of the line", async () => {
    const { call, states } = await dialled(new HandChannel("1", { polarity: true }));
    board.line.tell({ type: "polarity", reversed: true });
    expect(await call.answered).toBe(true);
    board.line.tell({ type: "polarity", reversed: false });
    expect(await call.ended).toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(states).toEqual(["answered", "ended"]);
  });

  it.each([
    ["busy", { reason: "busy", status: 17 }],
    ["congestion", { reason: "unreachable", status: 34 }],
    ["dial", { reason: "unreachable", status: 34 }],
  ] as const)("ends at the %s tone", async (name, end) => {
    const { call } = await dialled();
    board.line.hear(tone(name));
    expect(await call.ended).toMatchObject({ ...end, by: "remote" });
    expect(await call.answered).toBe(false);
  });

  it("ends when nobody answers in time", async () => {
    const { call } = await dialled(undefined, { timeoutMs: 12_000 });
    for (let i = 0; i < 3; i++) {
      board.line.hear(tone("ringback"));
      await board.advance(5_000);
    }
    expect(await call.ended).toMatchObject({ reason: "no-answer", by: "local", status: 19 });
  });

  it("needs dial tone, and no voice before it", async () => {
    await begin();
    const call = await board.adapter.originate("line:*/110");
    await board.advance(100);
    board.line.hear({ type: "voice" });
    await board.advance(5_000);
    expect(await call.ended).toMatchObject({ reason: "failed", by: "remote", status: 27 });
    board.noMedia = new Error("the worker is down");
    expect(await (await board.adapter.originate("line:*/110")).ended).toMatchObject({ reason: "failed", by: "system" });
    board.noMedia = undefined;
    board.line.broken = new Error("no current");
    expect(await (await board.adapter.originate("line:*/110")).ended).toMatchObject({ reason: "failed", by: "system" });
  });

  it("takes the last free line that can, and says when there is none", async () => {
    await begin(new HandChannel("1"), new HandChannel("2"), new HandChannel("3", { outgoing: false }));
    const first = await board.adapter.originate("line:*/110");
    const second = await board.adapter.originate("line:*/119");
    expect([first.via.key, second.via.key]).toEqual(["2", "1"]);
    await expect(board.adapter.originate("line:*/120")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await expect(board.adapter.originate("line:3/120")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await expect(board.adapter.originate("line:9/120")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_UNKNOWN_LINE" });
    for (const address of ["line:1", "line:1/", "line:1/12a", "sip:1001"]) await expect(board.adapter.originate(address)).rejects.toMatchObject({ code: "HTL_VOICEBOARD_BAD_ADDRESS" });
    await first.hangup();
    await board.advance(0);
    expect((await board.adapter.originate("line:2/120")).via.key).toBe("2");
  });

  it("gives way where the line rings first, and a ring meanwhile is not taken for a call", async () => {
    await begin();
    board.line.tell({ type: "ring", on: true });
    await expect(board.adapter.originate("line:1/110")).rejects.toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await board.advance(6_100);
    const before = board.arrived.length;
    const call = await board.adapter.originate("line:1/110");
    board.line.tell({ type: "ring", on: true });
    await board.advance(4_000);
    await call.hangup();
    expect(board.arrived).toHaveLength(before);
  });
});

describe("boards", () => {
  it("may not share keys; one that cannot be opened closes the others", async () => {
    expect(() => new HandBoard([new HandChannel("1"), new HandChannel("1")])).toThrow(expect.objectContaining({ code: "HTL_VOICEBOARD_DUPLICATE_LINE" }) as Error);
    board = new HandBoard();
    board.driver.open = () => Promise.reject(new Error("no such device"));
    await expect(board.adapter.start()).rejects.toMatchObject({ code: "HTL_VOICEBOARD_BOARD_FAILED" });
  });
});
