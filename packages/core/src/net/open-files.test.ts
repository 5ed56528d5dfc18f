import { expect, it } from "vitest";
import { openFilesLimit } from "./open-files.js";

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             15234                15234                processes \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`;

it("knows how many files the process may have open, where the system tells and bounds it", () => {
  const none = (): string => {
    throw new Error("no such file");
  };
  expect(openFilesLimit(() => limits("1024"))).toBe(1_024);
  for (const tell of [() => limits("unlimited"), none, () => ""]) expect(openFilesLimit(tell)).toBeUndefined();
  if (process.platform === "linux") expect(openFilesLimit()).toBeGreaterThan(0);
});
