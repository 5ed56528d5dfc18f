import { expect, it } from "vitest";
import { connectionLimit, connectionsAtMost, openFilesLimit } from "./connection-limit.js";

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             15234                15234                processes \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`;

it("connections have a quarter of the descriptors the process may have, so that sound, recordings and the database have the others", () => {
  expect(connectionLimit(undefined, openFilesLimit(() => limits("1024")))).toEqual({ most: 256, risky: false });
  expect(connectionLimit(undefined, openFilesLimit(() => limits("1048576")))).toEqual({ most: 2_000, risky: false });
  expect(connectionLimit(undefined, openFilesLimit(() => limits("20")))).toEqual({ most: 16, risky: false });
});

it("where the system sets or tells no bound there are as many as ever", () => {
  const none = (): string => {
    throw new Error("no such file");
  };
  for (const tell of [() => limits("unlimited"), none, () => ""]) expect(openFilesLimit(tell)).toBeUndefined();
  expect(connectionLimit(undefined, undefined)).toEqual({ most: 2_000, risky: false });
  if (process.platform === "linux") expect(openFilesLimit()).toBeGreaterThan(0);
});

it("what is configured holds, and is known to be too many", () => {
  expect(connectionLimit(3_000, 1_024)).toEqual({ most: 3_000, risky: true });
  expect(connectionLimit(500, 1_024)).toEqual({ most: 500, risky: false });
  const warned: object[] = [];
  const log = { warn: (fields: object) => void warned.push(fields) };
  expect([connectionsAtMost(3_000, log, 1_024), connectionsAtMost(500, log, 1_024), connectionsAtMost(undefined, log, 1_024)]).toEqual([3_000, 500, 256]);
  expect(warned).toEqual([{ maxConnections: 3_000, openFiles: 1_024 }]);
  expect(connectionLimit(100_000, undefined)).toEqual({ most: 100_000, risky: false });
});
