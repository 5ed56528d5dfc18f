import { SURVEYS } from "@hotlinejs/plugin-surveys/contract";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import type { FakeCaller } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import knowledge from "../data/knowledge.json" with { type: "json" };
import { prompts } from "../src/prompts.js";
import { MONDAY, VirtualExample, type VirtualOptions } from "./support/virtual-example.js";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
let example: VirtualExample;

async function start(options: VirtualOptions = {}): Promise<void> {
  example = await VirtualExample.start(options);
}

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  const { complaints } = example;
  await example.close();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  expect(JSON.stringify(complaints)).toEqual("[]");
});

/** The text of one of the example's prompts. */
function text(id: string): string {
  const found = prompts.find((prompt) => prompt.id === id);
  if (found === undefined) throw new Error(`the example has no prompt ${id}`);
  return found.text;
}

/** Waits past wrap-up and whatever else trails a call. */
async function quiet(): Promise<void> {
  await example.test.advance(20_000);
  expect(await example.leftovers()).toEqual([]);
}

/** How often something was heard. */
const times = (caller: FakeCaller, what: string): number => caller.heard.filter((each) => each.includes(what)).length;

const isMusic = (heard: string | undefined): boolean => /^[0-9a-f]{64}$/.test(heard ?? "");

describe("the welcome", () => {
  it("is heard to its end whatever is keyed, then the menu; the key waits for it", async () => {
    await start();
    await example.test.agent("1001");
    const caller = await example.test.dial("12333");
    await caller.press("2");
    await example.test.advance(3_000);
    expect(caller.heard).toEqual([text("P001")]);
    await caller.hears(text("P040"));
    await caller.hangup();
    await quiet();
    expect(await example.path()).toEqual(["greet:done", "main:2", "auto:gone"]);
  });

  it("silence in the main menu leads to a person, and so do wrong keys", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const silent = await example.test.dial("12333");
    await silent.hears("没有收到您的按键");
    await silent.hears(text("P003"));
    await silent.hears("正在为您转接人工坐席");
    expect(phone.ringing).toBe(true);
    await silent.hangup();
    await quiet();
    expect(phone.ringing).toBe(false);

    const wrong = await example.call("7");
    await wrong.hears("输入有误");
    await wrong.press("8");
    await wrong.hears("输入有误");
    await wrong.press("9");
    await wrong.hears("正在为您转接人工坐席");
    await wrong.hangup();
    await quiet();
  });
});

describe("1: a person", () => {
  it("rings, says the number, bridges; the agent hangs up, the caller hears goodbye, wrap-up ends", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    expect(phone.ringing).toBe(true);
    await example.test.advance(8_000);
    expect(isMusic(caller.hearing)).toBe(true);
    await phone.answer();
    await caller.hears("工号1001为您服务");
    await example.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    expect(example.agent("1001")?.state).toBe("busy");
    // Keys of the talk are the agent's and the citizen's business.
    await caller.press("120");
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await example.test.advance(30_000);
    await phone.hangup();
    await caller.hears("感谢您的来电");
    expect(example.agent("1001")?.state).toBe("wrap-up");
    await example.test.advance(4_000);
    expect(caller.end).toMatchObject({ reason: "hangup", by: "local" });
    await example.test.advance(10_000);
    expect(example.agent("1001")?.state).toBe("available");
    await quiet();
    expect(await example.path()).toEqual(["greet:done", "main:1", "staffed:open", "agent:answered", "bye:end"]);
    const [interaction] = await example.rows<{ queue: string; agent_id: string; caller_number: string; end_reason: string }>("select * from core_interaction");
    expect(interaction).toMatchObject({ queue: "general", agent_id: "1001", caller_number: "13800138000", end_reason: "hangup" });
  });

  it("the next agent rings when one declines; the caller hangs up in the talk", async () => {
    await start();
    const first = await example.test.agent("1001");
    const second = await example.test.agent("1002");
    const caller = await example.call("1");
    await first.decline();
    expect(second.ringing).toBe(true);
    await second.answer();
    await caller.hears("工号1002为您服务");
    await example.test.advance(5_000);
    await caller.hangup();
    await example.test.advance(500);
    expect(second.talking).toBe(false);
    expect(example.agent("1002")?.state).toBe("wrap-up");
    await quiet();
  });

  it("nobody there: the mailbox, a ticket with the message, and its number", async () => {
    await start();
    const caller = await example.call("1");
    await caller.hears(text("P028"));
    await caller.hears(text("P060"));
    caller.speaks(20_000);
    await caller.hears("tone:beep");
    await example.test.advance(6_000);
    await caller.press("#");
    await example.test.advance(500);
    const [ticket, ...others] = await example.tickets();
    expect(others).toEqual([]);
    expect(ticket).toMatchObject({ kind: "consultation", source: "voicemail", status: "received", contactNumber: "13800138000", businessDate: "2026-03-02" });
    await caller.hears(ticket?.serial ?? "no ticket");
    const [message] = await example.recordings(ticket?.recordings ?? []);
    expect(message).toMatchObject({ kind: "voicemail" });
    expect(message?.durationMs).toBeGreaterThan(5_000);
    await caller.hears(text("P051"));
    await caller.hears("感谢您的来电");
    await quiet();
    expect(caller.end?.by).toBe("local");
  });

  it("everybody busy for five minutes: the mailbox", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const one = await example.call("1");
    await phone.answer();
    await example.test.advance(5_000);
    const two = await example.call("1", "13900139000");
    await two.hears("您是下一位");
    await two.hears(text("P026"), 400_000);
    await two.hears(text("P060"));
    await two.hangup();
    await phone.hangup();
    await one.hears("感谢您的来电");
    await quiet();
    expect(await example.rows("select outcome from acd_queue_entry order by entered_at")).toEqual([{ outcome: "answered" }, { outcome: "timeout" }]);
  });

  it("the agents' phones all vanish: after the grace the mailbox", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    await phone.unplug();
    await caller.hears(text("P028"), 120_000);
    await caller.hangup();
    await quiet();
  });

  it("a talk does not outlive the agent's phone", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    await phone.answer();
    await example.test.advance(5_000);
    await phone.unplug();
    await caller.hears("感谢您的来电");
    await quiet();
  });
});

describe("2: self-service", () => {
  it.each(knowledge.topics.map((topic) => [topic.key, topic.name, topic.articles[0]] as const))("1-%s %s: its articles with the disclaimer, again, back, repeat", async (key, name, code) => {
    await start();
    const article = knowledge.articles.find((each) => each.phoneCode === code);
    const spoken = `${article?.title}。${article?.spoken}${knowledge.disclaimer.spoken}`;
    const caller = await example.call(`21${key}`);
    const menu = await caller.hears(`${name}。`);
    expect(menu).toContain(`${article?.title}请按1`);
    await caller.press("1");
    await caller.hears(spoken);
    await caller.hears(text("P045"), 600_000);
    expect(times(caller, knowledge.disclaimer.spoken)).toBe(1);
    await caller.press("#");
    await example.test.advance(500);
    expect(times(caller, text("P045"))).toBe(2);
    await caller.press("1");
    await example.test.advance(500);
    expect(times(caller, knowledge.disclaimer.spoken)).toBe(2);
    // A key cuts the article short and, being the key to go back, leads back.
    await caller.press("*");
    await example.test.advance(500);
    expect(caller.hearing).toBe(menu);
    await caller.press("*");
    await example.test.advance(500);
    expect(caller.hearing).toBe(text("P041"));
    await caller.press("*");
    await example.test.advance(500);
    expect(caller.hearing).toBe(text("P040"));
    await caller.press("*");
    await example.test.advance(500);
    expect(caller.hearing).toBe(text("P002"));
    // From the first menu there is no way back: it is repeated.
    await caller.press("*");
    await example.test.advance(500);
    expect(times(caller, text("P002"))).toBe(3);
    await caller.hangup();
    await quiet();
  });

  it("1-5-1: what is another authority's matter leads on to its hotline by the carrier; the call ends there", async () => {
    await start();
    const caller = await example.call("2151");
    await caller.hears("转接市医疗保障局12393请按2", 600_000);
    await caller.press("2");
    await caller.hears("正在为您转接市医疗保障局12393");
    await example.test.advance(15_000);
    expect(caller.call.redirectedTo).toBe("tel:12393");
    expect(caller.end).toMatchObject({ reason: "redirected" });
    await quiet();
    expect(await example.tickets()).toEqual([]);
  });

  it("1-5-1: where neither the carrier nor a trunk leads there the caller hears what to dial", async () => {
    await start();
    const caller = await example.call("2151");
    caller.call.onRedirect = () => Promise.reject(new Error("the carrier refuses"));
    await caller.hears("12393请按2", 600_000);
    await caller.press("2");
    await caller.hears("现在不能转接，请您直接拨打12393");
    await caller.hears(text("P051"));
    await caller.hangup();
    await quiet();
  });

  it("2: the mailbox; a message of nothing is asked for again and makes no ticket", async () => {
    await start();
    const caller = await example.call("22");
    await caller.hears(text("P060"));
    caller.speaks(0, -90);
    await caller.hears("tone:beep");
    await caller.hears(text("P060"), 60_000);
    await caller.hears(text("P051"), 120_000);
    expect(times(caller, "tone:beep")).toBe(2);
    expect(await example.tickets()).toEqual([]);
    await caller.press("1");
    await caller.hears(text("P040"));
    await caller.hangup();
    await quiet();
    expect(await example.rows("select kind from recording_recording")).toEqual([{ kind: "call" }]);
  });

  it("2: whoever speaks and hangs up has a ticket", async () => {
    await start();
    const caller = await example.call("22");
    await caller.hears("tone:beep");
    await example.test.advance(4_000);
    await caller.hangup();
    await quiet();
    expect(await example.tickets()).toMatchObject([{ source: "voicemail", contactNumber: "13800138000" }]);
  });

  it.each([
    ["1", "suggestion", "请在提示音后说出您的批评或建议", "normal", 180],
    ["2", "complaint", "请在提示音后说明时间、地点", "normal", 180],
    ["3", "report", "请在提示音后说明被举报的单位", "confidential", 300],
  ] as const)("3-%s: a %s becomes a ticket with its recording", async (key, kind, request, confidentiality, seconds) => {
    await start();
    const caller = await example.call(`23${key}`);
    await caller.hears(request);
    caller.speaks(seconds * 1_000);
    await caller.hears("tone:beep");
    await example.test.advance(10_000);
    await caller.press("#");
    await example.test.advance(500);
    const [ticket] = await example.tickets();
    expect(ticket).toMatchObject({ kind, source: "ivr", status: "received", confidentiality, contactNumber: "13800138000", anonymous: false });
    const told = await caller.hears(`流水号${ticket?.serial}`);
    expect(told).toMatch(/查询码\d{6}.*查询码\d{6}/);
    const recordings = await example.recordings(ticket?.recordings ?? []);
    expect(recordings.map((each) => each.kind)).toEqual(["segment", "call"]);
    expect(recordings[0]?.durationMs).toBeGreaterThan(9_000);
    expect(recordings[0]?.durationMs).toBeLessThan(11_000);
    await caller.hears(text("P051"));
    await caller.hangup();
    await quiet();
    // What belongs to a report is as closed as the report.
    for (const { confidential } of await example.rows<{ confidential: number | boolean }>("select confidential from recording_recording")) expect(Boolean(confidential)).toBe(kind === "report");
  });

  it("3: # in the menu of kinds repeats, a wrong key is told, * goes back, the longest message ends by itself", async () => {
    await start();
    const caller = await example.call("23");
    const menu = "批评和建议请按1";
    await caller.hears(menu);
    await caller.press("#");
    await example.test.advance(500);
    expect(times(caller, menu)).toBe(2);
    await caller.press("7");
    await caller.hears("输入有误");
    await caller.hears(menu);
    await caller.press("*");
    await example.test.advance(500);
    expect(caller.hearing).toBe(text("P040"));
    await caller.press("32");
    await caller.hears("请在提示音后说明时间");
    caller.speaks(500_000);
    await caller.hears("tone:beep");
    await caller.hears("您的诉求已受理", 200_000);
    const [ticket] = await example.tickets();
    const [message] = await example.recordings(ticket?.recordings ?? []);
    expect(message?.durationMs).toBe(180_000);
    await caller.hangup();
    await quiet();
  });

  it("4: a call that cannot carry a fax is told so; how faxing works is explained", async () => {
    await start();
    const caller = await example.call("24");
    await caller.hears(text("P090"));
    await caller.press("3");
    await caller.hears(text("P098"));
    await caller.hears(text("P090"));
    await caller.press("2");
    await caller.hears(text("P097"));
    await caller.hears("传真没有成功");
    await caller.hears(text("P051"));
    expect(await example.rows("select state, outcome from fax_fax")).toEqual([{ state: "failed", outcome: "no-t38" }]);
    await caller.hangup();
    await quiet();
  });

  it("5: a person", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call("25");
    await caller.hears("正在为您转接人工坐席");
    expect(phone.ringing).toBe(true);
    await caller.hangup();
    await quiet();
  });

  it("7: the answer to the poll is stored; another one of the same call replaces it", async () => {
    await start();
    const caller = await example.call("27");
    await caller.hears("您对12333热线的总体服务是否满意");
    await caller.press("9");
    await caller.hears("输入有误");
    await caller.press("2");
    await caller.hears("谢谢您的参与");
    await caller.hears(text("P051"));
    expect(await example.test.services.get(SURVEYS).results("service-2026")).toMatchObject({ total: 1, options: [{ count: 0 }, { key: "2", label: "满意", count: 1 }, {}, {}, {}] });
    await caller.press("17");
    await caller.hears("您对12333热线的总体服务是否满意");
    await caller.press("4");
    await caller.hears("谢谢您的参与");
    expect(await example.test.services.get(SURVEYS).results("service-2026")).toMatchObject({ total: 1, options: [{}, { count: 0 }, {}, { count: 1 }, {}] });
    await caller.hangup();
    await quiet();
  });

  it.each(["", "1", "11", "111", "3", "7"])("0 leads to a person: after 2%s", async (keys) => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call(`2${keys}`);
    await example.test.advance(3_000);
    await caller.press("0");
    await example.test.advance(2_000);
    expect(phone.ringing, caller.heard.join("\n")).toBe(true);
    expect(caller.heard.some((each) => each.includes("正在为您转接人工坐席"))).toBe(true);
    await caller.hangup();
    await quiet();
  });

  it("0 leads to a person also while a message is being recorded, and leaves no ticket", async () => {
    await start();
    const phone = await example.test.agent("1001");
    const caller = await example.call("22");
    await caller.hears("tone:beep");
    await example.test.advance(3_000);
    await caller.press("0");
    await example.test.advance(3_000);
    expect(phone.ringing, caller.heard.join("\n")).toBe(true);
    await caller.hangup();
    await quiet();
    expect(await example.tickets()).toEqual([]);
  });

  it("silence everywhere ends with a goodbye", async () => {
    await start();
    const caller = await example.call("2");
    await caller.hears("感谢您的来电", 300_000);
    await quiet();
    expect(caller.end?.by).toBe("local");
  });
});

describe("2-6: how a ticket stands", () => {
  /** Leaves a message of a kind and hands over serial and query code as they were told. */
  async function leave(kind: "1" | "2" | "3", from = "13800138000"): Promise<{ serial: string; queryCode: string }> {
    const caller = await example.call(`23${kind}`, from);
    await caller.hears("tone:beep");
    await example.test.advance(3_000);
    await caller.press("#");
    const told = await caller.hears(/流水号\d{12}/);
    await caller.hangup();
    await example.test.advance(5_000);
    const [, serial = "", queryCode = ""] = /流水号(\d{12})，查询码(\d{6})/.exec(told) ?? [];
    return { serial, queryCode };
  }

  it("by serial the bare state, with the code the answer", async () => {
    await start();
    const { serial, queryCode } = await leave("2");
    const caller = await example.call("26", "13700137000");
    await caller.hears("请输入十二位受理流水号");
    await caller.press(`${serial}#`);
    await caller.hears("您的诉求已收到");
    await caller.hears("查询答复内容请输入查询码");
    await caller.press(`${queryCode}#`);
    await caller.hears("目前还没有答复");
    await caller.hears(text("P051"));

    const tickets = example.test.services.get(TICKETS);
    const ticket = await tickets.findBySerial(serial);
    const act = async (action: string, data: Record<string, unknown> = {}): Promise<void> => {
      expect(await tickets.transition({ ticketId: ticket?.id ?? "", action, actor: "1001", data })).toMatchObject({ done: true });
    };
    await act("register");
    await caller.press("16");
    await caller.hears("请输入十二位受理流水号");
    await caller.press(`${serial}#`);
    await caller.hears("您的诉求已受理");
    // Without the code: the state and no more.
    await caller.hears("查询答复内容请输入查询码");
    await caller.press("#");
    await caller.hears(text("P051"));
    await caller.hangup();
    await quiet();
  });

  it("# alone: the newest one of the caller's own number, never a report", async () => {
    await start();
    await leave("2");
    const own = await example.call("26");
    await own.press("#");
    await own.hears("您的诉求已收到");
    await own.hangup();
    await example.test.advance(5_000);

    const stranger = await example.call("26", "13700137000");
    await stranger.press("#");
    await stranger.hears("没有查到");
    expect(times(stranger, "您的诉求已收到")).toBe(0);
    await stranger.hangup();
    await example.test.advance(5_000);

    await leave("3", "13600136000");
    const reporter = await example.call("26", "13600136000");
    await reporter.press("#");
    await reporter.hears("没有查到");
    expect(times(reporter, "您的诉求已收到")).toBe(0);
    await reporter.hangup();
    await quiet();
  });

  it("a report sounds like an unknown serial until the code is right", async () => {
    await start();
    const { serial, queryCode } = await leave("3");
    const unknown = withWrongOrder(serial);
    const heard: string[][] = [];
    for (const [index, asked] of [serial, unknown].entries()) {
      const caller = await example.call("26", `1370013700${index}`);
      await caller.press(`${asked}#`);
      await caller.hears("查询答复内容请输入查询码");
      await caller.press("#");
      await caller.hears("没有查到");
      await caller.hears(text("P051"));
      heard.push(caller.heard.slice(4));
      await caller.hangup();
      await example.test.advance(1_000);
    }
    expect(heard[0]).toEqual(heard[1]);
    const caller = await example.call("26", "13700137009");
    await caller.press(`${serial}#`);
    await caller.hears("查询答复内容请输入查询码");
    await caller.press(`${queryCode}#`);
    await caller.hears("您的诉求已收到");
    await caller.hears("目前还没有答复");
    await caller.hangup();
    await quiet();
  });

  it("three wrong codes lock the asker and the serial for half an hour", async () => {
    await start();
    const { serial, queryCode } = await leave("2");
    const wrong = queryCode === "123456" ? "654321" : "123456";
    const caller = await example.call("26", "13700137000");
    await caller.press(`${serial}#`);
    for (let i = 0; i < 3; i++) {
      await caller.hears("查询答复内容请输入查询码");
      await caller.press(`${wrong}#`);
      await caller.hears(i < 2 ? "没有查到" : "输入错误次数过多");
    }
    await caller.hears(text("P051"));
    await caller.hangup();
    const again = await example.call("26", "13700137000");
    await again.hears("输入错误次数过多");
    await again.hangup();
    const other = await example.call("26", "13700137001");
    await other.press(`${serial}#`);
    await other.hears("输入错误次数过多");
    await other.hangup();
    await example.test.advance(31 * 60_000);
    const later = await example.call("26", "13700137000");
    await later.press(`${serial}#`);
    await later.hears("查询答复内容请输入查询码");
    await later.press(`${queryCode}#`);
    await later.hears("目前还没有答复");
    await later.hangup();
    await quiet();
  });

  it("keys pressed in one go from the main menu arrive where they belong, zeros too", async () => {
    await start();
    const { serial } = await leave("2");
    const phone = await example.test.agent("1001");
    const caller = await example.call("");
    await caller.press(`26${serial}#`);
    await caller.hears("您的诉求已收到");
    expect(phone.ringing).toBe(false);
    await caller.hangup();
    await quiet();
  });

  it("what cannot be a serial is asked for again, three times at most; * goes back", async () => {
    await start();
    const caller = await example.call("26");
    for (let i = 0; i < 2; i++) {
      await caller.press("123#");
      await caller.hears("流水号不正确");
      await caller.hears("请输入十二位受理流水号");
    }
    await caller.press("*");
    await example.test.advance(6_000);
    expect(caller.hearing).toBe(text("P040"));
    await caller.hangup();
    await quiet();
  });
});

describe("staffing on working days only", () => {
  const at = (time: string): number => Date.parse(`${time}:00+08:00`);

  it.each([
    ["a holiday", "2026-02-17T10:00"],
    ["a Sunday", "2026-03-08T10:00"],
    ["before hours", "2026-03-02T08:29"],
    ["after hours", "2026-03-02T18:00"],
  ])("%s (%s): the mailbox, though agents are there", async (_name, time) => {
    await start({ staffing: "day", startAt: at(time) });
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    await caller.hears(text("P151"));
    await caller.hears(text("P060"));
    expect(phone.ringing).toBe(false);
    await caller.hears("tone:beep");
    await example.test.advance(3_000);
    await caller.press("#");
    await caller.hears(/流水号\d{12}/);
    await caller.hangup();
    await quiet();
    expect(await example.tickets()).toMatchObject([{ source: "voicemail" }]);
  });

  it.each([
    ["a make-up workday", "2026-02-14T10:00"],
    ["a Monday", "2026-03-02T08:31"],
    ["the last minute", "2026-03-02T17:58"],
  ])("%s (%s): the agent", async (_name, time) => {
    await start({ staffing: "day", startAt: at(time) });
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    await caller.hears("正在为您转接人工坐席");
    expect(phone.ringing).toBe(true);
    await caller.hangup();
    await quiet();
  });

  it("round the clock otherwise, also on a holiday", async () => {
    await start({ startAt: at("2026-02-17T03:00") });
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    await caller.hears("正在为您转接人工坐席");
    expect(phone.ringing).toBe(true);
    await caller.hangup();
    await quiet();
  });
});

describe("whoever hangs up leaves nothing behind", () => {
  /** Where a caller can be: the keys that lead there, what is heard there, and how long after hearing it he hangs up. */
  const places: readonly (readonly [place: string, keys: string, heard: string | RegExp, afterMs: number])[] = [
    ["before the answer", "", "", -1],
    ["welcome", "", "", 1_000],
    ["main menu", "", text("P002"), 500],
    ["after the main menu", "", text("P002"), 14_000],
    ["silence in the main menu", "", "没有收到您的按键", 200],
    ["no keys", "", text("P003"), 100],
    ["words of transfer", "1", "正在为您转接", 0],
    ["phone rings", "1", /^[0-9a-f]{64}$/, 3_000],
    ["no agent", "1", text("P028"), 300],
    ["self-service", "2", text("P040"), 0],
    ["topics", "21", text("P041"), 700],
    ["a topic", "213", "劳动保障业务。", 0],
    ["an article", "2131", knowledge.disclaimer.spoken, 4_000],
    ["after an article", "2131", text("P045"), 0],
    ["mailbox", "22", text("P060"), 400],
    ["beep of the mailbox", "22", "tone:beep", 100],
    ["message", "22", "tone:beep", 2_500],
    ["end of the message", "22", "tone:beep", 9_399],
    ["serial of the message", "22", /流水号\d{12}/, 100],
    ["kinds of complaint", "23", "批评和建议请按1", 0],
    ["request of a complaint", "232", "请在提示音后说明时间", 0],
    ["complaint", "232", "tone:beep", 3_000],
    ["serial of a complaint", "232", /流水号\d{12}/, 0],
    ["report", "233", "tone:beep", 3_000],
    ["fax", "24", text("P090"), 100],
    ["serial asked", "26", "请输入十二位受理流水号", 100],
    ["not found", "26#", "没有查到", 0],
    ["poll", "27", "您对12333热线", 900],
    ["thanks for the poll", "271", "谢谢您的参与", 0],
    ["what else", "271", text("P051"), 0],
    ["goodbye", "271", text("P175"), 500],
  ];

  it.each([["no agent", false], ["an agent whose phone rings", true]] as const)("at each place, with %s", async (_name, staffed) => {
    await start();
    if (staffed) await example.test.agent("1001");
    const visited = new Set<string>();
    for (const [place, keys, heard, afterMs] of places) {
      if (place === "no agent" && staffed) continue;
      if (["words of transfer", "phone rings"].includes(place) && !staffed) continue;
      const caller = await example.test.dial("12333", { from: `138${String(visited.size).padStart(8, "0")}` });
      visited.add(place);
      if (keys !== "") await caller.hears(text("P002"));
      for (const key of keys) {
        await caller.press(key);
        await example.test.advance(300);
      }
      if (heard !== "") await caller.hears(heard, 700_000);
      if (afterMs > 0) await example.test.advance(afterMs);
      await caller.hangup();
      await example.test.advance(12_000);
      expect(await example.leftovers(), place).toEqual([]);
      expect(caller.end, place).toMatchObject({ by: "remote" });
    }
    const told = await example.tickets();
    // Spoken messages only, once each: three of the mailbox, four of complaints.
    expect(told.map((ticket) => ticket.source).sort()).toEqual(["ivr", "ivr", "ivr", "voicemail", "voicemail", "voicemail"]);
    // A time later nothing has come of it either: drafts are settled.
    await example.test.advance(30 * 60_000);
    expect(await example.rows("select key from tickets_draft")).toEqual([]);
    expect(await example.tickets()).toHaveLength(told.length);
  }, 60_000);

  it("in the talk and at every moment around the answer", async () => {
    await start();
    const phone = await example.test.agent("1001");
    for (const afterMs of [0, 50, 200, 400, 600, 1_000, 2_000, 3_000, 10_000]) {
      const caller = await example.call("1");
      await phone.call?.answer();
      await example.test.advance(afterMs);
      await caller.hangup();
      await example.test.advance(12_000);
      expect(await example.leftovers(), `${afterMs} ms after the answer`).toEqual([]);
      expect(phone.talking || phone.ringing).toBe(false);
    }
  });

  it("at any moment of one long call: 60 random ones", async () => {
    await start();
    let seed = 12_333;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const phone = await example.test.agent("1001");
    for (let round = 0; round < 60; round++) {
      const caller = await example.test.dial("12333", { from: `1370000${String(round).padStart(4, "0")}` });
      const keys = Array.from({ length: random(12) }, () => "1223456770*#"[random(12)] ?? "1");
      for (const key of ["", ...keys]) {
        await caller.press(key);
        await example.test.advance([0, 40, 700, 4_000, 15_000][random(5)] ?? 0);
        if (phone.ringing && random(3) === 0) await (random(2) === 0 ? phone.answer() : phone.decline(486));
      }
      if (phone.talking && random(2) === 0) await phone.hangup();
      if (caller.end === undefined) await caller.hangup();
      await example.test.advance(25_000);
      expect(await example.leftovers(), `round ${round}: ${keys.join("")}`).toEqual([]);
    }
  }, 60_000);

  it("the hotline stops in the middle of calls everywhere", async () => {
    await start();
    const phone = await example.test.agent("1001");
    for (const keys of ["", "1", "2", "2131", "22", "232", "26", "27"]) await example.call(keys, `1390000${keys.padStart(4, "0")}`);
    await phone.call?.answer();
    await example.test.advance(3_000);
    await example.close();
    expect(example.test.hotline.state).toBe("stopped");
    expect(example.complaints).toEqual([]);
    // An orderly stop closes its calls itself: nothing is found open at the next start.
    await start({ dataDir: example.test.dataDir, startAt: MONDAY + 3_600_000 });
    expect(await example.leftovers()).toEqual([]);
    expect(await example.rows("select distinct end_reason from core_interaction")).toEqual([{ end_reason: "hangup" }]);
  });
});

/** A serial of the right form (check digit included) that was never given out. */
function withWrongOrder(serial: string): string {
  const body = `${serial.slice(0, 6)}99999`;
  const luhn = (digits: string): boolean => [...digits].reverse().reduce((sum, char, index) => sum + (index % 2 === 0 ? Number(char) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(char)] ?? 0), 0) % 10 === 0;
  const found = Array.from({ length: 10 }, (_, digit) => `${body}${digit}`).find(luhn);
  if (found === undefined) throw new Error("no check digit");
  return found;
}
