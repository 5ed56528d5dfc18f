import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acd } from "@hotlinejs/plugin-acd";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { directory } from "@hotlinejs/plugin-directory";
import { webchat } from "@hotlinejs/plugin-webchat";
import { WEBCHAT, type ChatMessage } from "@hotlinejs/plugin-webchat/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { portal } from "../src/index.js";
import { CHAT_SCRIPT, CHAT_SCRIPT_PATH } from "../src/pages/chat-script.js";

let dataDir: string;
let test: TestHotline;

const start = (withChat: boolean): Promise<TestHotline> =>
  createTestHotline({
    dataDir,
    plugins: [
      directory(),
      http({ port: 0 }),
      ...(withChat ? [acd({ queues: [{ key: "general", name: "综合咨询", maxWaitSeconds: 300, maxLength: 5, ringTimeoutSeconds: 15 }], agents: [{ number: "1001", name: "甲", address: "sip:1001", queues: ["general"] }] }), webchat({ chatsPerHour: 2, messagesPerMinute: 3 })] : []),
      portal({ agency: "海晏市12333" }),
    ],
  });

interface Shown {
  readonly status: number;
  readonly page: string;
  readonly location: string | null;
  readonly cookie: string | undefined;
}
async function open(path: string, form?: Readonly<Record<string, string>>, cookie = ""): Promise<Shown> {
  const base = test.services.get(HTTP_SERVER).url ?? "";
  const response = await fetch(`${base}${path}`, { redirect: "manual", headers: { cookie, ...(form === undefined ? {} : { origin: base }) }, ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }) });
  return { status: response.status, page: await response.text(), location: response.headers.get("location"), cookie: response.headers.getSetCookie()[0] };
}
const clientId = (page: string): string => /name="clientId" value="([^"]+)"/.exec(page)?.[1] ?? "";

/** The words of the citizen whose chat a cookie opens. */
async function said(cookie: string): Promise<readonly string[]> {
  const chats = test.services.get(WEBCHAT);
  const chat = await chats.byToken(cookie.slice("hotline_chat=".length));
  const messages: readonly ChatMessage[] = chat === undefined ? [] : await chats.messages(chat.id);
  return messages.filter(({ from }) => from === "citizen").map(({ text }) => text);
}
async function begin(text = "养老金怎么领"): Promise<string> {
  const begun = await open("/portal/chat", { name: "王女士", text });
  expect(begun).toMatchObject({ status: 303, location: "/portal/chat#say" });
  return begun.cookie?.split(";")[0] ?? "";
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-portal-chat-"));
  test = await start(true);
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a chat on the citizens' pages", () => {
  it("keeps its key from scripts and addresses, and shows words as words", async () => {
    const begun = await open("/portal/chat", { text: "<script>alert(1)</script>" });
    expect(begun.cookie).toMatch(/^hotline_chat=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = begun.cookie?.split(";")[0] ?? "";
    const shown = await open("/portal/chat", undefined, cookie);
    expect(shown.page).toContain("排队中");
    expect(shown.page).toContain("&#60;script&#62;alert(1)");
    expect(shown.page).not.toContain("<script>");
    expect(shown.page).not.toContain(cookie.slice("hotline_chat=".length));
    expect(await said(cookie)).toEqual(["<script>alert(1)</script>"]);
  });

  it("a form sent twice is one message; the next page names the next one", async () => {
    const cookie = await begin();
    const { page } = await open("/portal/chat", undefined, cookie);
    const form = { text: "还要带身份证吗", clientId: clientId(page) };
    expect(form.clientId).not.toBe("");
    await open("/portal/chat/messages", form, cookie);
    await open("/portal/chat/messages", form, cookie);
    expect(await said(cookie)).toEqual(["养老金怎么领", "还要带身份证吗"]);
    expect(clientId((await open("/portal/chat", undefined, cookie)).page)).not.toBe(form.clientId);
  });

  it("begun twice is one chat; words written too late are shown again, not lost", async () => {
    const cookie = await begin();
    const again = await open("/portal/chat", { text: "又按了一次" }, cookie);
    expect(again).toMatchObject({ status: 303, cookie: undefined });
    await open("/portal/chat/end", {}, cookie);
    const late = await open("/portal/chat/messages", { text: "等一下" }, cookie);
    expect(late.status).toBe(409);
    expect(late.page).toContain("没有送达");
    expect(late.page).toContain("等一下");
    expect(late.page).not.toContain("http-equiv");
    expect(await said(cookie)).toEqual(["养老金怎么领"]);
    expect((await open("/portal/chat/new", {}, cookie)).cookie).toContain("Max-Age=0");
  });

  it("gives words back that came too fast", async () => {
    const cookie = await begin();
    for (const text of ["一", "二", "三"]) await open("/portal/chat/messages", { text }, cookie);
    const refused = await open("/portal/chat/messages", { text: "四" }, cookie);
    expect(refused.status).toBe(429);
    expect(refused.page).toMatch(/<textarea id="say"[^>]*>\n四</);
    expect(await said(cookie)).toEqual(["养老金怎么领", "一", "二", "三"]);
  });

  it("tells what to do when there were too many, and with a broken key begins anew", async () => {
    await begin();
    await begin();
    const refused = await open("/portal/chat", { text: "第三次" });
    expect(refused.status).toBe(429);
    expect(refused.page).toContain("请稍后再试，或拨打 12333");
    expect((await open("/portal/chat", undefined, "hotline_chat=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")).page).toContain("想咨询什么");
  });

  it("has one script under a name of its content, small, and none on other pages", async () => {
    const cookie = await begin();
    expect((await open("/portal/chat", undefined, cookie)).page).toContain(`<script src="${CHAT_SCRIPT_PATH}" defer>`);
    expect(await open(CHAT_SCRIPT_PATH)).toMatchObject({ status: 200, page: CHAT_SCRIPT });
    expect(Buffer.byteLength(CHAT_SCRIPT)).toBeLessThan(6 * 1_024);
    const home = await open("/portal");
    expect(home.page).toContain('href="/portal/chat"');
    expect(home.page).not.toContain("<script");
  });

  it("is not offered where there is none", async () => {
    await test.close();
    test = await start(false);
    expect((await open("/portal")).page).not.toContain("/portal/chat");
    const closed = await open("/portal/chat");
    expect(closed.status).toBe(503);
    expect(closed.page).toContain("请拨打 12333");
  });
});
