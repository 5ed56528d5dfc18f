import { describe, expect, it } from "vitest";
import type { CampaignSettings } from "../../src/contract.js";
import { instantOf, localOf } from "./local-time.js";
import { changedFields, FRESH, patchOf, problemsOf, settingsOf, valuesOf } from "./settings-values.js";

const SETTINGS: CampaignSettings = { name: "资格认证", kind: "announcement", queue: null, script: null, prompt: { text: "你好，{{name}}" }, flow: null, callerId: null, calendar: "citizens", from: Date.parse("2026-12-01T08:30:00Z"), until: null, retry: { maxAttempts: 3, waitMinutes: [30, 120], otherSlot: true }, atOnce: 2 };

describe("settings in the form", () => {
  it("nothing has changed as long as nothing was typed, nor when the same is written in another way", () => {
    const values = valuesOf(SETTINGS);
    expect(changedFields(values, SETTINGS)).toEqual([]);
    expect(changedFields({ ...values, name: " 资格认证 ", waits: "30，120", callerId: "  " }, SETTINGS)).toEqual([]);
    // A prompt named in the short form is sent in the long one, which is no change either.
    expect(changedFields(valuesOf({ ...SETTINGS, prompt: "callbacks.poll" }), { ...SETTINGS, prompt: "callbacks.poll" })).toEqual([]);
  });

  it("what has changed, and only that, is sent", () => {
    const values = { ...valuesOf(SETTINGS), waits: "30，60、120", callerId: "（0571）8888 6666", atOnce: 5 };
    const fields = changedFields(values, SETTINGS);
    expect(fields).toEqual(["callerId", "retry", "atOnce"]);
    expect(patchOf(values, fields)).toEqual({ callerId: "057188886666", retry: { maxAttempts: 3, waitMinutes: [30, 60, 120], otherSlot: true }, atOnce: 5 });
  });

  it("a kind has its own content only", () => {
    expect(settingsOf({ ...valuesOf(SETTINGS), kind: "agent", queue: "q" })).toMatchObject({ prompt: null, flow: null, queue: "q" });
  });

  it("tells what cannot be so", () => {
    expect(problemsOf(FRESH)).toEqual(["name", "queue"]);
    expect(problemsOf({ ...FRESH, name: "a", queue: "q" })).toEqual([]);
    expect(problemsOf({ ...FRESH, name: "a", kind: "announcement", promptText: "  " })).toEqual(["prompt"]);
    expect(problemsOf({ ...FRESH, name: "a", kind: "flow" })).toEqual(["flow"]);
    const good = valuesOf(SETTINGS);
    expect(problemsOf({ ...good, callerId: "12a", waits: "30, viel", atOnce: 0 })).toEqual(["callerId", "retry", "atOnce"]);
    expect(problemsOf({ ...good, from: "2026-12-01T09:00", until: "2026-12-01T09:00" })).toEqual(["until"]);
    expect(problemsOf({ ...good, from: "2026-12" })).toEqual(["from"]);
  });

  it("a time typed is the same when it is shown again", () => {
    for (const local of ["2026-12-01T09:00", "2026-03-29T12:30", "2024-02-29T23:59"]) expect(localOf(instantOf(local))).toBe(local);
  });
});
