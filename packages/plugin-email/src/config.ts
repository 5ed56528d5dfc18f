import { z } from "zod";

/** Name or address of the server. */
const host = z.string().min(1).max(253);
/** TCP port of the server. */
const port = z.int().min(1).max(65_535);
/** `implicit`: TLS from the first octet. `starttls`: no letter without it. `none`: for a server on this machine. */
const tls = z.enum(["implicit", "starttls", "none"]);
const account = { /** Of the mailbox at the server. */ username: z.string().min(1).max(254), /** Belongs to `username`. Stays out of logs. */ password: z.string().min(1).max(1_000) };

/** `12333热线 <12333@example.gov.cn>` or the bare address. */
export const mailAddress = z.string().max(320).regex(/^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, "an e-mail address, or a name and an address in <>");

export const emailConfig = z
  .strictObject({
    /** The hotline's own address, in From and for threads. */
    from: mailAddress.optional(),
    /** Where mail is read. Without it nothing comes in. */
    imap: z
      .strictObject({
        host,
        port: port.default(993),
        tls: tls.default("implicit"),
        ...account,
        /** Folder that is read. */
        mailbox: z.string().min(1).max(255).default("INBOX"),
        /** What is taken up when this mailbox is seen for the first time. */
        firstStart: z.enum(["unseen", "all", "new"]).default("unseen"),
        /** A self-signed certificate is accepted. Only for tests and machines of one's own. */
        allowSelfSigned: z.boolean().default(false),
      })
      .optional(),
    /** Through which mail is sent. Without it notifications of the channel `email` wait. */
    smtp: z
      .strictObject({
        host,
        port: port.default(587),
        tls: tls.default("starttls"),
        /** Without one nothing is proved to the server. */
        username: account.username.optional(),
        /** Belongs to `username`. Stays out of logs. */
        password: account.password.optional(),
        /** A self-signed certificate is accepted. Only for tests and machines of one's own. */
        allowSelfSigned: z.boolean().default(false),
      })
      .optional(),
    /** Larger letters are taken without their attachments, octets. */
    maxSize: z.int().min(10_000).max(200_000_000).default(30_000_000),
  })
  .refine((config) => config.smtp === undefined || config.from !== undefined, { path: ["from"], message: "needed to send mail: the hotline's own address" });

export type EmailConfig = z.output<typeof emailConfig>;
export type ImapSettings = NonNullable<EmailConfig["imap"]>;
export type SmtpSettings = NonNullable<EmailConfig["smtp"]>;
