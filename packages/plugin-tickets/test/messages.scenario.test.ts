import { afterEach, describe, expect, it } from "vitest";
import { buffer } from "node:stream/consumers";
import { BLOBS, MESSAGE_INTAKE, NOTIFICATIONS } from "@hotlinejs/core";
import type { HttpContent, InboundMessage } from "@hotlinejs/core";
import { Desk, person, plugin } from "./support/desk.js";
import { at } from "./support/office.js";

const agent = person("agent", "agent", "201");
const dispatcher = person("dispatcher", "dispatcher", "201");
const officer = person("officer", "report_officer", "201");
const liaison = person("liaison", "dept_liaison", "204");
const START = at("2026-03-02 10:00");

let desk: Desk;
afterEach(() => desk.test.close());
const open = async (options: Parameters<typeof Desk.open>[0] = {}): Promise<void> => void (desk = await Desk.open({ startAt: START, ...options }));

let count = 0;
const mail = (more: Partial<InboundMessage> = {}): InboundMessage => {
  const externalId = `<m${++count}@example.cn>`;
  return {
    channel: "email",
    externalId,
    from: "wang@example.cn",
    fromName: "王女士",
    to: "12333@renshe.example",
    subject: "老板拖欠工资",
    text: "我在工地干了三个月，工资没有发。",
    attachments: [],
    receivedAt: desk.now,
    headers: { "message-id": externalId },
    ...more,
  };
};
const arrive = async (message: InboundMessage): Promise<string> => {
  const { ref } = await desk.test.services.get(MESSAGE_INTAKE).arrive(message);
  await desk.test.advance(1000);
  return ref.replace("ticket:", "");
};
const blob = async (content: string, contentType: string, fileName: string): Promise<InboundMessage["attachments"][number]> => {
  const { id, size } = await desk.test.services.get(BLOBS).put(Buffer.from(content), { contentType, owner: "test" });
  return { blobId: id, fileName, contentType, size };
};
const letters = () => desk.sent.filter((each) => each.channel === "email");

describe("a mail", () => {
  it("becomes a ticket, is receipted with serial and code in its thread, and answered there", async () => {
    await open();
    const first = mail({ headers: { "message-id": "<a@example.cn>", references: "<root@example.cn> <a@example.cn>" }, externalId: "<a@example.cn>" });
    const id = await arrive(first);
    const ticket = await desk.see(dispatcher, id);
    expect(ticket).toMatchObject({
      kind: "help",
      status: "received",
      source: "email",
      summary: "老板拖欠工资",
      content: "我在工地干了三个月，工资没有发。",
      contactName: "王女士",
      contactEmail: "wang@example.cn",
      contactNumber: null,
      clock: { state: "running" },
    });
    const [receipt] = letters();
    expect(receipt).toMatchObject({ to: "wang@example.cn", template: "ticket.received-auto", title: `Re: 老板拖欠工资（流水号${ticket.serial}）`, headers: { "in-reply-to": "<a@example.cn>", references: "<root@example.cn> <a@example.cn>" } });
    const queryCode = /查询码(\d+)/.exec(receipt?.text ?? "")?.[1] ?? "";
    expect(receipt?.text).toContain(`流水号${ticket.serial}`);
    expect(await desk.service.answerFor(ticket.serial, queryCode, { channel: "web", from: "x" })).toMatchObject({ result: "ok", ticketId: id, answer: null });

    await desk.test.advance(1000);
    // The code went out and is nowhere any more in a form that can be read.
    expect(await desk.about(id)).toMatchObject([{ template: "ticket.received-auto", state: "sent", text: "" }]);
    expect(JSON.stringify(await desk.rows("select * from core_notification"))).not.toContain(queryCode);

    await desk.move(agent, id, "register", { kind: "投诉", category: "090101" });
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    await desk.move(liaison, id, "sign");
    await desk.move(liaison, id, "reply", { answer: "拖欠工资已付清" });
    await desk.test.advance(1000);
    expect(letters().map((each) => each.template)).toEqual(["ticket.received-auto", "ticket.accepted", "ticket.dispatched", "ticket.replied"]);
    expect(letters().at(-1)).toMatchObject({ to: "wang@example.cn", headers: { "in-reply-to": "<a@example.cn>" }, text: expect.stringContaining("拖欠工资已付清") as unknown });
    expect(await desk.service.answerFor(ticket.serial, queryCode, { channel: "web", from: "x" })).toMatchObject({ answer: "拖欠工资已付清" });
  });

  it("twice, also at once and after a crash between, is one ticket and one receipt", async () => {
    await open();
    const message = mail();
    const [a, b] = await Promise.all([arrive(message), arrive(message)]);
    expect(b).toBe(a);
    // As if core had not come to remember it.
    const { UNIT_OF_WORK } = await import("@hotlinejs/core");
    await desk.test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("delete from core_message", [], "run"));
    expect(await arrive(message)).toBe(a);
    expect(await desk.rows("select id from tickets_ticket")).toHaveLength(1);
    expect(letters()).toHaveLength(1);
  });

  it("that is refused by the house is not taken, and stays with its source", async () => {
    await open({ more: [plugin("veto", ({ hooks }) => hooks.ticketTransition.tap(() => ({ veto: true, code: "full", message: "满了" })))] });
    await expect(arrive(mail())).rejects.toMatchObject({ code: "HTL_CORE_MESSAGE_NOT_TAKEN" });
    expect(await desk.rows("select id from tickets_ticket")).toEqual([]);
    await expect(desk.test.services.get(MESSAGE_INTAKE).arrive(mail({ channel: "pigeon" }))).rejects.toMatchObject({ code: "HTL_CORE_MESSAGE_NOT_TAKEN" });
  });

  it.each([
    ["an automatic answer", { headers: { "auto-submitted": "auto-replied" } }],
    ["a list", { headers: { "list-id": "<news.example>" } }],
    ["bulk mail", { headers: { precedence: "bulk" } }],
    ["a machine", { from: "MAILER-DAEMON@example.cn" }],
  ])("%s is kept, but never answered by a machine", async (_what, more) => {
    await open();
    const id = await arrive(mail(more));
    expect(await desk.service.get(id)).toMatchObject({ status: "received" });
    expect(letters()).toEqual([]);
  });

  it("receipts to one address come to an end", async () => {
    await open();
    for (let i = 0; i < 13; i++) await arrive(mail({ subject: `第${i}封` }));
    expect(await desk.rows("select id from tickets_ticket")).toHaveLength(13);
    expect(letters()).toHaveLength(10);
  });

  it("with a subject that would break out of its header is answered in one line", async () => {
    await open();
    await arrive(mail({ subject: "RE: Re: 回复：工资\r\nBcc: all@example.cn" }));
    expect(letters()[0]?.title).toMatch(/^Re: 工资 Bcc: all@example\.cn（流水号\d{12}）$/);
  });

  it("longer than a ticket holds keeps its whole text as a file", async () => {
    await open();
    const text = "字".repeat(25_000);
    const id = await arrive(mail({ text }));
    const view = await desk.service.get(id);
    expect(view?.content).toHaveLength(20_000);
    expect(view?.files).toMatchObject([{ fileName: "全文.txt", contentType: "text/plain; charset=utf-8", size: 75_000 }]);
  });
});

describe("an answer of the citizen", () => {
  it("by its thread or the serial number in the subject is a line of the history, tells who handles it and moves nothing", async () => {
    await open();
    const id = await arrive(mail());
    const { serial } = (await desk.service.get(id)) ?? { serial: "" };
    await desk.move(agent, id, "register");
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    await desk.move(liaison, id, "sign");
    await desk.test.advance(1000);
    const [receipt] = letters();
    desk.told();
    // In the thread of our own letter; in the citizen's own; by the number as it is printed.
    expect(await arrive(mail({ inReplyTo: [receipt?.id ?? ""], subject: "Re: 老板拖欠工资", text: "补充：共三万元。" }))).toBe(id);
    // Side by side, in no order.
    expect([...desk.told()].sort()).toEqual([["screen", "department:204", "ticket.citizen-wrote"], ["screen", "user:liaison", "ticket.citizen-wrote"]]);
    expect(await arrive(mail({ inReplyTo: [`<m${count - 1}@example.cn>`], from: "WANG@example.cn", text: "再补充。" }))).toBe(id);
    const printed = `${serial.slice(0, 6)}-${serial.slice(6, 11)}-${serial.slice(11)}`;
    expect(await arrive(mail({ subject: `关于 ${printed}`, text: "还有。" }))).toBe(id);
    const detail = await desk.see(liaison, id);
    expect(detail.status).toBe("handling");
    expect(detail.history.filter((line) => line.action === "message").map((line) => line.note)).toEqual(["补充：共三万元。", "再补充。", "还有。"]);
    expect(await desk.rows("select id from tickets_ticket")).toHaveLength(1);
    // The next answer continues from the last letter.
    await desk.move(liaison, id, "reply", { answer: "已付" });
    await desk.test.advance(1000);
    expect(letters().at(-1)?.headers["in-reply-to"]).toBe(`<m${count}@example.cn>`);
  });

  it("after the end reopens nothing", async () => {
    await open();
    const id = await arrive(mail());
    await desk.move(agent, id, "register");
    await desk.move(agent, id, "reply", { answer: "已付" });
    await desk.move(dispatcher, id, "close");
    expect(await arrive(mail({ inReplyTo: [`<m${count}@example.cn>`], text: "谢谢" }))).toBe(id);
    expect(await desk.see(dispatcher, id)).toMatchObject({ status: "closed", clock: { state: "stopped" } });
  });

  it("from somebody else is a ticket of its own: a serial number opens nothing to strangers", async () => {
    await open();
    const id = await arrive(mail());
    const { serial } = (await desk.service.get(id)) ?? { serial: "" };
    const other = await arrive(mail({ from: "thief@example.cn", subject: `Re: ${serial}`, inReplyTo: [`<m${count}@example.cn>`] }));
    expect(other).not.toBe(id);
    expect((await desk.see(dispatcher, id)).history).toHaveLength(1);
  });
});

describe("other channels", () => {
  it("an SMS and a fax are tickets of their number, a web form of whichever it has", async () => {
    await open();
    const sms = await arrive(mail({ channel: "sms", externalId: "s1", from: "+8613800138000", subject: undefined, text: "工资没发\n求助", headers: {} } as unknown as Partial<InboundMessage>));
    expect(await desk.service.get(sms)).toMatchObject({ source: "sms", contactNumber: "13800138000", contactEmail: null, summary: "工资没发" });
    expect(desk.sent.filter((each) => each.channel === "sms")).toMatchObject([{ to: "13800138000", template: "ticket.received-auto" }]);
    const page = await blob("%PDF-1.4", "application/pdf", "传真.pdf");
    const fax = await arrive(mail({ channel: "fax", externalId: "f1", from: "090055500123", attachments: [page], interactionId: "i1", text: "" }));
    expect(await desk.service.get(fax)).toMatchObject({ source: "fax", interactionId: "i1", contactNumber: "090055500123", files: [{ id: page.blobId, fileName: "传真.pdf", contentType: "application/pdf", size: 8 }] });
    // An answer by SMS with the number of the ticket.
    const { serial } = (await desk.service.get(sms)) ?? { serial: "" };
    expect(await arrive(mail({ channel: "sms", externalId: "s2", from: "13800138000", subject: serial, text: "补充", headers: {} }))).toBe(sms);
  });

  it("a form files a complaint and is told serial and code; who is written to is asked for", async () => {
    await open();
    const file = await blob("工资表", "text/plain", "工资表.txt");
    const created = await desk.service.create({ kind: "投诉", source: "web", actor: "citizen", summary: "欠薪", contactName: "王女士", contactEmail: " Wang@example.CN ", files: [file], idempotencyKey: "web:1" });
    expect(created).toMatchObject({ serial: expect.stringMatching(/^\d{12}$/) as unknown, queryCode: expect.stringMatching(/^\d{6}$/) as unknown, status: "received" });
    expect(await desk.service.get(created.id)).toMatchObject({ contactEmail: "wang@example.cn", files: [{ fileName: "工资表.txt" }] });
    await desk.move(agent, created.id, "register");
    await desk.move(agent, created.id, "reply", { answer: "请补发" });
    await desk.test.advance(1000);
    expect(letters().map((each) => [each.to, each.template, each.title])).toEqual([
      ["wang@example.cn", "ticket.accepted", `受理告知：流水号${created.serial}`],
      ["wang@example.cn", "ticket.replied", `答复：${created.serial}`],
    ]);
  });

  it("who reports is never written to, named or not", async () => {
    await open();
    const named = await desk.service.create({ kind: "举报", source: "web", actor: "citizen", contactName: "王女士", contactEmail: "wang@example.cn" });
    const anonymous = await desk.service.create({ kind: "举报", source: "web", actor: "citizen", anonymous: true, contactEmail: "wang@example.cn", contactNumber: "13800138000" });
    for (const { id } of [named, anonymous]) {
      await desk.move(officer, id, "register");
      await desk.move(officer, id, "reply", { answer: "已查处" });
    }
    await desk.test.advance(1000);
    expect(letters()).toEqual([]);
    expect(JSON.stringify(await desk.rows("select * from tickets_ticket"))).not.toMatch(/wang@|13800138000/);
    expect(await desk.test.services.get(NOTIFICATIONS).about({ type: "ticket", id: anonymous.id })).toEqual([]);
    expect((await desk.see(officer, named.id)).contactEmail).toBe("wang@example.cn");
    expect((await desk.see(officer, anonymous.id)).contactEmail).toBeNull();
  });
});

describe("files", () => {
  const get = (who: typeof agent, id: string, attachmentId: string): Promise<HttpContent> => desk.ask<HttpContent>(who, "GET", "/api/tickets/:id/attachments/:attachmentId", { params: { id, attachmentId } });

  it("are served to those who may see the ticket and its citizen, and never as something a browser runs", async () => {
    await open();
    const [html, svg, png] = [await blob("<script>alert(1)</script>", "text/html", "a.html"), await blob("<svg onload=alert(1)>", "image/svg+xml", "b.svg"), await blob("png", "image/png", "../c\u0000.png")];
    const id = await arrive(mail({ attachments: [html, svg, png] }));
    const content = await get(agent, id, html.blobId);
    expect(content).toMatchObject({ kind: "content", contentType: "application/octet-stream", size: 25, fileName: "a.html" });
    expect((await buffer(content.open(0, 24))).toString()).toBe("<script>alert(1)</script>");
    expect((await buffer(content.open(1, 6))).toString()).toBe("script");
    expect(await get(agent, id, svg.blobId)).toMatchObject({ contentType: "application/octet-stream" });
    expect(await get(agent, id, png.blobId)).toMatchObject({ contentType: "image/png", fileName: ".._c.png" });
    await expect(get(agent, id, "other")).rejects.toMatchObject({ code: "HTL_TICKETS_NO_ATTACHMENT" });
    const second = await arrive(mail());
    await expect(get(agent, second, html.blobId)).rejects.toMatchObject({ code: "HTL_TICKETS_NO_ATTACHMENT" });
    await expect(get(liaison, id, html.blobId)).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_FOUND" });
    await expect(get(person("qa", "qa"), id, html.blobId)).rejects.toMatchObject({ code: "HTL_TICKETS_FORBIDDEN" });
    await desk.move(officer, id, "register", { kind: "举报" });
    await expect(get(agent, id, html.blobId)).rejects.toMatchObject({ code: "HTL_TICKETS_FORBIDDEN" });
    expect((await desk.see(agent, id)).files).toEqual([]);
    expect(await get(officer, id, html.blobId)).toMatchObject({ size: 25 });
  });

  it("of a ticket outlive the sweep of blobs that nobody claimed", async () => {
    await open();
    const [kept, left] = [await blob("kept", "text/plain", "k.txt"), await blob("left", "text/plain", "l.txt")];
    await desk.service.create({ kind: "求助", source: "web", actor: "citizen", files: [kept] });
    for (let day = 0; day < 3; day++) await desk.test.advance(86_400_000);
    expect(await desk.test.services.get(BLOBS).info(kept.blobId)).toBeDefined();
    expect(await desk.test.services.get(BLOBS).info(left.blobId)).toBeUndefined();
  });
});
