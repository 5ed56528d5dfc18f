import { BLOBS, NOTIFICATIONS } from "@hotlinejs/core";
import type { NewNotification } from "@hotlinejs/core";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { email } from "../src/index.js";
import { startSmtpSink, type SmtpSink } from "./smtp-sink.js";

const ACCOUNT = { username: "hotline", password: "smtp-secret" };
let sink: SmtpSink;
let test: TestHotline;
const logged: string[] = [];

const start = (smtp: Record<string, unknown> = {}): Promise<TestHotline> =>
  createTestHotline({ plugins: [email({ from: "12333热线 <12333@haiyan.example>", smtp: { host: "127.0.0.1", port: sink.port, tls: "none", ...ACCOUNT, ...smtp } })] });
const send = (extra: Partial<NewNotification> = {}): Promise<{ readonly id: string }> =>
  test.services.get(NOTIFICATIONS).send({ channel: "email", to: "w@example.test", template: "ticket.replied", title: "答复：流水号 260924000573", text: "您的事项已答复。\n感谢来信。", ...extra });
/** The sockets live in real time; the hotline's timers do not. */
async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 200) throw new Error("it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await test.advance(20);
  }
}

beforeEach(async () => {
  sink = await startSmtpSink(ACCOUNT);
  test = await start();
});
afterEach(async () => {
  await test.close();
  await sink.close();
  logged.length = 0;
});

describe("a notification of the channel email", () => {
  it("is a letter in its thread, with attachments, marked as written by a machine", async () => {
    const blob = await test.services.get(BLOBS).put(Buffer.from("%PDF-1.4 made up"), { contentType: "application/pdf", owner: "test" });
    const { id } = await send({ headers: { "in-reply-to": "<question@example.test>", references: "<first@example.test> <question@example.test>" }, attachments: [{ blobId: blob.id, fileName: "答复函.pdf", contentType: "application/pdf" }] });
    await until(() => sink.letters.length === 1);
    const [letter] = sink.letters;
    expect(letter?.to).toEqual(["w@example.test"]);
    expect(letter?.mail).toMatchObject({ subject: "答复：流水号 260924000573", text: "您的事项已答复。\n感谢来信。", messageId: `<${id}@haiyan.example>`, inReplyTo: "<question@example.test>" });
    expect(letter?.mail.references).toEqual(["<first@example.test>", "<question@example.test>"]);
    expect(letter?.mail.from?.value).toEqual([{ name: "12333热线", address: "12333@haiyan.example" }]);
    expect(letter?.mail.attachments.map((each) => [each.filename, each.content.toString()])).toEqual([["答复函.pdf", "%PDF-1.4 made up"]]);
    expect(letter?.raw).toContain("Auto-Submitted: auto-generated");
    for (let tries = 0; (await test.services.get(NOTIFICATIONS).get(id))?.state !== "sent" && tries < 100; tries++) await test.advance(50);
    expect(await test.services.get(NOTIFICATIONS).get(id)).toMatchObject({ state: "sent", ref: `<${id}@haiyan.example>` });
  });

  it("to a recipient that does not exist has failed; one refused for the moment is sent later, as the same letter", async () => {
    sink.refuse = (recipient) => (recipient.startsWith("nobody") ? 550 : 451);
    const gone = await send({ to: "nobody@example.test" });
    const busy = await send({ to: "w@example.test" });
    const state = async (id: string): Promise<string | undefined> => (await test.services.get(NOTIFICATIONS).get(id))?.state;
    for (let tries = 0; (await state(gone.id)) !== "failed"; tries++) {
      if (tries > 100) throw new Error("it did not fail");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await test.advance(20);
    }
    expect(await state(busy.id)).toBe("pending");
    sink.refuse = undefined;
    await until(() => sink.letters.length === 1);
    expect(sink.letters[0]?.mail.messageId).toBe(`<${busy.id}@haiyan.example>`);
  });

  it("waits while the log-in fails, and no password gets into errors", async () => {
    await test.close();
    test = await start({ password: "wrong-secret" });
    const { id } = await send();
    const found = async () => await test.services.get(NOTIFICATIONS).get(id);
    for (let tries = 0; ((await found())?.attempts ?? 0) === 0; tries++) {
      if (tries > 100) throw new Error("it was not tried");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await test.advance(20);
    }
    expect((await found())?.state).toBe("pending");
    expect(JSON.stringify([await found(), await test.hotline.health()])).not.toContain("secret");
    expect(sink.letters).toEqual([]);
  });

  it("cannot smuggle headers or recipients in", async () => {
    const smuggled = [await send({ to: "w@example.test\r\nBcc: victim@example.test" }), await send({ to: "w@example.test, victim@example.test" })];
    await send({ title: "x\r\nBcc: victim@example.test" });
    await until(() => sink.letters.length === 1);
    expect(sink.letters[0]?.raw).not.toMatch(/^Bcc:/m);
    expect(sink.letters[0]?.to).toEqual(["w@example.test"]);
    for (const { id } of smuggled) expect(await test.services.get(NOTIFICATIONS).get(id)).toMatchObject({ state: "failed", lastError: "the recipient is not one e-mail address" });
  });
});

describe("configuration", () => {
  it("needs an address of its own to send", async () => {
    await expect(createTestHotline({ plugins: [email({ smtp: { host: "127.0.0.1" } })] })).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID", message: expect.stringContaining("email.from") as unknown });
  });
});
