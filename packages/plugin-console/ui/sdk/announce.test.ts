import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { announce } from "./announce.js";

const region = () => ({ textContent: "", dataset: {} as Record<string, string> });
let regions: Record<string, ReturnType<typeof region>>;
const stand = (): readonly (string | undefined)[] => [regions["hl-live-polite"]?.textContent, regions["hl-live-assertive"]?.textContent];

beforeEach(() => {
  vi.useFakeTimers();
  regions = { "hl-live-polite": region(), "hl-live-assertive": region() };
  vi.stubGlobal("document", { getElementById: (id: string) => regions[id] ?? null });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("what was said before goes from the other region once it could be read out: a call that is over is not still mended", () => {
  announce("语音中断，正在恢复", "assertive");
  vi.advanceTimersByTime(1_000);
  announce("通话结束");
  expect(stand()).toEqual(["通话结束", "语音中断，正在恢复"]);
  vi.advanceTimersByTime(4_000);
  expect(stand()).toEqual(["通话结束", ""]);
  // What has stood long enough goes at once.
  vi.advanceTimersByTime(60_000);
  announce("来电", "assertive");
  vi.advanceTimersByTime(0);
  expect(stand()).toEqual(["", "来电"]);
});

it("what is said meanwhile in the same region stays", () => {
  announce("来电", "assertive");
  announce("已示闲");
  vi.advanceTimersByTime(3_000);
  announce("语音中断", "assertive");
  vi.advanceTimersByTime(4_000);
  expect(stand()[1]).toBe("语音中断");
});
