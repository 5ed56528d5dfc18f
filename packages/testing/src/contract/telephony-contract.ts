import type { Call, CallState, OutboundCall } from "@hotlinejs/core";
import { isHotlineError, SystemClock } from "@hotlinejs/core";
import { goertzel, decodeAlaw } from "@hotlinejs/media";
import type { FarEnd, TelephonyHarness } from "./telephony-harness.js";
import type { TestFramework } from "./test-framework.js";

const TIME_LIMIT = 60_000;
const clock = new SystemClock();

/** States in the order in which they were told. */
function statesOf(call: Call): CallState[] {
  const states: CallState[] = [];
  call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
  return states;
}

/** Whether a sine lasted for 300 ms somewhere in a sound. */
function holds(alaw: Uint8Array, hz: number): boolean {
  const pcm = decodeAlaw(alaw);
  const window = 2_400;
  for (let at = 0; at + window <= pcm.length; at += 400) {
    let power = 0;
    for (let i = at; i < at + window; i++) power += (pcm[i] as number) ** 2 / window;
    if (power > 10_000 && goertzel(pcm, at, window, hz) > 0.9 * power) return true;
  }
  return false;
}

async function hears(end: FarEnd, hz: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    if (holds(await end.heard(), hz)) return true;
    await clock.sleep(50);
  }
  return false;
}

/**
 * What every telephony adapter owes the rest of the hotline (`Call`, `TelephonyAdapter` of core).
 *
 * ```ts
 * telephonyContract({ describe, it, expect, beforeAll, afterAll }, "sip", () => startSipHarness());
 * ```
 */
export function telephonyContract({ describe, it, expect, beforeAll, afterAll }: TestFramework, name: string, start: () => Promise<TelephonyHarness>): void {
  describe(`${name}: telephony contract`, () => {
    let harness: TelephonyHarness;
    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterAll(async () => {
      await harness.stop();
      expect(harness.media.legs).toBe(0);
    }, TIME_LIMIT);

    async function until(condition: () => boolean): Promise<void> {
      for (let i = 0; i < 400 && !condition(); i++) await clock.sleep(25);
      expect(condition()).toBe(true);
    }
    const test = (what: string, fn: () => Promise<void>): void =>
      void it(what, async () => {
        try {
          await fn();
        } finally {
          // One test that fails must not take the next ones with it.
          for (const call of made.splice(0)) await call.hangup();
        }
        await until(() => harness.calls() === 0 && harness.media.legs === 0);
      }, TIME_LIMIT);

    const made: Call[] = [];
    async function dialIn(number = "13800138000"): Promise<{ call: Call; caller: FarEnd }> {
      const both = await harness.dialIn(number);
      made.push(both.call);
      return both;
    }
    async function connected(): Promise<{ call: Call; caller: FarEnd }> {
      const both = await dialIn();
      await both.call.answer();
      return both;
    }
    async function dial(to: string, options: Parameters<TelephonyHarness["adapter"]["originate"]>[1] = {}): Promise<{ call: OutboundCall; states: CallState[] }> {
      const call = await harness.adapter.originate(to, options);
      made.push(call);
      return { call, states: statesOf(call) };
    }
    const endedError = { code: "HTL_CORE_CALL_ENDED" };
    const unsupported = { code: "HTL_CORE_NOT_SUPPORTED" };

    describe("a call that comes in", () => {
      test("rings, is answered and hung up by the hotline, each state told once", async () => {
        const { call, caller } = await dialIn();
        const states = statesOf(call);
        call.subscribe(() => {
          throw new Error("a listener that fails disturbs nobody");
        });
        expect(call).toMatchObject({ adapter: harness.adapter.name, direction: "inbound", state: "new" });
        expect(call.from.number).toBe("13800138000");
        expect(call.to.number).toBe("12333");
        expect(call.media).toBeUndefined();
        const early = ((): unknown => {
          try {
            return call.play({ kind: "silence", durationMs: 20 });
          } catch (error) {
            return error;
          }
        })();
        expect(isHotlineError(early)).toBe(true);
        await call.ring();
        await Promise.all([call.answer(), call.answer()]);
        await call.ring();
        expect(call.state).toBe("answered");
        expect(call.media).toBeDefined();
        expect(await call.mediaPort("audio")).toBe(call.media);
        expect(call.signal.aborted).toBe(false);
        await Promise.all([call.hangup(), call.hangup()]);
        await call.hangup({ reason: "failed" });
        expect(await call.ended).toMatchObject({ reason: "hangup", by: "local" });
        await caller.ended;
        expect(call.state).toBe("ended");
        expect(call.signal.aborted).toBe(true);
        expect(states).toEqual(["ringing", "answered", "ended"]);
        await expect(call.answer()).rejects.toMatchObject(endedError);
      });

      test("ends as cancelled when the caller gives up", async () => {
        const { call, caller } = await dialIn("13800138001");
        const states = statesOf(call);
        await call.ring();
        caller.hangup();
        expect(await call.ended).toMatchObject({ reason: "cancelled", by: "remote" });
        expect(states).toEqual(["ringing", "ended"]);
        expect(call.media).toBeUndefined();
        await expect(call.answer()).rejects.toMatchObject(endedError);
      });

      test("can be refused; it is not offered again", async () => {
        const { call, caller } = await dialIn("13800138002");
        const states = statesOf(call);
        await call.hangup({ status: 486, reason: "rejected" });
        expect(await call.ended).toMatchObject({ reason: "rejected", by: "local", status: 486 });
        await call.ring();
        expect(states).toEqual(["ended"]);
        expect(harness.calls()).toBe(0);
        caller.hangup();
        await caller.ended;
      });

      test("ends at the caller's hang-up, and whoever waits is told", async () => {
        const { call, caller } = await connected();
        const playing = call.play({ kind: "tone", tone: "ringback" });
        const entry = call.collect({ firstDigitTimeoutMs: 60_000 });
        const keys = call.sendDtmf("1234567890".repeat(6));
        caller.hangup();
        expect(await call.ended).toMatchObject({ reason: "remote-hangup", by: "remote" });
        expect(await playing.done).toMatchObject({ reason: "leg-ended" });
        expect(await entry).toMatchObject({ reason: "ended" });
        await keys;
        expect(await call.play({ kind: "tone", tone: "busy" }).done).toMatchObject({ reason: "leg-ended" });
        expect(await call.collect()).toMatchObject({ digits: "", reason: "ended" });
        await expect(call.sendDtmf("1")).rejects.toMatchObject(endedError);
        await expect(call.mediaPort("audio")).rejects.toMatchObject(endedError);
      });

      test("carries prompts, keys and sound in both directions", async () => {
        const { call, caller } = await connected();
        const prompt = call.play({ kind: "sine", hz: 1_000, level: -12 }, { bargeIn: "5" });
        expect(await hears(caller, 1_000)).toBe(true);
        const entry = call.collect({ max: 4, finishOn: "#", after: prompt });
        await caller.press("512#");
        expect(await prompt.done).toMatchObject({ reason: "barge-in", digit: "5" });
        expect(await entry).toMatchObject({ digits: "512", reason: "finish-key", finishedBy: "#" });
        await call.sendDtmf("97*");
        await until(() => caller.keys() === "97*");
        await call.hangup();
      });

      test("says honestly what it cannot do", async () => {
        const { call } = await connected();
        const { capabilities } = harness.adapter;
        if (!capabilities.hold) await expect(call.hold()).rejects.toMatchObject(unsupported);
        else {
          await call.hold();
          await call.unhold();
        }
        if (!capabilities.redirect) await expect(call.redirect("sip:1002")).rejects.toMatchObject(unsupported);
        if (!capabilities.t38) await expect(call.mediaPort("t38", { part: { module: "file:///nowhere.js" } })).rejects.toMatchObject(unsupported);
        expect(call.state).toBe("answered");
        await call.hangup();
      });
    });

    describe("a call that goes out", () => {
      test("rings, is answered, carries sound both ways and ends at the far end's hang-up", async () => {
        const { call, states } = await dial(harness.addresses.answers, { from: { number: "12333" } });
        expect(call).toMatchObject({ adapter: harness.adapter.name, direction: "outbound" });
        expect(call.to.uri).toContain(harness.addresses.answers.split(":")[1]?.split("@")[0]);
        expect(await call.answered).toBe(true);
        await call.answer();
        const far = await harness.answeredBy(call);
        call.play({ kind: "sine", hz: 800, level: -12 });
        expect(await hears(far, 800)).toBe(true);
        const entry = call.collect({ max: 2, firstDigitTimeoutMs: 20_000 });
        await far.press("42");
        expect(await entry).toMatchObject({ digits: "42" });
        far.hangup();
        expect(await call.ended).toMatchObject({ reason: "remote-hangup", by: "remote" });
        expect(states).toEqual(["ringing", "answered", "ended"]);
      });

      test("ends as busy", async () => {
        const { call, states } = await dial(harness.addresses.busy);
        expect(await call.answered).toBe(false);
        expect(await call.ended).toMatchObject({ reason: "busy", by: "remote" });
        expect(states).not.toContain("answered");
        await expect(call.answer()).rejects.toMatchObject(endedError);
      });

      test("is given up after its time", async () => {
        const { call, states } = await dial(harness.addresses.rings, { timeoutMs: harness.ringsWithinMs });
        expect(await call.answered).toBe(false);
        expect(await call.ended).toMatchObject({ reason: "no-answer", by: "local" });
        expect(states).toEqual(["ringing", "ended"]);
      });

      test("can be cancelled while it rings, by signal or by hanging up, and before", async () => {
        const cancel = new AbortController();
        const [first, second] = [await dial(harness.addresses.rings, { signal: cancel.signal }), await dial(harness.addresses.rings)];
        await until(() => first.call.state === "ringing" && second.call.state === "ringing");
        cancel.abort();
        expect(await first.call.ended).toMatchObject({ reason: "cancelled", by: "local" });
        await second.call.hangup({ reason: "cancelled" });
        expect(await second.call.ended).toMatchObject({ reason: "cancelled", by: "local" });
        expect(await Promise.all([first.call.answered, second.call.answered])).toEqual([false, false]);
        const { call } = await dial(harness.addresses.rings, { signal: cancel.signal });
        expect(await call.ended).toMatchObject({ reason: "cancelled" });
      });

      test("is refused with a code where the address means nothing", async () => {
        const error: unknown = await harness.adapter.originate(harness.addresses.nonsense).catch((reason: unknown) => reason);
        expect(isHotlineError(error)).toBe(true);
        expect(harness.adapter.reachable(harness.addresses.nonsense) ?? false).toBe(false);
      });
    });

    test("a call in and a call out are bridged in one worker and hear each other", async () => {
      const { call, caller } = await connected();
      const { call: out } = await dial(harness.addresses.answers, call.media === undefined ? {} : { near: call.media });
      expect(await out.answered).toBe(true);
      const callee = await harness.answeredBy(out);
      if (call.media === undefined || out.media === undefined) throw new Error("no sound");
      expect(out.media.worker).toBe(call.media.worker);
      const bridge = await harness.media.createBridge({ near: call.media });
      await bridge.join(call.media);
      await bridge.join(out.media);
      await Promise.all([caller.say(700, 1_000), callee.say(1_500, 1_000)]);
      expect(await hears(callee, 700)).toBe(true);
      expect(await hears(caller, 1_500)).toBe(true);
      expect(holds(await caller.heard(), 700)).toBe(false);
      await bridge.close();
      await Promise.all([call.hangup(), out.hangup()]);
    });
  });
}
