import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../../packages/core/test/postgres.js";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

interface Ticket {
  readonly id: string;
  readonly serial: string;
  readonly kind: string;
  readonly recordings: readonly string[];
}

describe.skipIf(!postgresPresent() || !hasSipp())("the example on PostgreSQL", () => {
  let server: TestPostgres;
  let dataDir: string;
  let example: Example | undefined;
  beforeAll(async () => {
    server = await startPostgres();
    dataDir = mkdtempSync(join(tmpdir(), "hotline-pg-"));
  });
  afterAll(async () => {
    await example?.dispose();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("a complaint by telephone is still there after a restart, with its sound", async () => {
    const environment = { HOTLINE_DATABASE_URL: await server.database() };
    example = await Example.start({ dataDir, environment });
    expect(await example.get("/api/health")).toMatchObject({ ok: true, state: "running" });
    const ticket = await complain(example);
    expect(ticket).toMatchObject({ kind: "complaint" });
    expect(ticket.serial).toMatch(/^\d{12}$/);
    await example.eventually<{ items: readonly { state: string }[] }>("/api/recordings", ({ items }) => items.length === 2 && items.every((each) => each.state === "compressed"), 30_000);
    expect(await example.kill("SIGTERM")).toBe(0);
    expect(example.stderr).not.toMatch(/"level":(50|60)/);

    example = await Example.start({ dataDir, environment });
    expect(await example.get("/api/health")).toMatchObject({ ok: true });
    const { items } = await example.get<{ items: readonly Ticket[] }>("/api/tickets");
    expect(items).toEqual([ticket]);
    const [message] = ticket.recordings;
    const audio = await example.fetch(`/api/recordings/${message}/audio?format=opus`);
    expect(audio.status).toBe(200);
    expect(Buffer.from(await audio.arrayBuffer()).toString("latin1", 0, 4)).toBe("OggS");
    const interactions = await example.get<{ items: readonly { endReason: string }[] }>("/api/interactions");
    expect(interactions.items.map((each) => each.endReason)).toEqual(["remote-hangup"]);

    const audit = await example.get<{ items: readonly { at: number; action: string }[]; next: string | null }>("/api/audit?action=ticket.created&outcome=done");
    expect(audit.items.map(({ action }) => action)).toEqual(["ticket.created"]);
    expect((await example.get<{ items: readonly unknown[] }>(`/api/audit?action=ticket.created&to=${audit.items[0]?.at}`)).items).toEqual([]);
    expect(await example.eventually<{ ok: boolean; unsealed: number }>("/api/audit/verify", ({ unsealed }) => unsealed === 0)).toMatchObject({ ok: true, brokenAt: null });
    const metrics = await (await example.fetch("/api/metrics")).text();
    for (const line of ["hotline_metrics_unread 0", "hotline_tickets_overdue 0", 'hotline_jobs{state="failed"} 0', 'hotline_tickets_open{state="received"} 1']) expect(metrics).toContain(`${line}\n`);
    expect(metrics).toMatch(/hotline_outbox_backlog_events\{consumer="[^"]+"\} 0\n/);
  }, 120_000);
});

/** 2-3-2, three seconds of sound, #; hangs up when the ticket is there. */
async function complain(example: Example): Promise<Ticket> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13900139000", mediaPort: probe.port }], talkMs: 34_000 });
  try {
    probe.playSilence();
    await probe.hearsSound();
    // The welcome with its recording notice cannot be cut short.
    await pause(7_500);
    for (const key of "232") {
      await pause(1_500);
      await probe.press(key);
    }
    // The request may be cut short; the key itself is not one that ends the message.
    await probe.hearsBeep();
    probe.playTone(500);
    await pause(2_500);
    probe.playSilence();
    await probe.press("#");
    const { items } = await example.eventually<{ items: readonly Ticket[] }>("/api/tickets", (page) => page.items.length === 1);
    expect(await caller.exited, caller.errors()).toBe(0);
    const [ticket] = items;
    if (ticket === undefined) throw new Error("no ticket");
    return ticket;
  } finally {
    caller.dispose();
    probe.close();
  }
}
