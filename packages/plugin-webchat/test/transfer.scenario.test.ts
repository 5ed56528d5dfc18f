import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, READ_POOL, ROUTES } from "@hotlinejs/core";
import type { HttpRequest, Plugin } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import { tickets } from "@hotlinejs/plugin-tickets";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { WEBCHAT, type ChatScreen, type Webchat } from "../src/contract.js";
import { webchat } from "../src/index.js";

let dataDir: string;
let test: TestHotline;
let told: { readonly name: string; readonly payload: Readonly<Record<string, unknown>> }[];

const listener = (): Plugin =>
  definePlugin({
    name: "listener",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register: ({ events }) => {
      for (const name of ["webchat.transfer-begun", "webchat.transferred", "webchat.transfer-failed"] as const) events.handle(name, (payload) => void told.push({ name: name.replace("webchat.", ""), payload }));
    },
  })();
const queue = { ringTimeoutSeconds: 15, joinEmpty: false } as const;
const start = (): Promise<TestHotline> =>
  createTestHotline({
    dataDir,
    plugins: [
      tickets(),
      acd({
        queues: [
          { key: "general", name: "综合咨询", maxWaitSeconds: 300, ...queue },
          { key: "experts", name: "专家", maxWaitSeconds: 120, ...queue },
        ],
        agents: [
          { number: "1001", name: "李敏", address: "sip:1001", queues: ["general", "experts"] },
          { number: "1002", name: "张科", address: "sip:1002", queues: ["general"] },
          { number: "1003", name: "专家", address: "sip:1003", queues: ["experts"] },
        ],
        wrapUp: 10,
      }),
      webchat(),
      listener(),
    ],
  });
const chats = (): Webchat => test.services.get(WEBCHAT);
const status = (number: string): string | undefined => test.services.get(ACD).agent(number)?.state;
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const said = async (id: string): Promise<readonly string[]> => (await chats().messages(id)).map((message) => `${message.from} ${message.text}`);
/** A chat that 1001 serves. */
const served = async (): Promise<string> => {
  const { chat } = await chats().open({ text: "养老金怎么领", name: "陈伯", from: "10.0.0.9" });
  await test.advance(100);
  await chats().answer(chat.id, "1001", true);
  await test.advance(100);
  return chat.id;
};
const draftsOf = (id: string, text: string): ChatScreen => ({ drafts: [{ key: `webchat.say.${id}`, at: 1, values: { text } }] });

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-webchat-transfer-"));
  told = [];
  test = await start();
  await test.agent("1001");
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a chat given to a colleague", () => {
  it("stays with its agent until it is accepted; then words, interaction and drafts are the colleague's, and the giver is free", async () => {
    const id = await served();
    await test.agent("1002");
    expect(chats().targets("1001")).toEqual({ agents: [{ number: "1002", name: "张科", state: "available", channels: [], reasonName: null, reasonNameEn: null, free: true }], queues: [{ key: "experts", name: "专家" }, { key: "general", name: "综合咨询" }] });
    const interactionId = (await chats().get(id))?.interactionId;
    expect(await chats().transfer(id, "1001", { agent: "1002" }, draftsOf(id, "请您"))).toMatchObject({ agent: "1001", state: "active", offered: false, transfer: { from: "1001", to: { agent: "1002" } } });
    await test.advance(100);
    expect(await chats().ofAgent("1002")).toMatchObject([{ id, offered: true, agent: "1002", transfer: { from: "1001", asked: "1002" } }]);
    expect(await chats().ofAgent("1001")).toMatchObject([{ id, offered: false, agent: "1001", transfer: { asked: "1002" } }]);
    // The citizen is told nothing of it, and talks on.
    expect(await chats().get(id)).toMatchObject({ agent: "1001", offered: false, transfer: null });
    await chats().say(id, "citizen", "在吗");
    await chats().say(id, { agent: "1001" }, "正在为您转接");
    await expect(chats().say(id, { agent: "1002" }, "x")).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await expect(chats().screen(id, "1002")).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await chats().giveScreen(id, "1001", draftsOf(id, "请您带上身份证"));

    await chats().answer(id, "1002", true);
    await test.advance(100);
    expect(await chats().get(id, "1002")).toMatchObject({ state: "active", agent: "1002", offered: false, transfer: null, interactionId, givenBy: { agent: "1001", name: "李敏" } });
    expect(await chats().ofAgent("1001")).toEqual([]);
    expect([status("1001"), status("1002")]).toEqual(["wrap-up", "busy"]);
    expect(await said(id)).toEqual(["citizen 养老金怎么领", "system 坐席 1001 为您服务。", "citizen 在吗", "agent 正在为您转接", "system 已为您转接，坐席 1002 为您服务。"]);
    expect(await chats().screen(id, "1002")).toMatchObject({ from: "1001", fromName: "李敏", drafts: draftsOf(id, "请您带上身份证").drafts });
    // What was typed in the last moment follows.
    await chats().giveScreen(id, "1001", draftsOf(id, "请您带上身份证和社保卡"));
    expect(await chats().screen(id, "1002")).toMatchObject({ drafts: [{ values: { text: "请您带上身份证和社保卡" } }] });
    await expect(chats().say(id, { agent: "1001" }, "x")).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });

    await chats().say(id, { agent: "1002" }, "您好");
    await chats().end(id, { agent: "1002" });
    await test.advance(100);
    expect(status("1002")).toBe("wrap-up");
    await test.advance(11_000);
    expect([status("1001"), status("1002")]).toEqual(["available", "available"]);
    expect(await rows("select agent_id, end_reason, count(*) as n from core_interaction group by agent_id, end_reason")).toEqual([{ agent_id: "1002", end_reason: "finished", n: 1 }]);
    expect(await rows("select outcome, agent from acd_queue_entry order by id")).toEqual([{ outcome: "answered", agent: "1001" }, { outcome: "answered", agent: "1002" }]);
    expect(told.map(({ name, payload: { from, to, toAgent, queue: by } }) => [name, from, to ?? toAgent, by])).toEqual([["transfer-begun", "1001", "1002", "general"], ["transferred", "1001", "1002", "general"]]);
    expect(await rows("select screen from webchat_chat")).toEqual([{ screen: null }]);
  });

  it.each(["declined", "no-answer", "no room", "cancelled"] as const)("stays where it is, with all that was typed: %s", async (why) => {
    const id = await served();
    await test.agent("1002");
    if (why === "no room") {
      const { chat } = await chats().open({ text: "另一位", from: "10.0.0.8" });
      await test.advance(100);
      await chats().answer(chat.id, "1002", true);
    }
    await chats().transfer(id, "1001", { agent: "1002" }, draftsOf(id, "请您"));
    await test.advance(100);
    await expect(chats().transfer(id, "1001", { queue: "experts" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_TRANSFERRING" });
    if (why === "declined") await chats().answer(id, "1002", false);
    else if (why === "cancelled") await chats().cancelTransfer(id, "1001");
    else await test.advance(why === "no-answer" ? 16_000 : 61_000);
    await test.advance(100);
    expect(await chats().get(id, "1001")).toMatchObject({ state: "active", agent: "1001", transfer: null, givenBy: null });
    expect((await chats().ofAgent("1002")).filter((chat) => chat.id === id)).toEqual([]);
    await expect(chats().answer(id, "1002", true)).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_OFFERED" });
    expect(told.at(-1)).toMatchObject({ name: "transfer-failed", payload: { from: "1001", toAgent: "1002", cause: why === "no room" ? "no-answer" : why } });
    expect(await rows("select screen from webchat_chat where screen is not null")).toEqual([]);
    await chats().say(id, { agent: "1001" }, "我继续为您服务");
    await chats().end(id, { agent: "1001" });
    await test.advance(11_000);
    expect(status("1001")).toBe("available");
    // It can be tried again with another one.
    expect(await rows("select count(*) as n from core_interaction where ended_at is null")).toEqual([{ n: why === "no room" ? 1 : 0 }]);
  });

  it("goes to a queue: whoever it finds has it there, never the giver; when nobody is there it stays", async () => {
    const id = await served();
    await chats().transfer(id, "1001", { queue: "experts" });
    await test.advance(30_000);
    // The giver serves that queue too, and is not asked.
    expect(await chats().ofAgent("1001")).toMatchObject([{ id, offered: false, transfer: { to: { queue: "experts" }, asked: null } }]);
    await test.advance(120_000);
    expect(told.at(-1)).toMatchObject({ name: "transfer-failed", payload: { toAgent: null, queue: "experts", cause: "timeout" } });
    await test.agent("1003");
    await chats().transfer(id, "1001", { queue: "experts" });
    await test.advance(100);
    await chats().answer(id, "1003", true);
    await test.advance(100);
    expect(await chats().get(id)).toMatchObject({ state: "active", agent: "1003", queue: "experts" });
    // After a restart it goes on there, with the same agent first.
    await test.close();
    test = await start();
    await test.agent("1001");
    await test.agent("1003");
    await chats().say(id, "citizen", "还在吗");
    await test.advance(200);
    expect(await chats().get(id)).toMatchObject({ state: "waiting", agent: "1003", offered: true, queue: "experts" });
  });

  it("that ends meanwhile is offered to nobody; one that is interrupted goes on with its agent", async () => {
    const id = await served();
    await test.agent("1002");
    await chats().transfer(id, "1001", { agent: "1002" });
    await test.advance(100);
    await chats().end(id, "citizen");
    await test.advance(100);
    expect(await chats().ofAgent("1002")).toEqual([]);
    await test.advance(11_000);
    expect([status("1001"), status("1002")]).toEqual(["available", "available"]);
    expect(told.map(({ name }) => name)).toEqual(["transfer-begun"]);
    await test.services.get(ACD).setAgentState("1002", "not-ready", { actor: "test", reason: "rest" });
    const second = await served();
    await test.services.get(ACD).setAgentState("1002", "available", { actor: "test" });
    await chats().transfer(second, "1001", { agent: "1002" }, draftsOf(second, "x"));
    await test.advance(100);
    await test.close();
    test = await start();
    await test.agent("1001");
    await chats().say(second, "citizen", "喂");
    await test.advance(200);
    expect(await chats().get(second, "1001")).toMatchObject({ agent: "1001", offered: true, transfer: null, givenBy: null });
  });

  it("is refused where it makes no sense", async () => {
    const id = await served();
    await test.agent("1002");
    await expect(chats().transfer(id, "1002", { agent: "1003" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await expect(chats().transfer(id, "1001", { agent: "1001" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NO_TARGET", status: 404 });
    await expect(chats().transfer(id, "1001", { agent: "9999" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NO_TARGET" });
    await expect(chats().transfer(id, "1001", { queue: "nobody" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NO_TARGET" });
    await expect(chats().transfer(id, "1001", { agent: "1003" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_AGENT_AWAY", status: 409 });
    const { chat } = await chats().open({ text: "等", from: "10.0.0.7" });
    await expect(chats().transfer(chat.id, "1001", { agent: "1002" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await chats().end(id, "citizen");
    await expect(chats().transfer(id, "1001", { agent: "1002" })).rejects.toMatchObject({ code: "HTL_WEBCHAT_ENDED" });
  });

  it("is asked for by HTTP by its agent alone; drafts of something else, or too large ones, are not kept", async () => {
    const id = await served();
    await test.agent("1002");
    const ask = async (method: string, path: string, agentNumber: string, body?: unknown): Promise<unknown> => {
      const route = test.services.get(ROUTES).find((each) => each.route.path === path && each.route.method === method)?.route;
      const request = { params: { id }, query: { after: 0 }, body: route?.body?.parse(body), principal: { userId: "u", agentNumber, permissions: new Set() }, services: test.services, headers: {} };
      return route?.handler(request as unknown as HttpRequest<never, never, never>);
    };
    await expect(ask("POST", "/api/webchat/chats/:id/transfer", "1002", { to: { agent: "1002" } })).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await expect(ask("POST", "/api/webchat/chats/:id/transfer", "1001", { to: { agent: "1002", queue: "general" } })).rejects.toThrow();
    await expect(ask("POST", "/api/webchat/chats/:id/transfer", "1001", { to: { agent: "1002" }, screen: draftsOf("other", "x") })).rejects.toMatchObject({ code: "HTL_WEBCHAT_SCREEN_UNUSABLE", status: 400 });
    await expect(ask("POST", "/api/webchat/chats/:id/transfer", "1001", { to: { agent: "1002" }, screen: draftsOf(id, "字".repeat(100_000)) })).rejects.toMatchObject({ code: "HTL_WEBCHAT_SCREEN_UNUSABLE" });
    expect(await ask("POST", "/api/webchat/chats/:id/transfer", "1001", { to: { agent: "1002" }, screen: draftsOf(id, "x") })).toMatchObject({ transfer: { from: "1001" } });
    await test.advance(100);
    // Who is asked may read what it is about.
    expect(await ask("GET", "/api/webchat/chats/:id", "1002")).toBeDefined();
    expect(await ask("DELETE", "/api/webchat/chats/:id/transfer", "1001")).toMatchObject({ id });
    await test.advance(100);
    await ask("POST", "/api/webchat/chats/:id/transfer", "1001", { to: { agent: "1002" }, screen: draftsOf(id, "x") });
    await test.advance(100);
    await ask("POST", "/api/webchat/chats/:id/accept", "1002");
    await test.advance(100);
    expect(await ask("GET", "/api/webchat/chats/:id/screen", "1002")).toMatchObject({ screen: { from: "1001", drafts: [{ key: `webchat.say.${id}` }] } });
    await expect(ask("GET", "/api/webchat/chats/:id/screen", "1001")).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
    await ask("PUT", "/api/webchat/chats/:id/screen", "1001", draftsOf(id, "y"));
    await expect(ask("PUT", "/api/webchat/chats/:id/screen", "1003", draftsOf(id, "z"))).rejects.toMatchObject({ code: "HTL_WEBCHAT_NOT_YOURS" });
  });
});
