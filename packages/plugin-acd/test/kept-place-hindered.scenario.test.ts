import { coreErrors, defineErrors, definePlugin } from "@hotlinejs/core";
import type { OutboundContext, Refusal } from "@hotlinejs/core";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { CITIZEN, MINUTE, scene } from "./kept-place-scene.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

const trunk = defineErrors("TRUNK", { FULL: { message: "All channels of the trunks are in use", status: 503 } });

/** Asked before each callback; other calls go out. */
const check = (callback: (context: OutboundContext) => Refusal | undefined | Promise<undefined>) =>
  definePlugin({ name: "rule", version: "0.1.0", core: "*", config: z.strictObject({}), register: ({ hooks }) => void hooks.callOutbound.tap((context: OutboundContext) => (context.purpose === "callback" ? callback(context) : undefined)) })();
const refusal = (code: string): Refusal => ({ refused: true, code, message: "not now" });

describe("a callback that could not be dialled", () => {
  it.each<readonly [string, () => Refusal | Promise<undefined>]>([
    ["the house makes no calls at this hour", () => refusal("toll-hours")],
    ["no calls go out in the hours of quiet", () => refusal("quiet-hours")],
    ["as many calls as may are out", () => refusal("toll-concurrent")],
    ["the calls of the day are used up", () => refusal("toll-daily")],
    ["a check fails", () => { throw new Error("the list cannot be read"); }],
    ["a check takes too long", () => new Promise(() => undefined)],
  ])("was no attempt where %s: the place stays, the agent is free, and it is dialled after a minute", async (_, refused) => {
    let hindered = true;
    const { at, rings, place, wish, free } = await scene({ callback: { maxAttempts: 1 }, rule: check(() => (hindered ? refused() : undefined)) });
    await wish();
    const { placeAt } = await place();
    await free();
    // Twice, so that it is no matter of the first time.
    await at.test.advance(1.5 * MINUTE);
    expect(rings).toEqual([]);
    const row = await place();
    expect(row).toMatchObject({ state: "waiting", result: null, attempts: 0, placeAt });
    expect(row.nextAt - at.test.clock.now()).toBeGreaterThan(0);
    expect(row.nextAt - at.test.clock.now()).toBeLessThanOrEqual(MINUTE);
    expect(at.acd.agent("1001")?.state).toBe("available");
    hindered = false;
    await at.test.advance(0.75 * MINUTE);
    expect(rings).toHaveLength(1);
    expect(await place()).toMatchObject({ state: "calling", attempts: 1, placeAt });
    // From here on it is as ever: the only attempt comes to nothing.
    await at.test.advance(MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "no-answer", attempts: 1 });
  });

  it.each([
    ["all trunks are full", () => trunk.FULL()],
    ["nothing dials such numbers", () => coreErrors.NO_ADAPTER("addresses of the kind tel:")],
  ])("was no attempt where %s", async (_, error) => {
    const { at, rings, place, wish, free } = await scene({ callback: { maxAttempts: 1 } });
    const network = at.test.services.get(FAKE_TELEPHONY);
    const dial = network.originate.bind(network);
    let hindered = true;
    vi.spyOn(network, "originate").mockImplementation((to, options) => (hindered && to === `tel:${CITIZEN}` ? Promise.reject(error()) : dial(to, options)));
    await wish();
    await free();
    await at.test.advance(1.5 * MINUTE);
    expect(await place()).toMatchObject({ state: "waiting", result: null, attempts: 0 });
    expect(at.acd.agent("1001")?.state).toBe("available");
    hindered = false;
    await at.test.advance(0.75 * MINUTE);
    expect(rings).toHaveLength(1);
  });

  it.each(["do-not-call", "not-permitted", "toll-destination"])("is over where the person may not be called: %s", async (code) => {
    const { at, rings, place, wish, free } = await scene({ rule: check(() => refusal(code)) });
    await wish();
    await free();
    await at.test.advance(MINUTE);
    expect(rings).toEqual([]);
    expect(await place()).toMatchObject({ state: "closed", result: "refused" });
  });
});
