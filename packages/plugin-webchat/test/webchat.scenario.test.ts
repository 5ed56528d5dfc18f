import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import { tickets } from "@hotlinejs/plugin-tickets";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import { createTestHotline, type FakeAgent, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WEBCHAT, type ChatView, type Webchat } from "../src/contract.js";
import { webchat } from "../src/index.js";

const MINUTE = 60_000;
let dataDir: string;
let test: TestHotline;
let agent: FakeAgent;

const start = (options: Parameters<typeof webchat>[0] = {}): Promise<TestHotline> =>
  createTestHotline({
    dataDir,
    plugins: [
      tickets(),
      acd({ queues: [{ key: "general", name: "综合咨询", maxWaitSeconds: 300, maxLength: 5, ringTimeoutSeconds: 15 }], agents: [{ number: "1001", name: "甲", address: "sip:1001", queues: ["general"] }, { number: "1002", name: "乙", address: "sip:1002", queues: ["general"] }], wrapUp: 10 }),
      webchat(options),
    ],
  });
const chats = (): Webchat => test.services.get(WEBCHAT);
const open = async (text = "养老金怎么领"): Promise<{ token: string; chat: ChatView }> => {
  const opened = await chats().open({ text, name: "陈伯", from: "10.0.0.9" });
  await test.advance(100);
  return opened;
};
const state = async (id: string): Promise<string | undefined> => (await chats().get(id))?.state;
const status = (number: string): string | undefined => test.services.get(ACD).agent(number)?.state;
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const said = async (id: string): Promise<readonly string[]> => (await chats().messages(id)).map((message) => `${message.seq} ${message.from} ${message.text}`);

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-webchat-"));
  test = await start();
  agent = await test.agent("1001");
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a chat", () => {
  it("is an interaction of the queue that serves calls; who talks in it takes no call, then has wrap-up", async () => {
    const { chat } = await open();
    expect(await chats().ofAgent("1001")).toMatchObject([{ id: chat.id, offered: true, state: "waiting" }]);
    expect(status("1001")).toBe("reserved");
    expect(agent.calls).toEqual([]);
    await chats().answer(chat.id, "1001", true);
    await test.advance(100);
    expect(await chats().get(chat.id)).toMatchObject({ state: "active", agent: "1001", offered: false });
    expect(status("1001")).toBe("busy");
    await chats().say(chat.id, { agent: "1001" }, "您好，请问参保地是哪里？");
    await chats().say(chat.id, "citizen", "海晏市");
    expect(await said(chat.id)).toEqual(["1 citizen 养老金怎么领", "2 system 坐席 1001 为您服务。", "3 agent 您好，请问参保地是哪里？", "4 citizen 海晏市"]);

    const made = await chats().ticket(chat.id, { kind: "consultation", summary: "养老金领取", contactNumber: "13800138004", actor: "u-1001" });
    expect(await chats().ticket(chat.id, { kind: "consultation", summary: "again", actor: "u-1001" })).toEqual(made);
    const ticket = await test.services.get(TICKETS).get(made.id);
    expect(ticket).toMatchObject({ source: "chat", summary: "养老金领取", contactName: "陈伯", status: "accepted", interactionId: chat.interactionId });
    expect(ticket?.content).toMatch(/来访者：养老金怎么领\n.*坐席：您好，请问参保地是哪里？\n.*来访者：海晏市/s);

    await chats().end(chat.id, { agent: "1001" });
    await test.advance(100);
    expect(status("1001")).toBe("wrap-up");
    await test.advance(11_000);
    expect(status("1001")).toBe("available");
    expect(await rows("select channel, queue, agent_id, end_reason from core_interaction")).toEqual([{ channel: "chat", queue: "general", agent_id: "1001", end_reason: "finished" }]);
    expect(await rows("select channel, outcome, agent from acd_queue_entry")).toEqual([{ channel: "chat", outcome: "answered", agent: "1001" }]);
    await expect(chats().say(chat.id, "citizen", "还有")).rejects.toMatchObject({ code: "HTL_WEBCHAT_ENDED" });
  });

  it("that is declined, or not answered, goes to the next agent; answers that come too late are refused", async () => {
    await test.agent("1002");
    const { chat } = await open();
    const first = (await chats().get(chat.id))?.agent ?? "";
    const second = first === "1001" ? "1002" : "1001";
    await expect(chats().answer(chat.id, second, true)).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_OFFERED" });
    await chats().answer(chat.id, first, false);
    await test.advance(200);
    expect((await chats().get(chat.id))?.agent).toBe(second);
    await test.advance(20_000);
    await expect(chats().answer(chat.id, second, true)).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_OFFERED" });
    expect(await state(chat.id)).toBe("waiting");
  });

  it("waits behind nobody's call: an agent on the telephone is asked when free", async () => {
    const caller = await test.dial("12333");
    await caller.hangup();
    const { chat: one } = await open("一");
    await chats().answer(one.id, "1001", true);
    const { chat: two } = await open("二");
    expect((await chats().get(two.id))?.offered).toBe(false);
    await chats().end(one.id, "citizen");
    await test.advance(11_000);
    expect(await chats().ofAgent("1001")).toMatchObject([{ id: two.id, offered: true }]);
  });

  it("nobody could serve is a ticket with its words, and goes on when the citizen writes again", async () => {
    await chats().answer((await open("甲")).chat.id, "1001", true);
    const { chat } = await open("请问失业金怎么领");
    await test.advance(301_000);
    expect(await chats().get(chat.id)).toMatchObject({ state: "unserved", ticketSerial: expect.stringMatching(/^\d{12}$/) as unknown });
    const ticket = await test.services.get(TICKETS).get((await chats().get(chat.id))?.ticketId ?? "");
    expect(ticket).toMatchObject({ kind: "consultation", source: "chat", status: "received", summary: "请问失业金怎么领" });
    expect((await said(chat.id)).at(-1)).toContain(ticket?.serial ?? "?");
    await chats().say(chat.id, "citizen", "在吗");
    await test.advance(100);
    expect(await state(chat.id)).toBe("waiting");
  });

  it("left while waiting is kept as a ticket; a silent one is ended", async () => {
    const { chat: silent } = await open("等一下");
    await chats().answer(silent.id, "1001", true);
    const { chat } = await open("没人理我");
    await chats().end(chat.id, "citizen");
    await test.advance(200);
    expect(await rows("select source, status from tickets_ticket")).toEqual([{ source: "chat", status: "received" }]);
    expect(await rows(`select end_reason from core_interaction where id = '${chat.interactionId ?? ""}'`)).toEqual([{ end_reason: "abandoned" }]);
    await test.advance(19 * MINUTE);
    await chats().say(silent.id, "citizen", "还在");
    await test.advance(19 * MINUTE);
    expect(await state(silent.id)).toBe("active");
    await test.advance(2 * MINUTE);
    expect(await state(silent.id)).toBe("ended");
    expect(status("1001")).toBe("available");
  });

  it("survives a restart: no word is lost, the citizen who comes back is put to the same agent", async () => {
    const { token, chat } = await open();
    await chats().answer(chat.id, "1001", true);
    await test.advance(100);
    await chats().say(chat.id, { agent: "1001" }, "请稍等");
    await test.close();
    test = await start();
    agent = await test.agent("1001");
    await test.agent("1002");
    expect(await state(chat.id)).toBe("interrupted");
    await Promise.all([chats().byToken(token), chats().byToken(token)]);
    await test.advance(200);
    expect(await chats().get(chat.id)).toMatchObject({ state: "waiting", agent: "1001", offered: true });
    await chats().answer(chat.id, "1001", true);
    await test.advance(100);
    expect((await said(chat.id)).map((line) => line.replace(/^\d+ /, ""))).toEqual(["citizen 养老金怎么领", "system 坐席 1001 为您服务。", "agent 请稍等", "system 服务已恢复，正在为您重新安排坐席。", "system 坐席 1001 为您服务。"]);
    expect(await rows("select count(*) as n from core_interaction where ended_at is null")).toEqual([{ n: 1 }]);
  });

  it("says one thing once, tells watchers each change, and keeps others out", async () => {
    const { chat, token } = await open();
    const seen: string[] = [];
    const stop = chats().watch(chat.id, ({ chat: now, message }) => seen.push(message === undefined ? now.state : `${message.from} ${message.text}`));
    const twice = await Promise.all([chats().say(chat.id, "citizen", "喂", { clientId: "c1" }), chats().say(chat.id, "citizen", "喂", { clientId: "c1" })]);
    expect(twice[0]).toEqual(twice[1]);
    await expect(chats().say(chat.id, { agent: "1002" }, "x")).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    expect(await chats().byToken("x".repeat(32))).toBeUndefined();
    expect(JSON.stringify(await rows("select * from webchat_chat"))).not.toContain(token);
    await chats().answer(chat.id, "1001", true);
    await test.advance(100);
    stop();
    await chats().say(chat.id, "citizen", "后来");
    expect(seen).toEqual(["citizen 喂", "active", "system 坐席 1001 为您服务。"]);
  });

  it("is refused to floods", async () => {
    await test.close();
    test = await start({ chatsPerHour: 2, messagesPerMinute: 2 });
    await open();
    const { chat } = await open();
    await expect(chats().open({ text: "x", from: "10.0.0.9" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_TOO_MANY", status: 429 });
    await chats().open({ text: "x", from: "10.0.0.10" });
    // An IPv6 connection has a /64 of addresses, and counts as one.
    for (const from of ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]) await chats().open({ text: "x", from });
    await expect(chats().open({ text: "x", from: "2001:db8::3" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_TOO_MANY", status: 429 });
    await chats().say(chat.id, "citizen", "1");
    await chats().say(chat.id, "citizen", "2");
    await expect(chats().say(chat.id, "citizen", "3")).rejects.toMatchObject({ code: "HTL_WEBCHAT_TOO_MANY" });
  });
});
