import { expect, it } from "vitest";
import { runPiece } from "./fuzz/piece.js";

it("one short piece of the fuzz run finds nothing", async () => {
  expect(await runPiece(1, undefined, 1_000)).toEqual([]);
});
