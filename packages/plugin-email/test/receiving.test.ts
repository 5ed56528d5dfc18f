import { BLOBS, definePlugin, NOTIFICATIONS, READ_POOL, type InboundMessage } from "@hotlinejs/core";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { email } from "../src/index.js";
import { hasDovecot, PASSWORD, startDovecot, type Dovecot } from "./dovecot.js";

const LETTER = `From: =?UTF-8?B?546L56eA5YWw?= <w@example.test>
To: 12333@haiyan.example
Subject: =?UTF-8?B?5qyg6Jaq?=
Message-ID: <m1@example.test>
Date: Thu, 24 Sep 2026 10:00:00 +0800
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

${Buffer.from("电子厂三个月没发工资。\n").toString("base64")}
--b
Content-Type: text/html; name="../../etc/合同.html"
Content-Disposition: attachment; filename="../../etc/合同.html"

<script>alert(1)</script>
--b--
`;
const plain = (id: string, extra = ""): string => `From: w@example.test\nTo: 12333@haiyan.example\nSubject: ${id}\nMessage-ID: <${id}@example.test>\n${extra}Content-Type: text/plain; charset=utf-8\n\n内容 ${id}\n`;

describe.skipIf(!hasDovecot())("letters in a mailbox of Dovecot", () => {
  let dovecot: Dovecot;
  let dataDir: string;
  let user: string;
  let users = 0;
  let test: TestHotline;
  let arrived: InboundMessage[];
  let told: string[];
  let take: boolean;

  const demo = definePlugin({
    name: "demo",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register({ hooks, events }) {
      hooks.messageArrival.tap((message) => {
        arrived.push(message);
        return take ? { accepted: true, ref: `ticket:${message.externalId}` } : undefined;
      });
      events.handle("email.ignored", ({ messageId, reason }) => void told.push(`${messageId} ${reason}`));
      events.handle("notification.failed", ({ notificationId, error }) => void told.push(`${notificationId} ${error}`));
    },
  });
  const start = (options: Record<string, unknown> = {}): Promise<TestHotline> =>
    createTestHotline({ dataDir, plugins: [demo(), email({ from: "12333@haiyan.example", imap: { host: "127.0.0.1", port: dovecot.port, tls: "none", username: user, password: PASSWORD }, ...options })] });
  async function until(done: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await done()); tries++) {
      if (tries > 400) throw new Error(`it did not happen; arrived: ${JSON.stringify(arrived.map((each) => each.externalId))}, told: ${told.join(" | ")}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
      await test.advance(25);
    }
  }

  beforeAll(async () => {
    dovecot = await startDovecot();
  });
  afterAll(() => dovecot.remove());
  beforeEach(() => {
    [arrived, told, take, user] = [[], [], true, `u${++users}`];
    dataDir = mkdtempSync(join(tmpdir(), "hotline-email-"));
  });
  afterEach(async () => {
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("that waited and that come while it is connected are handed in once, and are seen", async () => {
    await dovecot.deliver(user, LETTER);
    test = await start();
    await until(() => arrived.length === 1);
    expect(arrived[0]).toMatchObject({ channel: "email", externalId: "<m1@example.test>", from: "w@example.test", fromName: "王秀兰", to: "12333@haiyan.example", subject: "欠薪", text: "电子厂三个月没发工资。", inReplyTo: [] });
    expect(arrived[0]?.attachments.map((each) => [each.fileName, each.contentType])).toEqual([["合同.html", "text/html"], ["原始邮件.eml", "message/rfc822"]]);
    const original = arrived[0]?.attachments[1];
    const content: Buffer[] = [];
    for await (const part of await test.services.get(BLOBS).open(original?.blobId ?? "")) content.push(part as Buffer);
    expect(Buffer.concat(content).toString()).toBe(LETTER.replaceAll("\n", "\r\n"));
    await until(async () => (await dovecot.flags(user)).join() === "S");

    await dovecot.deliver(user, plain("m2"));
    await until(() => arrived.length === 2);
    expect(arrived[1]?.text).toBe("内容 m2");
    await until(async () => (await dovecot.flags(user)).join() === "S,S");
    await test.close();
    test = await start();
    await test.advance(5_000);
    expect(arrived).toHaveLength(2);
  });

  it("that are no proper MIME, or hold what no database keeps, are handed in all the same", async () => {
    test = await start();
    const rubbish = [
      `From: w@example.test\nSubject: =?UTF-8?Q?a=00b=ED=A0=80?=\nMessage-ID: <nul@example.test>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=00text=00\n`,
      `From: w@example.test\nSubject: long id\nMessage-ID: <${"x".repeat(3_000)}@example.test>\n\nx\n`,
      `From: "a\0b" <w@example.test>\nSubject: no end\nMessage-ID: <open@example.test>\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: image/png; name="=?UTF-8?Q?=00.png?="\nContent-Transfer-Encoding: base64\n\n!!!not base64\n`,
      `From: w@example.test\nSubject: charset\nMessage-ID: <charset@example.test>\nContent-Type: text/plain; charset=no-such-thing\nContent-Transfer-Encoding: 9bit\n\n\xff\xfe\n`,
      `From: w@example.test\n\n`,
    ];
    for (const letter of rubbish) await dovecot.deliver(user, Buffer.from(letter, "latin1"));
    await until(() => arrived.length === rubbish.length);
    expect(JSON.stringify(arrived)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
    expect(arrived.find(({ externalId }) => externalId === "<nul@example.test>")).toMatchObject({ text: "text" });
    expect(Math.max(...arrived.map(({ externalId }) => externalId.length))).toBeLessThan(1_000);
    await until(async () => (await dovecot.flags(user)).filter((flags) => flags.includes("S")).length === rubbish.length);
  });

  it("that nobody takes stay unseen and are handed in again, over a restart too", async () => {
    take = false;
    await dovecot.deliver(user, plain("m1"));
    test = await start();
    await until(() => arrived.length >= 2);
    expect(await dovecot.flags(user)).not.toContain("S");
    await test.close();
    take = true;
    const before = arrived.length;
    test = await start();
    await until(async () => (await dovecot.flags(user)).join() === "S");
    expect(arrived).toHaveLength(before + 1);
  });

  it("are found after the server was away; health tells while it is", async () => {
    test = await start();
    await until(async () => (await test.hotline.health()).plugins.find((each) => each.name === "email")?.details?.imap === "connected");
    await dovecot.stop();
    await until(async () => (await test.hotline.health()).plugins.find((each) => each.name === "email")?.details?.imap !== "connected");
    await dovecot.deliver(user, plain("while-away"));
    await test.advance(3_000);
    await until(async () => (await test.hotline.health()).plugins.find((each) => each.name === "email")?.ok === false);
    await dovecot.start();
    await until(() => arrived.length === 1);
    await until(async () => (await test.hotline.health()).ok);
  });

  it("of machines are passed over, and what came back has failed", async () => {
    test = await start();
    const { id } = await test.services.get(NOTIFICATIONS).send({ channel: "email", to: "w@example.test", template: "t", text: "x", notBefore: test.clock.now() + 86_400_000 });
    await dovecot.deliver(user, plain("away", "Auto-Submitted: auto-replied\n"));
    await dovecot.deliver(user, plain("own").replace("From: w@example.test", "From: 12333@haiyan.example"));
    await dovecot.deliver(
      user,
      `From: MAILER-DAEMON@mx.example\nTo: 12333@haiyan.example\nSubject: Undelivered\nMessage-ID: <b1@mx.example>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nsorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; w@example.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nFrom: 12333@haiyan.example\nMessage-ID: <${id}@haiyan.example>\nSubject: x\n\n--b--\n`,
    );
    await until(() => told.length === 4);
    expect([...told].sort()).toEqual([`${id} 5.1.1 550 no such user`, "<away@example.test> automatic", "<b1@mx.example> bounce", "<own@example.test> own"].sort());
    expect(arrived).toEqual([]);
  });

  it("in answer to ours lead to the notification; one that is too large is taken without its attachments", async () => {
    const answered = "0198f1a2-0000-7000-8000-000000000001";
    await dovecot.deliver(user, plain("reply", `In-Reply-To: <${answered}@haiyan.example>\nReferences: <m0@example.test> <${answered}@haiyan.example>\n`));
    await dovecot.deliver(user, LETTER.replace("<m1@", "<huge@").replace("<script>", `${"x".repeat(70)}\n`.repeat(1_000)));
    test = await start({ maxSize: 20_000 });
    await until(() => arrived.length === 2);
    const byId = new Map(arrived.map((each) => [each.externalId, each]));
    expect(byId.get("<reply@example.test>")?.inReplyTo).toEqual([answered, "<m0@example.test>"]);
    expect(byId.get("<huge@example.test>")).toMatchObject({ subject: "欠薪", attachments: [], text: expect.stringContaining("邮件过大") as unknown });
    expect(byId.get("<huge@example.test>")?.text).toContain("电子厂三个月没发工资");
    const [row] = await test.services.get(READ_POOL).read((em) => em.execute<{ last_uid: number }[]>("select last_uid from email_mailbox"));
    expect(Number(row?.last_uid)).toBe(2);
  });
});
