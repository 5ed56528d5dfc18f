import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import { createTestHotline } from "@hotlinejs/testing";
import { tickets } from "@hotlinejs/plugin-tickets";
import { directory } from "@hotlinejs/plugin-directory";
import { recordLongRun } from "./support/long-results.js";

const TICKET_COUNT = 3_000;
const INTERACTIONS = 200_000;

describe("volume", () => {
  it(`${TICKET_COUNT} tickets of one day are gapless; lists stay quick over ${INTERACTIONS} interactions`, async () => {
    const test = await createTestHotline({ plugins: [directory({}), tickets({})] });
    try {
      const service = test.services.get(TICKETS);
      const serials: string[] = [];
      let cpu = process.cpuUsage();
      for (let i = 0; i < TICKET_COUNT; i += 50) serials.push(...(await Promise.all(Array.from({ length: 50 }, () => service.create({ kind: "complaint", source: "agent", actor: "test", contactNumber: "13800138000" })))).map((each) => each.serial));
      cpu = process.cpuUsage(cpu);
      const perTicket = (cpu.user + cpu.system) / 1_000 / TICKET_COUNT;
      expect(serials.map((serial) => Number(serial.slice(6, 11))).sort((a, b) => a - b)).toEqual(Array.from({ length: TICKET_COUNT }, (_, index) => index + 1));

      await test.services.get(UNIT_OF_WORK).run(async (uow) => {
        const row = (i: number): (string | number | null)[] => [`v${String(i).padStart(12, "0")}`, "voice", "inbound", "13800138000", "12333", 1_700_000_000_000 + i * 1_000, 1_700_000_000_000 + i * 1_000 + 60_000, "hangup", "{}", "2023-11-14", i % 24, "node", 1];
        for (let i = 0; i < INTERACTIONS; i += 1_000) {
          const values = Array.from({ length: 1_000 }, (_, k) => row(i + k));
          await uow.em.getKnex().raw(`insert into core_interaction (id, channel, direction, caller_number, called_number, started_at, ended_at, end_reason, data, business_date, business_hour, node_id, version) values ${values.map((each) => `(${each.map(() => "?").join(",")})`).join(",")}`, values.flat() as string[]).transacting(uow.em.getTransactionContext() as never);
        }
      });
      const started = performance.now();
      const page = await test.services.get(READ_POOL).read((em) => em.execute<{ id: string }[]>("select id from core_interaction order by started_at desc, id desc limit 50"));
      const listMs = performance.now() - started;
      expect(page).toHaveLength(50);
      recordLongRun("volume", `${TICKET_COUNT} tickets gapless at ${perTicket.toFixed(2)} CPU-ms each; newest 50 of ${INTERACTIONS} interactions in ${listMs.toFixed(1)} ms`);
      // Ten times what it should take: an index is missing, not the machine slow.
      expect(listMs).toBeLessThan(500);
    } finally {
      await test.close();
    }
  });
});
