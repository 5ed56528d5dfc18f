import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, READ_POOL } from "@hotlinejs/core";
import type { Plugin, PluginContext } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { recording } from "@hotlinejs/plugin-recording";
import { RECORDINGS } from "@hotlinejs/plugin-recording/contract";
import { createTestHotline } from "@hotlinejs/testing";
import type { FakeCaller, TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeSerial } from "../src/domain/serial-number.js";
import { TICKETS, tickets } from "../src/index.js";
import type { Tickets } from "../src/index.js";
import { captureBytes, tone } from "../../plugin-recording/test/capture-writer.js";

let dataDir: string;
let test: TestHotline;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "tickets-"));
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const flow: FlowDefinition = {
  id: "main",
  start: "menu",
  globals: { zero: "agent" },
  nodes: [
    { id: "menu", type: "menu", prompt: { text: "主菜单" }, keys: "236", on: { "2": "voicemail", "3": "complaint", "6": "status" }, next: "bye" },
    { id: "voicemail", type: "voicemail", review: true, next: "bye" },
    { id: "complaint", type: "complaint", next: "bye", on: { empty: "empty" } },
    { id: "status", type: "ticketStatus", next: "bye", on: { locked: "locked", notFound: "menu" } },
    { id: "agent", type: "play", prompt: { text: "转人工" }, next: "bye" },
    { id: "locked", type: "play", prompt: { text: "已锁定" }, next: "bye" },
    { id: "empty", type: "play", prompt: { text: "没有内容" }, next: "bye" },
    { id: "bye", type: "hangup" },
  ],
};

function plugin(register: (context: PluginContext<Record<string, never>>) => void): Plugin {
  return definePlugin({ name: "demo", version: "0.1.0", core: "*", config: z.strictObject({}), register })();
}

async function start(more: readonly Plugin[] = []): Promise<Tickets> {
  test = await createTestHotline({ dataDir, plugins: [recording(), tickets(), ivr({ flows: [flow], routes: [{ flow: "main" }] }), ...more] });
  return test.services.get(TICKETS);
}
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
interface Row {
  id: string;
  serial: string;
  kind: string;
  source: string;
  status: string;
  interaction_id: string | null;
}
const made = (): Promise<Row[]> => rows<Row>("select * from tickets_ticket order by created_at, serial");

/** Dials, waits for the menu and presses a key. */
async function dialTo(key: string, from?: string): Promise<FakeCaller> {
  const caller = await test.dial("12333", from === undefined ? {} : { from });
  await caller.hears("主菜单");
  await caller.press(key);
  return caller;
}

/** What was said with the numbers in it. */
function numbersIn(text: string): { serial: string; code: string } {
  const [, serial = "", code = ""] = /流水号(\d{12})，查询码(\d+)/.exec(text) ?? [];
  return { serial, code };
}

describe("complaint by phone", () => {
  it("takes kind and message, makes the ticket with both recordings, tells serial and code twice", async () => {
    const service = await start();
    const caller = await dialTo("3");
    await caller.hears("投诉请按2");
    await caller.press("2");
    await caller.hears("请在提示音后说明时间");
    await caller.hears("tone:beep");
    await test.advance(6000);
    await caller.press("#");
    const said = await caller.hears("您的诉求已受理");
    const { serial, code } = numbersIn(said);
    expect(said.match(new RegExp(serial, "g"))).toHaveLength(2);
    expect(said.match(new RegExp(`查询码${code}`, "g"))).toHaveLength(2);
    const view = await service.findBySerial(serial);
    expect(view).toMatchObject({ kind: "complaint", kindName: "投诉", source: "ivr", status: "received", contactNumber: "13800138000" });
    const recordings = test.services.get(RECORDINGS);
    const kinds = await Promise.all((view?.recordings ?? []).map(async (id) => (await recordings.get(id))?.kind));
    expect(kinds).toEqual(["segment", "call"]);
    expect((await recordings.get(view?.recordings[0] ?? ""))?.ticketIds).toEqual([view?.id]);
    expect(await rows("select key from tickets_draft")).toEqual([]);
    await test.advance(120_000);
    expect(caller.end).toMatchObject({ by: "local" });
    expect(await service.answerFor(serial, code, { channel: "web", from: "x" })).toMatchObject({ result: "ok" });
  });

  it("is made also when the caller hangs up right after speaking", async () => {
    await start();
    const caller = await dialTo("3");
    await caller.press("1");
    await caller.hears("tone:beep");
    await test.advance(4000);
    await caller.hangup();
    await test.advance(6000);
    expect(await made()).toMatchObject([{ kind: "suggestion", source: "ivr" }]);
  });

  it("asks again after an empty message, then gives up without a ticket", async () => {
    await start();
    const caller = await dialTo("3");
    await caller.press("2");
    caller.speaks(0);
    await caller.hears("没有录到声音");
    await caller.hears("没有内容");
    expect(await made()).toEqual([]);
    expect(await rows("select key from tickets_draft")).toEqual([]);
    expect((await rows<{ kind: string }>("select kind from recording_recording")).map((row) => row.kind)).toEqual(["call"]);
  });

  it("ends by silence", async () => {
    await start();
    const caller = await dialTo("3");
    await caller.press("2");
    caller.speaks(7000);
    await caller.hears("您的诉求已受理");
    expect(await made()).toHaveLength(1);
  });

  it("a report is confidential, its recordings too, and 0 while speaking leads to a person without a ticket", async () => {
    const service = await start();
    const caller = await dialTo("3");
    await caller.press("3");
    await caller.hears("tone:beep");
    await test.advance(5000);
    await caller.press("#");
    const { serial } = numbersIn(await caller.hears("举报已受理"));
    const view = await service.findBySerial(serial);
    expect(view).toMatchObject({ kind: "report", confidentiality: "confidential" });
    for (const id of view?.recordings ?? []) expect(await test.services.get(RECORDINGS).get(id)).toMatchObject({ confidential: true });
    await caller.hangup();
    await test.advance(1000);
    // Who may read calls is not told beside the caller's number what became of it.
    const events = JSON.stringify(await rows("select type, data from core_interaction_event"));
    expect(events).toContain("complaint.taken");
    for (const trace of [serial, view?.id ?? "?"]) expect(events).not.toContain(trace);
    const other = await dialTo("3");
    await other.press("2");
    await other.hears("tone:beep");
    await test.advance(3000);
    await other.press("0");
    await other.hears("转人工");
    expect(await made()).toHaveLength(1);
    expect(await rows("select key from tickets_draft")).toEqual([]);
  });

  it("star leads back to the menu, and silence ends it without a ticket", async () => {
    await start();
    const caller = await dialTo("3");
    await caller.press("*");
    await caller.hears("主菜单");
    await caller.press("3");
    await test.advance(120_000);
    expect(caller.end).toBeDefined();
    expect(await made()).toEqual([]);
  });

  it("says so when the ticket cannot be made, and makes it later", async () => {
    let broken = true;
    await start([
      plugin(({ hooks }) =>
        hooks.ticketTransition.tap(() => {
          if (broken) throw new Error("the policy service is away");
        }),
      ),
    ]);
    const caller = await dialTo("3");
    await caller.press("2");
    await caller.hears("tone:beep");
    await test.advance(5000);
    await caller.press("#");
    await caller.hears("我们会尽快登记");
    expect(await made()).toEqual([]);
    await caller.hangup();
    broken = false;
    await test.advance(20 * 60_000);
    expect(await made()).toMatchObject([{ kind: "complaint", source: "ivr" }]);
    expect(await rows("select key from tickets_draft")).toEqual([]);
  });

  it("is made after a crash of what was on disk, once, unless nothing was said", async () => {
    const service = await start();
    const deadline = test.clock.now() + 3_600_000;
    for (const id of ["rec-1", "rec-2", "rec-3"]) await service.draft({ kind: "complaint", source: "ivr", actor: "citizen", contactNumber: "13800138000", interactionId: "int-1", recordingIds: [id], idempotencyKey: `message:${id}` }, deadline);
    expect(JSON.stringify(await rows("select * from tickets_draft"))).not.toContain("13800138000");
    await test.close();
    mkdirSync(join(dataDir, "captures"), { recursive: true });
    writeFileSync(join(dataDir, "captures", "1700000000000_segment_0_int-1_leg-1_rec-1.capture"), captureBytes({ left: tone(440, 40_000), end: false }));
    // Silence however long is nothing; half a second of voice is something, as in a call that ends in order.
    writeFileSync(join(dataDir, "captures", "1700000000000_segment_0_int-1_leg-1_rec-2.capture"), captureBytes({ left: tone(440, 24_000, 0), end: false }));
    writeFileSync(join(dataDir, "captures", "1700000000000_segment_0_int-1_leg-1_rec-3.capture"), captureBytes({ left: tone(440, 4000), end: false }));
    await start();
    await test.advance(5000);
    const recordings = await Promise.all((await made()).map(async ({ id }) => (await test.services.get(TICKETS).get(id))?.recordings));
    expect(recordings.sort()).toEqual([["rec-1"], ["rec-3"]]);
    expect(await rows("select key from tickets_draft")).toEqual([]);
    await test.advance(2 * 3_600_000);
    expect(await made()).toHaveLength(2);
    expect(readdirSync(join(dataDir, "captures")).filter((name) => name.includes("part"))).toEqual([]);
  });
});

describe("voicemail", () => {
  it("makes a ticket of source voicemail after the review", async () => {
    const service = await start();
    const caller = await dialTo("2");
    await caller.hears("tone:beep");
    await test.advance(4000);
    await caller.press("#");
    await caller.hears("确认提交请按3");
    await caller.press("2");
    await caller.hears("欢迎使用留言信箱");
    await caller.hears("tone:beep");
    await test.advance(4000);
    await caller.press("#");
    await caller.hears("确认提交请按3");
    await caller.press("3");
    const { serial } = numbersIn(await caller.hears("留言已受理"));
    const view = await service.findBySerial(serial);
    expect(view).toMatchObject({ kind: "consultation", source: "voicemail", status: "received" });
    expect(view?.recordings).toHaveLength(1);
    // The first try is gone.
    expect((await rows<{ kind: string }>("select kind from recording_recording order by kind")).map((row) => row.kind)).toEqual(["call", "voicemail"]);
    expect(await rows("select key from tickets_draft")).toEqual([]);
  });

  it("who hangs up in the review has submitted", async () => {
    await start();
    const caller = await dialTo("2");
    await caller.hears("tone:beep");
    await test.advance(4000);
    await caller.press("#");
    await caller.hears("确认提交请按3");
    await caller.hangup();
    await test.advance(6000);
    expect(await made()).toMatchObject([{ source: "voicemail" }]);
  });
});

describe("status by phone", () => {
  const ask = async (keys: string): Promise<FakeCaller> => {
    const caller = await dialTo("6", "13900139000");
    await caller.hears("请输入十二位受理流水号");
    await caller.press(keys);
    return caller;
  };

  it("tells the bare state by serial, then the answer with the code", async () => {
    const service = await start();
    const { id, serial, queryCode } = await service.create({ kind: "投诉", source: "ivr", actor: "citizen" });
    await service.transition({ ticketId: id, action: "register", actor: "u1" });
    await service.transition({ ticketId: id, action: "reply", actor: "u1", data: { answer: "拖欠工资已补发" } });
    const caller = await ask(`${serial}#`);
    await caller.hears("已有答复");
    expect(caller.heard.join()).not.toContain("补发");
    await caller.hears("请输入查询码");
    await caller.press(`${queryCode}#`);
    await caller.hears("拖欠工资已补发");
  });

  it("without the code it ends after the state; a number that cannot be one is asked for again", async () => {
    const service = await start();
    const { serial } = await service.create({ kind: "投诉", source: "ivr", actor: "citizen" });
    const mistyped = serial.slice(0, 11) + String((Number(serial.slice(11)) + 1) % 10);
    const caller = await ask(`${mistyped}#`);
    await caller.hears("流水号不正确");
    await caller.hears("请输入十二位受理流水号");
    await caller.press(`${serial}#`);
    await caller.hears("正在等待登记受理");
    await caller.hears("请输入查询码");
    await caller.press("#");
    await test.advance(2000);
    expect(caller.end).toMatchObject({ by: "local" });
  });

  it("hash alone tells the newest ticket of the caller's number", async () => {
    const service = await start();
    await service.create({ kind: "投诉", source: "ivr", actor: "citizen", contactNumber: "13900139000" });
    const caller = await ask("#");
    await caller.hears("正在等待登记受理");
  });

  it("a report sounds like an unknown number until the code is right", async () => {
    const service = await start();
    const { serial, queryCode } = await service.create({ kind: "举报", source: "ivr", actor: "citizen" });
    const unknown = await ask(`${makeSerial("2026-03-09", 2)}#`);
    await unknown.hears("请输入查询码");
    await unknown.press("#");
    await unknown.hears("没有查到");
    await unknown.hangup();
    const report = await ask(`${serial}#`);
    await report.hears("请输入查询码");
    await report.press("#");
    await report.hears("没有查到");
    expect(report.heard.slice(0, 5)).toEqual(unknown.heard.slice(0, 5));
    await report.hangup();
    const right = await ask(`${serial}#`);
    await right.hears("请输入查询码");
    await right.press(`${queryCode}#`);
    await right.hears("正在等待登记受理");
    await right.hears("目前还没有答复");
  });

  it("locks after three wrong codes, also in the next call", async () => {
    const service = await start();
    const { serial, queryCode } = await service.create({ kind: "投诉", source: "ivr", actor: "citizen" });
    const caller = await ask(`${serial}#`);
    for (let i = 0; i < 3; i++) {
      await caller.hears("请输入查询码");
      await caller.press(queryCode === "111111" ? "222222#" : "111111#");
      await caller.hears(i < 2 ? "没有查到" : "输入错误次数过多");
    }
    await caller.hears("已锁定");
    await caller.hangup();
    const again = await dialTo("6", "13900139000");
    await again.hears("输入错误次数过多");
    await again.hangup();
    const other = await dialTo("6", "13700137000");
    await other.hears("请输入十二位受理流水号");
    await other.press(`${serial}#`);
    await other.hears("输入错误次数过多");
  });
});
