import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { addsUp } from "./adds-up.js";
import { closeStages, stage, team } from "./stage.js";

/** The way to the server, which can be cut. */
async function cable(port: number) {
  const sockets = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    if (cut) return void near.destroy();
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => (sockets.delete(one), other.destroy()));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      cut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => void (cut = false),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe.skipIf(!postgresPresent())("the connection to PostgreSQL breaks while callers wait and talk", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(closeStages);
  afterAll(() => server.stop());

  it("calls go on; afterwards entries and intervals tell every call of the outage", { timeout: 120_000 }, async () => {
    const line = await cable(server.port);
    try {
      const databaseUrl = (await server.database()).replace(`:${server.port}/`, `:${line.port}/`);
      const at = await stage({ databaseUrl, acd: team({ connectPrompt: false, whisper: false, maxWaitSeconds: 0 }, ["1001"], 0) });
      const phone = await at.phone("1001");
      await at.acd.setAgentState("1001", "available", { actor: "test" });
      const talk = async (from: string, ms: number): Promise<void> => {
        const caller = await at.dial(from);
        expect(phone.ringing).toBe(true);
        await phone.answer();
        await at.test.advance(ms);
        await caller.hangup();
        await at.test.advance(200);
      };
      await talk("13800000001", 30_000);
      const across = await at.dial("13800000002");
      await phone.answer();
      await at.test.advance(5_000);
      line.cut();
      const gaveUp = await at.dial("13800000003");
      await at.test.advance(20_000);
      await gaveUp.hangup();
      await at.test.advance(40_000);
      await across.hangup();
      await at.test.advance(1_000);
      for (let i = 4; i < 9; i++) await talk(`1380000000${i}`, 10_000);
      line.mend();
      for (let i = 0; i < 20; i++) await at.test.advance(1_000);
      await talk("13800000009", 10_000);
      await at.test.advance(5_000);
      const entries = await at.entries();
      expect(entries.map(({ outcome }) => outcome)).toEqual(["answered", "answered", "abandoned", "answered", "answered", "answered", "answered", "answered", "answered"]);
      expect(entries[1]?.talkMs).toBeGreaterThanOrEqual(65_000);
      await addsUp(at);
      expect(at.acd.queue("q")?.today).toMatchObject({ offered: 9, answered: 8, abandoned: 1 });
    } finally {
      await closeStages();
      line.close();
    }
  });
});
