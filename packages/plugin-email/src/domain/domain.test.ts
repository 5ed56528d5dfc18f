import { describe, expect, it } from "vitest";
import { automaticKind, deliveryReport } from "./automatic-mail.js";
import { addressOf, answeredIds, domainOf, messageIdOf } from "./message-ids.js";
import { withoutQuote } from "./quoted-text.js";

const ID = "0198f1a2-0000-7000-8000-000000000001";
const facts = (headers: Record<string, string>, contentType = "text/plain") => ({ header: (name: string) => headers[name], contentType });

describe("message ids", () => {
  it("name a notification, and lead back to it", () => {
    expect(domainOf("12333热线 <12333@HaiYan.example>")).toBe("haiyan.example");
    expect(addressOf("12333热线 <12333@HaiYan.example>")).toBe("12333@haiyan.example");
    const id = messageIdOf(ID, "haiyan.example");
    expect(answeredIds(id, ["<first@x>", "<second@x>"], "haiyan.example")).toEqual([ID, "<second@x>", "<first@x>"]);
  });

  it("of another host are left as they are, even when they look like ours", () => {
    expect(answeredIds(undefined, `<${ID}@elsewhere.example> <a@b>`, "haiyan.example")).toEqual([`<${ID}@elsewhere.example>`, "<a@b>"]);
    expect(answeredIds("no id at all", undefined, "haiyan.example")).toEqual([]);
  });
});

describe("letters of machines", () => {
  it.each([
    [{ "auto-submitted": "auto-replied" }, "automatic"],
    [{ "auto-submitted": "no" }, undefined],
    [{ precedence: "bulk" }, "automatic"],
    [{ "list-id": "<news.example>" }, "automatic"],
    [{ "return-path": "<>" }, "automatic"],
    [{}, undefined],
  ])("%j is %s", (headers, kind) => {
    expect(automaticKind(facts(headers as Record<string, string>))).toBe(kind);
  });

  it("report what could not be delivered", () => {
    expect(automaticKind(facts({}, "multipart/report; report-type=delivery-status; boundary=x"))).toBe("bounce");
    expect(deliveryReport("Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; w@example.test\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n no such user\r\n")).toEqual({ action: "failed", status: "5.1.1", diagnostic: "550 5.1.1 no such user" });
    expect(deliveryReport("nothing of the kind")).toBeUndefined();
  });
});

describe("quotation", () => {
  it.each([
    ["还没有收到工资。\n\n在 2026年9月24日，12333 <a@b> 写道：\n> 您的事项已受理", "还没有收到工资。"],
    ["Thank you.\r\n\r\nOn Thu, 24 Sep 2026 at 10:00, 12333 <a@b> wrote:\r\n> accepted\r\n> more\r\n", "Thank you."],
    ["补充如下\n\n------------------ 原始邮件 ------------------\n发件人: 12333\n主题: 受理", "补充如下"],
    ["first\n> quoted in between\nsecond", "first\n> quoted in between\nsecond"],
    ["> all of it\n> is quoted", "> all of it\n> is quoted"],
    ["", ""],
  ])("%j", (text, own) => {
    expect(withoutQuote(text)).toBe(own);
  });
});
