import { BLOBS, CALL_CONTROL, CALL_PIPELINE, definePlugin, IDS, PROMPTS, READ_POOL } from "@hotlinejs/core";
import type { CallHandler, Plugin } from "@hotlinejs/core";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";

let test: TestHotline | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

function handles(handler: (services: TestHotline["services"]) => CallHandler): Plugin {
  return definePlugin({
    name: "demo",
    version: "0.1.0",
    core: "*",
    requires: ["sip", "tts"],
    config: z.strictObject({}),
    register({ services, hooks }) {
      hooks.callRoute.tap(() => ({ handler: "demo", target: "x" }));
      services.get(CALL_PIPELINE).handler("demo", (session, plan) => handler(services)(session, plan));
    },
  })();
}

const rows = <T>(sql: string): Promise<T[]> => (test as TestHotline).services.get(READ_POOL).read((em) => em.execute<T[]>(sql));

describe("createTestHotline", () => {
  it("lets a caller dial, hear and key, in virtual time, and writes the interaction", async () => {
    test = await createTestHotline({
      plugins: [
        handles((services) => async ({ call }) => {
          await call.answer();
          const [welcome] = await services.get(PROMPTS).resolve({ text: "欢迎 {{name|text}}", values: { name: "张三" } });
          if (welcome === undefined) throw new Error("no prompt");
          const playback = call.play(welcome, { bargeIn: true });
          const { digits } = await call.collect({ after: playback, max: 1 });
          if (digits === "1") {
            const [bye] = await services.get(PROMPTS).resolve({ text: "再见" });
            if (bye !== undefined) await call.play(bye).done;
          }
        }),
      ],
    });
    const caller = await test.dial("12333", { from: "13700137000" });
    await caller.hears("欢迎 张三");
    await caller.press("1");
    await caller.hears("再见");
    await test.advance(5_000);
    expect(caller.end).toMatchObject({ reason: "hangup", by: "local" });
    const [interaction] = await rows<{ caller_number: string; ended_at: number; answered_at: number; end_reason: string }>("select * from core_interaction");
    expect(interaction).toMatchObject({ caller_number: "13700137000", end_reason: "hangup" });
    expect(interaction?.answered_at).toBeLessThan(interaction?.ended_at ?? 0);
    expect(await rows("select * from core_leg where ended_at is null")).toEqual([]);
  });

  it("bridges an agent's phone, and ends the agent's leg with the caller's", async () => {
    test = await createTestHotline({
      plugins: [
        handles((services) => async ({ call, interaction }) => {
          await call.answer();
          const control = services.get(CALL_CONTROL);
          const agent = await control.originate({ to: "sip:1001", interactionId: interaction.id, purpose: "agent", role: "agent" });
          if (await agent.answered) await (await control.connect(interaction.id, call, agent)).ended;
        }),
      ],
    });
    const agent = await test.agent("1001");
    const caller = await test.dial("12333");
    await test.advance(100);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await caller.hangup();
    await test.advance(100);
    expect(agent.talking).toBe(false);
    expect(await rows("select role from core_leg order by role")).toEqual([{ role: "agent" }, { role: "citizen" }]);
    const members = await rows<{ left_at: number | null }>("select left_at from core_bridge_membership");
    expect(members).toHaveLength(2);
    expect(members.every((each) => each.left_at !== null)).toBe(true);
  });

  it("refuses callers while draining, lets the one inside finish, which plugins wait for, and stops", async () => {
    const steps: string[] = [];
    test = await createTestHotline({
      drainSeconds: 60,
      plugins: [
        definePlugin({
          name: "server",
          version: "0.1.0",
          core: "*",
          config: z.strictObject({}),
          register({ onDrain, onDrained }) {
            onDrain(() => void steps.push("drain"));
            onDrained(() => void steps.push("drained"));
          },
        })(),
        handles(() => async ({ call }) => {
          await call.answer();
          await call.ended;
        }),
      ],
    });
    const inside = await test.dial("12333");
    const stopped = test.hotline.stop();
    await test.advance(1_000);
    expect(test.hotline.state).toBe("draining");
    const late = await test.dial("12333");
    expect(late.end?.status).toBe(503);
    expect(inside.answered).toBe(true);
    expect(steps).toEqual(["drain"]);
    await inside.hangup();
    await test.advance(2_000);
    await stopped;
    expect(test.hotline.state).toBe("stopped");
    expect(steps).toEqual(["drain", "drained"]);
  });

  it("ends the calls that are left at the deadline of the drain", async () => {
    test = await createTestHotline({
      drainSeconds: 5,
      plugins: [
        handles(() => async ({ call }) => {
          await call.answer();
          await new Promise(() => undefined);
        }),
      ],
    });
    const caller = await test.dial("12333");
    const stopped = test.hotline.stop();
    await test.advance(4_000);
    expect(caller.answered).toBe(true);
    await test.advance(20_000);
    await stopped;
    expect(caller.end?.reason).toBe("hangup");
  });

  it("keeps a caller when the handler fails, by the fallback plan", async () => {
    test = await createTestHotline({
      calls: { fallback: { handler: "rescue", target: "" } },
      plugins: [
        handles(() => () => Promise.reject(new Error("bug"))),
        definePlugin({
          name: "rescue",
          version: "0.1.0",
          core: "*",
          config: z.strictObject({}),
          register: ({ services }) =>
            services.get(CALL_PIPELINE).handler("rescue", async ({ call }) => {
              await call.answer();
              await call.ended;
            }),
        })(),
      ],
    });
    const caller = await test.dial("12333");
    expect(caller.answered).toBe(true);
    await caller.hangup();
  });

  it("two hotlines in one process share nothing", async () => {
    const handler = handles(() => async ({ call }) => {
      await call.answer();
      await call.ended;
    });
    test = await createTestHotline({ plugins: [handler], name: "one" });
    const other = await createTestHotline({ plugins: [handler], name: "two" });
    const caller = await test.dial("12333");
    expect(caller.answered).toBe(true);
    expect(other.services.get(CALL_PIPELINE).active).toBe(0);
    await other.close();
    expect(caller.answered).toBe(true);
    expect(test.hotline.state).toBe("running");
  });

  it("gives a start on data that was used before ids of its own, and each fresh folder the same", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-again-"));
    const idOf = async (options: { dataDir?: string } = {}): Promise<string> => {
      test = await createTestHotline({ plugins: [], ...options });
      const id = test.services.get(IDS).next();
      await test.close();
      return id;
    };
    const [first, again, fresh, fresher] = [await idOf({ dataDir }), await idOf({ dataDir }), await idOf(), await idOf()];
    expect(again).not.toBe(first);
    expect([fresh, fresher]).toEqual([first, first]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("keeps blobs in a folder where told so, unless there are some in the data folder already", async () => {
    const root = mkdtempSync(join(tmpdir(), "hotline-blobs-"));
    const blobFolder = join(root, "contents");
    const put = async (more: { dataDir: string; blobFolder?: string; environment?: Record<string, string> }): Promise<string> => {
      test = await createTestHotline({ plugins: [], ...more });
      const { id } = await test.services.get(BLOBS).put(Buffer.from("申诉"), { contentType: "text/plain", owner: "demo" });
      await test.close();
      return id;
    };
    const id = await put({ dataDir: join(root, "a"), blobFolder });
    expect(readdirSync(blobFolder, { recursive: true })).toContain(join(id.slice(-2), `${id}.bin`));
    const other = await put({ dataDir: join(root, "b"), environment: { HOTLINE_BLOB_FOLDER: `${blobFolder}-2` } });
    expect(readdirSync(`${blobFolder}-2`, { recursive: true })).toContain(join(other.slice(-2), `${other}.bin`));
    await put({ dataDir: join(root, "c") });
    await expect(createTestHotline({ plugins: [], dataDir: join(root, "c"), blobFolder })).rejects.toMatchObject({ code: "HTL_CORE_BLOBS_ELSEWHERE" });
    rmSync(root, { recursive: true, force: true });
  });
});
