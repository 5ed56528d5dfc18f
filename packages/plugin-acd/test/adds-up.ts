import { READ_POOL } from "@hotlinejs/core";
import { expect } from "vitest";
import { QueueIntervalEntity } from "../src/entities/queue-interval.entity.js";
import type { Stage } from "./stage.js";

/** Intervals and entries tell the same, to the caller. */
export async function addsUp(at: Stage): Promise<void> {
  const entries = await at.entries();
  const rows = await at.test.services.get(READ_POOL).read((em) => em.find(QueueIntervalEntity, {}));
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const count = (...outcomes: (string | null)[]): number => entries.filter((entry) => outcomes.includes(entry.outcome ?? null)).length;
  expect(sum((row) => row.offered)).toBe(entries.length);
  expect(sum((row) => row.answered)).toBe(count("answered"));
  expect(sum((row) => row.abandoned)).toBe(count("abandoned"));
  expect(sum((row) => row.cut)).toBe(count("cut", "process_restart"));
  expect(sum((row) => row.refused)).toBe(count("no-agents", "full", "closed"));
  expect(sum((row) => row.offered - row.answered - row.abandoned - row.timeouts - row.refused - row.diverted - row.exits - row.moved - row.cut)).toBe(count(null));
  expect(sum((row) => row.waitMs)).toBe(entries.filter((entry) => entry.outcome === "answered").reduce((total, entry) => total + (entry.waitMs ?? 0), 0));
  expect(sum((row) => row.talkMs)).toBe(entries.reduce((total, entry) => total + (entry.talkMs ?? 0), 0));
}
