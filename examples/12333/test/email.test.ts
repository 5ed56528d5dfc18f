import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasDovecot, PASSWORD, startDovecot, type Dovecot } from "../../../packages/plugin-email/test/dovecot.js";
import { startSmtpSink, type SmtpSink } from "../../../packages/plugin-email/test/smtp-sink.js";
import { Example } from "./support/example.js";

interface Ticket {
  readonly id: string;
  readonly serial: string;
  readonly status: string;
  readonly source: string;
  readonly summary: string;
  readonly content: string;
  readonly contactEmail: string;
  readonly files: readonly { readonly id: string; readonly fileName: string }[];
  readonly history: readonly { readonly action: string; readonly note: string | null }[];
}

const letter = (id: string, subject: string, text: string, extra = ""): string =>
  `From: =?UTF-8?B?${Buffer.from("王秀兰").toString("base64")}?= <wang@citizen.test>\nTo: 12333@haiyan.example\nSubject: =?UTF-8?B?${Buffer.from(subject).toString("base64")}?=\nMessage-ID: <${id}@citizen.test>\n${extra}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}\n`;

describe.skipIf(!hasDovecot())("a letter to the hotline", () => {
  let dovecot: Dovecot;
  let smtp: SmtpSink;
  let example: Example;

  beforeAll(async () => {
    [dovecot, smtp] = await Promise.all([startDovecot(), startSmtpSink()]);
    const imap = { host: "127.0.0.1", port: dovecot.port, tls: "none", username: "hotline", password: PASSWORD };
    example = await Example.start({ environment: { HOTLINE_EMAIL_FROM: "12333热线 <12333@haiyan.example>", HOTLINE_EMAIL_IMAP: JSON.stringify(imap), HOTLINE_EMAIL_SMTP: JSON.stringify({ host: "127.0.0.1", port: smtp.port, tls: "none" }) } });
  });
  afterAll(async () => {
    await example.dispose();
    await Promise.all([dovecot.remove(), smtp.close()]);
  });

  const sent = async (to: string, what: RegExp): Promise<SmtpSink["letters"][number]> => {
    for (let tries = 0; tries < 300; tries++) {
      const found = smtp.letters.find((each) => each.to.includes(to) && what.test(`${each.mail.subject ?? ""}\n${each.mail.text ?? ""}`));
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no letter to ${to} like ${String(what)}; sent: ${smtp.letters.map((each) => `${each.to.join()} ${each.mail.subject ?? ""}`).join(" | ")}`);
  };

  it("is a ticket; receipt and answer go out in its thread, what the citizen writes back joins it", async () => {
    await dovecot.deliver("hotline", letter("q1", "拖欠工资", "电子厂三个月没发工资。"));
    const { items } = await example.eventually<{ items: Ticket[] }>("/api/tickets?source=email", (answer) => answer.items.length === 1);
    const [ticket] = items;
    if (ticket === undefined) throw new Error("no ticket");
    expect(ticket).toMatchObject({ source: "email", status: "received", summary: "拖欠工资", contactEmail: "wang@citizen.test" });
    expect(ticket.content).toContain("电子厂三个月没发工资。");
    expect(ticket.files.map((file) => file.fileName)).toEqual(["原始邮件.eml"]);

    // An agent is looked for: it waits in the queue of written messages, as an interaction of its channel.
    const { items: waiting } = await example.eventually<{ items: readonly { channel: string; interactionId: string }[] }>("/api/queues/written/waiting", (answer) => answer.items.length === 1);
    expect(waiting).toMatchObject([{ channel: "email" }]);

    const receipt = await sent("wang@citizen.test", new RegExp(ticket.serial));
    expect(receipt.mail.inReplyTo).toBe("<q1@citizen.test>");
    expect(receipt.mail.text).toMatch(/查询码/);

    const move = async (action: string, data: Record<string, unknown>): Promise<void> => {
      const response = await example.fetch(`/api/tickets/${ticket.id}/transitions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ action, data }) });
      if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
    };
    await move("register", { kind: "complaint" });
    // The step of its ticket has settled it.
    await example.eventually<{ items: readonly unknown[] }>("/api/queues/written/waiting", (answer) => answer.items.length === 0);
    await move("reply", { answer: "已责令单位补发全部工资。" });
    const answer = await sent("wang@citizen.test", /已责令单位补发全部工资/);
    expect(answer.mail.inReplyTo).toBe("<q1@citizen.test>");
    expect(answer.mail.references).toContain("<q1@citizen.test>");

    await dovecot.deliver("hotline", letter("q2", "Re: 答复", "工资收到了，谢谢。", `In-Reply-To: ${answer.mail.messageId ?? ""}\nReferences: <q1@citizen.test> ${answer.mail.messageId ?? ""}\n`));
    const after = await example.eventually<Ticket>(`/api/tickets/${ticket.id}`, (found) => found.history.some((line) => JSON.stringify(line).includes("工资收到了")));
    expect(after.status).toBe("replied");
    expect((await example.get<{ items: Ticket[] }>("/api/tickets?source=email")).items).toHaveLength(1);
    // Receipt, notice that it was accepted, answer: nothing twice, no receipt for the thanks.
    expect(smtp.letters.filter((each) => each.to.includes("wang@citizen.test"))).toHaveLength(3);
  });
});
