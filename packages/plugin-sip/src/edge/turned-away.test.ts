import type { AuditEntry } from "@hotlinejs/core";
import { createSilentLogger } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { TurnedAway } from "./turned-away.js";

const MINUTE = 60_000;

let clock: ManualClock;
let written: AuditEntry[];
let away: TurnedAway;

beforeEach(() => {
  clock = new ManualClock();
  written = [];
  away = new TurnedAway({ clock, log: createSilentLogger(), write: async (entries) => void written.push(...entries) });
});

const told = (): unknown[] => written.splice(0).map(({ action, subject, details }) => [action, subject?.id, details]);

describe("what the edge turns away, in the audit", () => {
  it("is told once when it begins, and with the count once it is over", async () => {
    const since = clock.now();
    away.note("access", "203.0.113.9");
    expect(told()).toEqual([["sip.turned-away", "203.0.113.9", { reason: "access" }]]);
    for (let i = 0; i < 500; i++) {
      away.note("access", "203.0.113.9");
      await clock.advance(1_000);
    }
    expect(told()).toEqual([]);
    await clock.advance(6 * MINUTE);
    expect(told()).toEqual([["sip.turned-away-count", "203.0.113.9", { reason: "access", count: 500, since, last: since + 499_000, over: true }]]);
    expect(clock.armed).toBe(0);
    away.note("access", "203.0.113.9");
    expect(told()).toHaveLength(1);
  });

  it("each source and each reason by itself, a single refusal by one entry, an account's rate with the account", async () => {
    away.note("rate", "203.0.113.9");
    away.note("overload", "203.0.113.9");
    away.note("rate", "203.0.113.10");
    away.note("account-rate", "203.0.113.10", "1001");
    expect(told()).toEqual([
      ["sip.turned-away", "203.0.113.9", { reason: "rate" }],
      ["sip.turned-away", "203.0.113.9", { reason: "overload" }],
      ["sip.turned-away", "203.0.113.10", { reason: "rate" }],
      ["sip.turned-away", "203.0.113.10", { reason: "account-rate", account: "1001" }],
    ]);
    await clock.advance(10 * MINUTE);
    expect(told()).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it("one that goes on is told every hour, and what is not told yet when the hotline stops", async () => {
    for (let i = 0; i < 130; i++) {
      away.note("rate", "203.0.113.9");
      await clock.advance(MINUTE);
    }
    await away.stop();
    const entries = told() as [string, string, { count?: number; over?: boolean }][];
    expect(entries.map(([action, , { count, over }]) => [action, count, over])).toEqual([
      ["sip.turned-away", undefined, undefined],
      ["sip.turned-away-count", expect.any(Number), false],
      ["sip.turned-away-count", expect.any(Number), false],
      ["sip.turned-away-count", expect.any(Number), false],
    ]);
    expect(entries.reduce((sum, [, , { count }]) => sum + (count ?? 0), 0)).toBe(129);
    expect(clock.armed).toBe(0);
  });

  it("a day of forged sources fills no disk, leaves room for another reason, and is counted whole", async () => {
    for (let minute = 0; minute < 24 * 60; minute++) {
      for (let i = 0; i < 200; i++) away.note("access", `2001:db8::${(minute * 200 + i).toString(16)}`);
      await clock.advance(MINUTE);
    }
    away.note("overload", "203.0.113.9");
    expect(written.at(-1)).toMatchObject({ action: "sip.turned-away", subject: { id: "203.0.113.9" }, details: { reason: "overload" } });
    await away.stop();
    expect(written.length).toBeLessThan(1_800);
    const begun = written.filter(({ action, details }) => action === "sip.turned-away" && details?.reason === "access").length;
    const counted = written.filter(({ details }) => details?.reason === "access").reduce((sum, { details }) => sum + Number(details?.count ?? 0), 0);
    expect(begun + counted).toBe(24 * 60 * 200);
  });

  it("sources that never rest are bounded", async () => {
    const sources = Array.from({ length: 3_000 }, (_, i) => `2001:db8::${i.toString(16)}`);
    for (let minute = 0; minute < 1_500; minute++) {
      for (const source of sources) if (minute % 4 === 0) away.note("rate", source);
      await clock.advance(MINUTE);
    }
    expect(written.filter(({ action }) => action === "sip.turned-away")).toHaveLength(1_000);
  });
});
