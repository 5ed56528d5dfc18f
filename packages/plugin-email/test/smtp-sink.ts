import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";

/** A mail server that keeps what it is given. */
export interface SmtpSink {
  readonly port: number;
  readonly letters: readonly { readonly to: readonly string[]; readonly mail: ParsedMail; readonly raw: string }[];
  /** The answer to RCPT TO; `undefined` accepts. */
  refuse: ((recipient: string) => number | undefined) | undefined;
  close(): Promise<void>;
}

export async function startSmtpSink(credentials?: { readonly username: string; readonly password: string }): Promise<SmtpSink> {
  const letters: { to: readonly string[]; mail: ParsedMail; raw: string }[] = [];
  const sink: { refuse: SmtpSink["refuse"] } = { refuse: undefined };
  const server = new SMTPServer({
    authOptional: credentials === undefined,
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) => done(username === credentials?.username && password === credentials?.password ? null : new Error("wrong credentials"), { user: username ?? "" }),
    onRcptTo: ({ address }, _session, done) => {
      const code = sink.refuse?.(address);
      done(code === undefined ? null : Object.assign(new Error("not taken"), { responseCode: code }));
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const raw = Buffer.concat(parts);
        void simpleParser(raw).then((mail) => {
          letters.push({ to: session.envelope.rcptTo.map((each) => each.address), mail, raw: raw.toString("utf8") });
          done();
        });
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const address = server.server.address();
  return Object.assign(sink, {
    port: typeof address === "object" && address !== null ? address.port : 0,
    letters,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  });
}
