import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { definePlugin, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import type { TestPostgres } from "../../core/test/postgres.js";
import { makeSerial } from "../src/domain/serial-number.js";
import { TicketsInit } from "../src/migrations/init.js";
import { Desk, person } from "./support/desk.js";
import { at, officeHours, text } from "./support/office.js";

/** The plugin as its first version left the database. */
const first = definePlugin({ name: "tickets", version: "0.1.0", core: "*", config: z.strictObject({}), migrations: [TicketsInit], register: () => undefined });

const SEALED = ["contact_sealed", "query_code_sealed"];
const TICKETS = [
  { id: "open", serial: makeSerial("2026-01-05", 1), kind: "complaint", status: "handling", confidentiality: "normal", contact_name: "王女士", contact_number: "13800138000", contact_sealed: null },
  { id: "sealed", serial: makeSerial("2026-01-05", 2), kind: "report", status: "accepted", confidentiality: "confidential", contact_name: null, contact_number: null, contact_sealed: JSON.stringify({ name: "李", number: "13900139000" }) },
  { id: "done", serial: makeSerial("2026-01-05", 3), kind: "help", status: "closed", confidentiality: "normal", contact_name: null, contact_number: null, contact_sealed: null },
];

let desk: Desk | undefined;
let dataDir = "";
afterEach(async () => {
  await desk?.test.close();
  desk = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

async function upgraded(databaseUrl?: string): Promise<Desk> {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-upgrade-"));
  const where = databaseUrl === undefined ? { dataDir } : { dataDir, databaseUrl };
  const old = await createTestHotline({ ...where, plugins: [first()], calendars: [officeHours], startAt: at("2026-01-05 10:00") });
  const secrets = old.services.get(SECRETS);
  await old.services.get(UNIT_OF_WORK).run(async (uow) => {
    for (const ticket of TICKETS) {
      const row: Record<string, unknown> = { ...ticket, source: "ivr", anonymous: false, query_code_sealed: "123456", created_by: "citizen", created_at: old.clock.now(), updated_at: old.clock.now(), business_date: "2026-01-05", business_hour: 10, version: 3 };
      for (const column of SEALED) if (typeof row[column] === "string") row[column] = secrets.seal(row[column]);
      const columns = Object.keys(row);
      await uow.em.execute(`insert into tickets_ticket (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`, Object.values(row) as (string | number)[], "run");
      await uow.em.execute("insert into tickets_event (id, ticket_id, at, action, to_status, actor, data, version) values (?, ?, ?, 'create', 'received', 'citizen', ?, 1)", [`e-${ticket.id}`, ticket.id, old.clock.now(), "{}"], "run");
    }
    await uow.em.execute("insert into tickets_attachment (ticket_id, reference, kind, position, attached_at) values ('open', 'r1', 'recording', 1, 0)", [], "run");
  });
  await old.close();
  desk = await Desk.open({ ...where, startAt: at("2026-03-02 10:00") });
  await desk.test.advance(1000);
  return desk;
}

function reads(databaseUrl: () => Promise<string | undefined>): void {
  it("tickets of the first version are read, have a clock from now on and go on", async () => {
    const now = await upgraded(await databaseUrl());
    expect(await now.service.get("open")).toMatchObject({ contactName: "王女士", contactEmail: null, handlingDepartment: null, recordings: ["r1"], files: [], version: 3, clock: { state: "running", limitDays: 10 } });
    expect(text((await now.service.get("open"))?.clock.dueAt ?? 0)).toBe("2026-03-16 17:30");
    expect(await now.service.get("sealed")).toMatchObject({ contactName: "李", contactNumber: "13900139000", contactEmail: null });
    expect(await now.service.get("done")).toMatchObject({ clock: { state: "none", dueAt: null } });
    expect(await now.service.answerFor(makeSerial("2026-01-05", 1), "123456", { channel: "phone", from: "1" })).toMatchObject({ result: "ok" });
    expect(await now.move(person("a", "agent"), "open", "reply", { answer: "已付" }, { version: 3 })).toMatchObject({ status: "replied", clock: { state: "stopped" } });
    // What was open for weeks is not urged all at once.
    expect(now.told()).toEqual([]);
    expect((await now.service.urgings("sealed")).every((each) => each.state === "planned")).toBe(true);
  });
}

describe("an upgrade on SQLite", () => reads(() => Promise.resolve(undefined)));

describe.skipIf(!postgresPresent())("an upgrade on PostgreSQL", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  reads(() => server.database());
});
