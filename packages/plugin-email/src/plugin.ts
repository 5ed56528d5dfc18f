import { BLOBS, CLOCK, defineEvent, definePlugin, MESSAGE_INTAKE, NOTIFICATIONS, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import { emailConfig } from "./config.js";
import { MailboxEntity } from "./entities/mailbox.entity.js";
import { EmailInit } from "./migrations/init.js";
import { MailReceiver } from "./services/mail-receiver.js";
import { MailSender } from "./services/mail-sender.js";

/** E-mail: letters of a mailbox become messages (IMAP), notifications of the channel `email` go out (SMTP). */
export const email = definePlugin({
  name: "email",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  critical: false,
  config: emailConfig,
  entities: [MailboxEntity],
  migrations: [EmailInit],
  events: [defineEvent("email.received"), defineEvent("email.ignored")],
  register({ config, events, health, hooks, jobs, log, onDrain, onStart, onStop, services }) {
    const { imap, smtp, from } = config;
    const receiver =
      imap === undefined
        ? undefined
        : new MailReceiver({
            config: { ...config, imap },
            clock: services.get(CLOCK),
            log,
            jobs,
            blobs: services.get(BLOBS),
            unitOfWork: services.get(UNIT_OF_WORK),
            readPool: services.get(READ_POOL),
            intake: services.get(MESSAGE_INTAKE),
            notifications: services.get(NOTIFICATIONS),
            publish: (name, payload) => events.publish(name, payload),
          });
    const sender = smtp === undefined || from === undefined ? undefined : new MailSender(smtp, from, services.get(BLOBS));
    if (sender !== undefined) hooks.notify.for("email").tap((notification) => sender.deliver(notification));
    onStart(() => receiver?.mailbox.start());
    onDrain(() => receiver?.mailbox.stop());
    onStop(async () => {
      await receiver?.mailbox.stop();
      sender?.close();
    });
    health(() => {
      const mailbox = receiver?.mailbox;
      const ok = mailbox === undefined || mailbox.lastError === undefined;
      return { ok, ...(ok ? {} : { message: `the mailbox is not connected: ${mailbox.lastError ?? ""}` }), details: { imap: mailbox?.state ?? "not configured", smtp: sender === undefined ? "not configured" : "configured" } };
    });
  },
});
