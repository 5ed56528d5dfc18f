import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasDovecot, PASSWORD, startDovecot } from "../../../packages/plugin-email/test/dovecot.js";
import { startSmtpSink } from "../../../packages/plugin-email/test/smtp-sink.js";
import { FaxPeer, hasFaxPeer, writeTiff } from "../../../packages/plugin-fax/test/support/fax-peer.js";
import { textPage } from "../../../packages/plugin-fax/test/support/sample-pages.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { pause } from "./support/rtp-probe.js";

interface Items<T> {
  readonly items: readonly T[];
}
interface Ticket {
  readonly id: string;
  readonly summary: string | null;
  readonly source: string;
}
interface Chat {
  readonly chat: { readonly state: string };
  readonly messages: readonly { readonly id: string; readonly from: string; readonly text: string }[];
}

const LETTERS = 5;
/** The welcome with its recording notice cannot be cut short. */
const AFTER_WELCOME_MS = 8_000;

const letter = (id: string): string =>
  `From: wang@citizen.test\nTo: 12333@haiyan.example\nSubject: letter ${id}\nMessage-ID: <${id}@citizen.test>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nabout ${id}\n`;

describe.skipIf(!hasDovecot() || !hasFaxPeer())("kill -9 while letters, a chat and a fax come in", () => {
  it("after the restart every letter is one ticket with one receipt, the chat goes on, the fax is told as far as it came", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-crash-"));
    const [sipPort, httpPort, dovecot, smtp] = [await freePort(), await freePort(), await startDovecot(), await startSmtpSink()];
    const imap = { host: "127.0.0.1", port: dovecot.port, tls: "none", username: "hotline", password: PASSWORD };
    const environment = { HOTLINE_EMAIL_FROM: "12333@haiyan.example", HOTLINE_EMAIL_IMAP: JSON.stringify(imap), HOTLINE_EMAIL_SMTP: JSON.stringify({ host: "127.0.0.1", port: smtp.port, tls: "none" }) };
    const options = { dataDir: join(folder, "data"), sipPort, httpPort, environment };
    let example = await Example.start(options);
    let fax: FaxPeer | undefined;
    const citizen = async (path: string, token: string, body?: object): Promise<Response> =>
      fetch(`http://127.0.0.1:${httpPort}/api/webchat/chat${path}`, { headers: { "x-chat-token": token, "content-type": "application/json" }, ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }) });
    try {
      const file = join(folder, "out.tif");
      writeTiff(file, [textPage(1, 2_000), textPage(2, 2_000)]);
      fax = new FaxPeer("call", "send", file, { sip: sipPort, to: "12333", from: "057188886666", ident: "0571 8888 6666", keys: "2,4,2", after: AFTER_WELCOME_MS, each: 1_500 });
      await fax.event("t38");
      const opened = await fetch(`http://127.0.0.1:${httpPort}/api/webchat/chats`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text: "first words" }) });
      const { token } = (await opened.json()) as { token: string };
      expect((await citizen("/messages", token, { text: "second words", clientId: "two" })).status).toBe(200);
      for (let i = 0; i < LETTERS; i++) await dovecot.deliver("hotline", letter(`k${i}`));
      await example.eventually<Items<Ticket>>("/api/tickets?source=email", ({ items }) => items.length > 0);
      await example.kill("SIGKILL");

      example = await Example.start(options);
      const { items: tickets } = await example.eventually<Items<Ticket>>("/api/tickets?source=email", ({ items }) => items.length >= LETTERS, 60_000);
      expect(tickets.map(({ summary }) => summary).sort()).toEqual(Array.from({ length: LETTERS }, (_, i) => `letter k${i}`));
      // Each waits for an agent, once.
      await example.eventually<Items<{ channel: string }>>("/api/queues/written/waiting", ({ items }) => items.filter(({ channel }) => channel === "email").length === LETTERS);
      for (let tries = 0; tries < 300 && new Set(smtp.letters.map(({ mail }) => mail.inReplyTo)).size < LETTERS; tries++) await pause(100);
      // One that was on its way may come again, as the same letter: mail programs show it once.
      expect(new Set(smtp.letters.map(({ mail }) => mail.messageId)).size).toBe(LETTERS);
      expect(new Set(smtp.letters.map(({ mail }) => mail.inReplyTo)).size).toBe(LETTERS);

      // The citizen's page says it again, since no answer came.
      expect((await citizen("/messages", token, { text: "second words", clientId: "two" })).status).toBe(200);
      const { chat, messages } = (await (await citizen("", token)).json()) as Chat;
      expect(chat.state).not.toBe("ended");
      expect(messages.filter(({ from }) => from === "citizen").map(({ text }) => text)).toEqual(["first words", "second words"]);

      const faxes = await example.eventually<Items<{ state: string; pages: number; ref: string | null }>>("/api/faxes?direction=inbound", ({ items }) => items[0] !== undefined && items[0].state !== "receiving", 60_000);
      expect(faxes.items).toHaveLength(1);
      expect(["partial", "failed"]).toContain(faxes.items[0]?.state);
      const open = await example.get<Items<{ channel: string; endedAt: number | null }>>("/api/interactions?channel=voice");
      expect(open.items.map(({ endedAt }) => endedAt === null)).toEqual([false]);
      await dovecot.deliver("hotline", letter("after"));
      await example.eventually<Items<Ticket>>("/api/tickets?source=email", ({ items }) => items.length === LETTERS + 1);
    } finally {
      await fax?.stop();
      await example.dispose();
      await Promise.all([dovecot.remove(), smtp.close()]);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 240_000);
});
