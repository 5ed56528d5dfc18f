import { createSilentLogger } from "@hotlinejs/core";
import type { BusinessCalendar, ReadPool, UnitOfWork } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { sipConfig } from "../config.js";
import { tollAllows, TollGuard } from "./toll-guard.js";
import type { TollRequest } from "./toll-guard.js";

/** A guard that lets each person make so many calls a day, counted in memory alone. */
function guard(perDay: number): (request: Partial<TollRequest>) => Promise<string> {
  const toll = new TollGuard({
    config: sipConfig.parse({ toll: { perDay } }).toll,
    clock: new ManualClock(),
    unitOfWork: { run: () => Promise.resolve() } as unknown as UnitOfWork,
    reads: { read: () => Promise.resolve(null) } as unknown as ReadPool,
    log: createSilentLogger(),
    calendar: () => ({ dateOf: () => "2026-03-02" }) as unknown as BusinessCalendar,
    liveCalls: () => 0,
    outsideNumber: (address) => address.replace(/^tel:/, ""),
  });
  return async (request) => (await toll.check({ to: "tel:12345", interactionId: "i1", ...request }))?.code ?? "may";
}

const CALLER = { actor: "citizen", caller: "13800138000" };

describe("the beginnings of numbers", () => {
  const may = (allow: string[], deny: string[], number: string): boolean => tollAllows({ allow, deny }, number);

  it("forbid a number abroad in both its spellings", () => {
    for (const deny of ["00", "+"]) expect([deny, may([""], [deny], "00442012345678"), may([""], [deny], "+442012345678"), may([""], [deny], "02012345678")]).toEqual([deny, false, false, true]);
    expect(may([""], ["0044"], "+442012345678")).toBe(false);
    expect(may([""], ["+44"], "00442012345678")).toBe(false);
  });

  it("allow the own country's where they name it, in both spellings, and nothing abroad by a trunk prefix", () => {
    for (const number of ["+8613800138000", "008613800138000"]) expect([number, may(["", "+86"], ["00"], number), may(["", "0086"], ["+"], number)]).toEqual([number, true, true]);
    expect(may(["", "+86"], ["00"], "+442012345678")).toBe(false);
    expect(may(["0"], [], "+442012345678")).toBe(false);
  });
});

describe("the calls of a day", () => {
  it("that a flow leads callers to are each caller's own, and not the hotline's", async () => {
    const may = guard(1);
    expect(await may({ ...CALLER, redirect: true })).toBe("may");
    expect(await may({ ...CALLER, interactionId: "i2", redirect: true })).toBe("toll-daily");
    expect(await may({ ...CALLER, caller: "13800138001", interactionId: "i3" })).toBe("may");
    expect(await may({ interactionId: "i4" })).toBe("may");
    expect(await may({ actor: "agent:1001", interactionId: "i5" })).toBe("may");
  });

  it("of a route that sends callers on before the answer are the callers' too", async () => {
    const may = guard(1);
    expect(await may({ caller: "13800138000", redirect: true })).toBe("may");
    expect(await may({ caller: "13800138000", redirect: true })).toBe("toll-daily");
    expect(await may({})).toBe("may");
  });

  it("are counted together of those who withhold their number", async () => {
    const may = guard(1);
    expect(await may({ actor: "citizen", caller: "" })).toBe("may");
    expect(await may({ actor: "citizen", caller: "", interactionId: "i2" })).toBe("toll-daily");
  });

  it("are the agent's where an agent leads the caller away", async () => {
    const may = guard(1);
    expect(await may({ actor: "agent:1001", caller: "13800138000", redirect: true })).toBe("may");
    expect(await may({ actor: "agent:1001", caller: "13800138001", redirect: true })).toBe("toll-daily");
  });

  it("count one that the carrier refuses to take and a trunk of ours then makes once, and each further one", async () => {
    const may = guard(2);
    expect(await may({ ...CALLER, redirect: true })).toBe("may");
    expect(await may(CALLER)).toBe("may");
    expect(await may(CALLER)).toBe("may");
    expect(await may(CALLER)).toBe("toll-daily");
  });

  it("let nobody else, no other number and no other call have what was counted for a redirection", async () => {
    for (const other of [{ interactionId: "i2" }, { to: "tel:12366" }]) {
      const may = guard(1);
      expect(await may({ ...CALLER, redirect: true })).toBe("may");
      expect(await may({ ...CALLER, ...other })).toBe("toll-daily");
    }
    const may = guard(1);
    expect(await may({ actor: "agent:1001" })).toBe("may");
    expect(await may({ ...CALLER, redirect: true })).toBe("may");
    expect(await may({ actor: "agent:1001" })).toBe("toll-daily");
  });
});
