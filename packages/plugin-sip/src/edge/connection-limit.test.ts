import { expect, it } from "vitest";
import { connectionLimit, connectionsAtMost } from "./connection-limit.js";

it("connections have a quarter of the descriptors the process may have, so that sound, recordings and the database have the others", () => {
  expect(connectionLimit(undefined, 1_024)).toEqual({ most: 256, risky: false });
  expect(connectionLimit(undefined, 1_048_576)).toEqual({ most: 2_000, risky: false });
  expect(connectionLimit(undefined, 20)).toEqual({ most: 16, risky: false });
});

it("where the system sets or tells no bound there are as many as ever", () => {
  expect(connectionLimit(undefined, undefined)).toEqual({ most: 2_000, risky: false });
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
