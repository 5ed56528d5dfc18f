import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSilentLogger, READ_POOL } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDovecot, hasDovecot, PASSWORD } from "../../../packages/plugin-email/test/dovecot.js";
import type { Dovecot } from "../../../packages/plugin-email/test/dovecot.js";
import { startSmtpSink } from "../../../packages/plugin-email/test/smtp-sink.js";
import type { SmtpSink } from "../../../packages/plugin-email/test/smtp-sink.js";
import { create12333 } from "../src/hotline.js";
import { replyRules } from "./support/reply-rules.js";

interface Action {
  readonly id: string;
  readonly allowed: boolean;
  readonly why: string | null;
}
interface Ticket {
  readonly id: string;
  readonly serial: string;
  readonly status: string;
  readonly version: number;
  readonly source: string;
  readonly handlingDepartment: string | null;
  readonly contactEmail: string | null;
  readonly files: readonly { readonly id: string; readonly fileName: string; readonly contentType: string }[];
  readonly history: readonly { readonly action: string; readonly note: string | null }[];
  readonly actions: readonly Action[];
  readonly urgings: readonly { readonly level: string; readonly state: string }[];
}

const peers = hasDovecot();

/** The example with its demo people, as an operator starts it, over its real HTTP interface. */
describe("a ticket through the hands of a dispatcher, a liaison officer and an expediter", () => {
  let hotline: Hotline;
  let dovecot: Dovecot | undefined;
  let smtp: SmtpSink;
  let dataDir: string;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "hotline-tickets-"));
    smtp = await startSmtpSink();
    if (peers) dovecot = await startDovecot();
    hotline = create12333({
      today: "2026-03-02",
      plugins: [replyRules()],
      without: ["espeak"],
      environment: {
        HOTLINE_DATA_DIR: dataDir,
        HOTLINE_SIP_PORT: "0",
        HOTLINE_HTTP_PORT: "0",
        HOTLINE_EMAIL_FROM: "12333热线 <12333@renshe.example>",
        HOTLINE_EMAIL_SMTP: JSON.stringify({ host: "127.0.0.1", port: smtp.port, tls: "none" }),
        ...(dovecot === undefined ? {} : { HOTLINE_EMAIL_IMAP: JSON.stringify({ host: "127.0.0.1", port: dovecot.port, tls: "none", username: "hotline", password: PASSWORD }) }),
      },
      hotline: { logger: createSilentLogger() },
    });
    await hotline.start();
  }, 120_000);
  afterAll(async () => {
    await hotline.stop({ drain: false });
    await dovecot?.remove();
    await smtp.close();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  async function ask(who: string, method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const { url } = hotline.services.get(HTTP_SERVER);
    const send = (token: string | undefined, to: string, how: string, what?: unknown): Promise<Response> =>
      fetch(`${url}${to}`, { method: how, headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, ...(what === undefined ? {} : { body: JSON.stringify(what) }) });
    if (!tokens.has(who)) tokens.set(who, ((await (await send(undefined, "/api/auth/login", "POST", { username: who, password: `demo-${who}` })).json()) as { token: string }).token);
    const response = await send(tokens.get(who), path, method, body);
    const text = await response.text();
    return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
  }
  const ticket = async (who: string, id: string): Promise<Ticket> => (await ask(who, "GET", `/api/tickets/${id}`)).body as unknown as Ticket;
  const move = (who: string, id: string, action: string, data: object = {}, version?: number) => ask(who, "POST", `/api/tickets/${id}/transitions`, { action, data, ...(version === undefined ? {} : { version }) });
  async function eventually<T>(get: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
    for (let tries = 0; tries < 600; tries++) {
      const found = await get();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${what} did not come`);
  }

  it("every role does its own part, is shown why not the others', and a house rule vetoes", async () => {
    const made = await ask("1001", "POST", "/api/tickets", { kind: "投诉", summary: "反映拖欠工资", contactName: "王女士", contactNumber: "13800138000" });
    expect(made.status).toBe(201);
    const id = made.body["id"] as string;
    expect((await ticket("1001", id)).actions.find((each) => each.id === "dispatch")).toMatchObject({ allowed: false, why: expect.stringContaining("没有“转办”的权限") as unknown });
    expect(await move("1001", id, "dispatch", { department: "204" })).toMatchObject({ status: 403, body: { code: "HTL_TICKETS_FORBIDDEN" } });
    expect(await ask("20402", "GET", `/api/tickets/${id}`)).toMatchObject({ status: 404 });
    expect(await move("1601", id, "dispatch", { department: "114" })).toMatchObject({ status: 400, body: { code: "HTL_TICKETS_UNKNOWN_DEPARTMENT" } });
    expect(await move("1601", id, "dispatch", { department: "204" })).toMatchObject({ status: 200, body: { status: "dispatched", handlingDepartment: "204" } });
    expect(await move("20402", id, "return", { reason: "非本单位职责", proposedDepartment: "202" })).toMatchObject({ status: 200 });
    expect(await move("1601", id, "return-no", { opinion: "按职责清单应由你单位办理" })).toMatchObject({ status: 200, body: { status: "dispatched" } });
    expect(await move("20402", id, "sign", {}, 1)).toMatchObject({ status: 409, body: { code: "HTL_TICKETS_CONFLICT" } });
    expect(await move("20402", id, "sign")).toMatchObject({ status: 200, body: { status: "handling" } });
    expect(await ask("20402", "GET", `/api/tickets/${id}/due`)).toMatchObject({ status: 200, body: { rule: { source: "kind", days: 10 } } });
    expect(await ask("20402", "POST", `/api/tickets/${id}/urgings`, { text: "快" })).toMatchObject({ status: 403, body: { code: "HTL_HTTP_FORBIDDEN" } });
    expect(await ask("1611", "POST", `/api/tickets/${id}/urgings`, { text: "市民再次来电，请加快" })).toMatchObject({ status: 201, body: { level: "manual" } });
    const urged = await eventually(() => smtp.letters.find((each) => each.to[0] === "204@renshe.example"), "the letter of urging");
    expect(urged.mail.text).toContain("市民再次来电，请加快");

    const before = await ticket("20402", id);
    expect(await move("20402", id, "reply", { answer: "已付" })).toMatchObject({ status: 409, body: { code: "HTL_TICKETS_VETOED", message: "不能答复：答复内容不少于10个字，现在是2个字", details: { veto: "answer-too-short" } } });
    expect(await ticket("20402", id)).toEqual(before);
    const audit = await hotline.services.get(READ_POOL).read((em) => em.execute<{ action: string; outcome: string; actor: string }[]>(`select action, outcome from core_audit where subject_id = '${id}' and outcome = 'vetoed'`));
    expect(audit).toEqual([{ action: "ticket.reply", outcome: "vetoed" }]);
    expect(await move("20402", id, "reply", { answer: "经查，拖欠的工资已于三月二日付清。" })).toMatchObject({ status: 200, body: { status: "replied" } });
    expect(await move("20402", id, "close")).toMatchObject({ status: 403 });
    expect(await move("1601", id, "close")).toMatchObject({ status: 200, body: { status: "closed" } });
    const callers = await ask("1001", "GET", "/api/tickets?contactNumber=13800138000");
    expect((callers.body["items"] as Ticket[]).map((each) => each.id)).toEqual([id]);
    expect(await ask("1611", "GET", "/api/tickets?contactNumber=13800138000")).toMatchObject({ status: 403 });
  }, 60_000);

  it.skipIf(!peers)("a letter in the mailbox becomes a ticket; receipt and answer come back in its thread; the reply to them joins it", async () => {
    await dovecot?.deliver(
      "hotline",
      `From: =?UTF-8?B?${Buffer.from("王女士").toString("base64")}?= <wang@example.test>\nTo: 12333@renshe.example\nSubject: =?UTF-8?B?${Buffer.from("拖欠工资").toString("base64")}?=\nMessage-ID: <first@example.test>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n电子厂三个月没发工资。\n`,
    );
    const receipt = await eventually(() => smtp.letters.find((each) => each.to[0] === "wang@example.test"), "the receipt");
    const serial = /流水号(\d{12})/.exec(receipt.mail.text ?? "")?.[1] ?? "";
    expect(receipt.mail.inReplyTo).toBe("<first@example.test>");
    const found = await ticket("1001", serial);
    expect(found).toMatchObject({ source: "email", status: "received", contactEmail: "wang@example.test" });
    await move("1001", found.id, "register", { kind: "投诉" });
    await move("1601", found.id, "dispatch", { department: "204" });
    await move("20402", found.id, "sign");
    expect(await move("20402", found.id, "reply", { answer: "经查，拖欠的工资已于三月二日付清。" })).toMatchObject({ status: 200 });
    const answer = await eventually(() => smtp.letters.find((each) => each.mail.text?.includes("已于三月二日付清")), "the answer");
    expect(answer).toMatchObject({ to: ["wang@example.test"], mail: { inReplyTo: "<first@example.test>", subject: `Re: 拖欠工资（流水号${serial}）` } });
    expect([answer.mail.references].flat()).toContain("<first@example.test>");
    await dovecot?.deliver("hotline", `From: wang@example.test\nTo: 12333@renshe.example\nSubject: Re: thanks\nMessage-ID: <second@example.test>\nIn-Reply-To: ${answer.mail.messageId ?? ""}\nContent-Type: text/plain; charset=utf-8\n\nThank you.\n`);
    const after = await eventually(async () => {
      const seen = await ticket("1001", serial);
      return seen.history.some((line) => line.action === "message") ? seen : undefined;
    }, "the reply");
    expect(after).toMatchObject({ id: found.id, status: "replied" });
    const original = after.files.find((each) => each.fileName === "原始邮件.eml");
    const { url } = hotline.services.get(HTTP_SERVER);
    const download = await fetch(`${url}/api/tickets/${found.id}/attachments/${original?.id}`, { headers: { authorization: `Bearer ${tokens.get("1001")}` } });
    expect([download.status, download.headers.get("content-type"), download.headers.get("content-disposition")?.split(";")[0]]).toEqual([200, "application/octet-stream", "attachment"]);
    expect([download.headers.get("x-content-type-options"), download.headers.get("content-security-policy")]).toEqual(["nosniff", "sandbox"]);
    expect(await download.text()).toContain("Message-ID: <first@example.test>");
  }, 90_000);
});
