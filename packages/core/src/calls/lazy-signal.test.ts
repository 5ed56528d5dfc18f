import { expect, it } from "vitest";
import { LazySignal } from "./lazy-signal.js";

it("a signal made on demand tells who asked before, has fired for who asks after, and keeps the first reason", () => {
  const heard: unknown[] = [];
  const early = new LazySignal();
  const { signal } = early;
  signal.addEventListener("abort", () => heard.push(signal.reason));
  expect([early.aborted, signal.aborted, early.signal === signal]).toEqual([false, false, true]);
  early.abort("first");
  early.abort("second");
  expect([early.aborted, signal.aborted, heard]).toEqual([true, true, ["first"]]);

  const late = new LazySignal();
  late.abort("gone");
  expect([late.aborted, late.signal.aborted, late.signal.reason]).toEqual([true, true, "gone"]);
});
