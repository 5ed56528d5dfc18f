import { CALL_PIPELINE, HEALTH } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import { expect, it } from "vitest";
import { voiceboard, VOICEBOARD } from "../src/index.js";
import { VIRTUAL_BOARD } from "../src/virtual/index.js";
import { HandChannel } from "./support/hand-board.js";

it("brings no line of its own accord, and as many as HOTLINE_VIRTUAL_LINES says", async () => {
  const none = await createTestHotline({ plugins: [voiceboard()] });
  expect(none.services.get(VOICEBOARD).lines()).toEqual([]);
  expect(none.services.get(CALL_PIPELINE).adapters.map(({ name }) => name)).toContain("voiceboard");
  await none.close();
  const channel = new HandChannel("a1");
  const driver = { name: "hand", channels: [channel], open: () => Promise.resolve(), close: () => Promise.resolve() };
  const some = await createTestHotline({ plugins: [voiceboard({ drivers: [driver] })], environment: { HOTLINE_VIRTUAL_LINES: "2", HOTLINE_VOICEBOARD_VIRTUAL_NUMBER: "12345" } });
  const { lines } = some.services.get(VOICEBOARD);
  expect(lines()).toEqual([
    { key: "1", board: "virtual", number: "12345", state: "idle" },
    { key: "2", board: "virtual", number: "12345", state: "idle" },
    { key: "a1", board: "hand", number: "12333", state: "idle" },
  ]);
  const health = async () => (await some.services.get(HEALTH).report()).plugins.find(({ name }) => name === "voiceboard");
  expect(await health()).toMatchObject({ ok: true, details: { lines: 3, calls: 0 } });
  channel.tell({ type: "state", state: "out-of-service" });
  expect(await health()).toMatchObject({ ok: false, message: "out of service: a1" });
  // Somebody calls, and the kernel has the call.
  const party = some.services.get(VIRTUAL_BOARD).line("1").call({ number: "13800138000" });
  await some.advance(4_000);
  expect(some.services.get(VOICEBOARD).lines()[0]?.state).not.toBe("idle");
  await some.close();
  expect(await party.ended).toMatchObject({ answered: false });
  expect(lines().every(({ state }) => state !== "off-hook" && state !== "ringing")).toBe(true);
});

it("refuses what cannot be", async () => {
  await expect(createTestHotline({ plugins: [voiceboard({ virtualLines: 65 })] })).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID" });
  await expect(createTestHotline({ plugins: [voiceboard({ virtualLines: 1, drivers: [{ name: "hand", channels: [new HandChannel("1")], open: () => Promise.resolve(), close: () => Promise.resolve() }] })] })).rejects.toMatchObject({ code: "HTL_VOICEBOARD_DUPLICATE_LINE" });
});
