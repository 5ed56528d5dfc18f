import { createHash } from "node:crypto";
import { simpleParser } from "mailparser";
import type { AddressObject, ParsedMail } from "mailparser";
import type { Blobs, InboundMessage, MessageAttachment } from "@hotlinejs/core";
import { automaticKind, deliveryReport, type DeliveryReport } from "../domain/automatic-mail.js";
import { addressOf, answeredIds, domainOf } from "../domain/message-ids.js";
import { withoutQuote } from "../domain/quoted-text.js";

const OWNER = "email";
const MOST_ATTACHMENTS = 50;
const MOST_TEXT = 200_000;
/** RFC 5322 section 2.1.1: a line has at most 998 characters. */
const MOST_ID = 998;

export type ReadMail =
  | { readonly kind: "message"; readonly message: InboundMessage }
  | { readonly kind: "ignored"; readonly messageId: string; readonly reason: "automatic" | "own" }
  /** What became of a letter of ours. */
  | { readonly kind: "bounce"; readonly messageId: string; readonly report: DeliveryReport | undefined; readonly about: readonly string[] };

export interface RawMail {
  readonly source: Buffer;
  /** The source is the beginning of a letter that is too large. */
  readonly cut: boolean;
  readonly receivedAt: number;
}

/** Makes a message of a letter; its attachments and the letter itself, unchanged, become blobs. */
export class MailReader {
  constructor(
    private readonly blobs: Blobs,
    /** The hotline's own address. */
    private readonly own: string,
  ) {}

  async read({ source, cut, receivedAt }: RawMail): Promise<ReadMail> {
    const mail = await simpleParser(source, { keepDeliveryStatus: true, skipTextToHtml: true, skipImageLinks: true });
    const header = (name: string): string | undefined => headerText(mail, name)?.toLowerCase();
    const messageId = usableId(mail.messageId) ?? `<sha256.${createHash("sha256").update(source).digest("hex")}@${domainOf(this.own)}>`;
    const kind = automaticKind({ header, contentType: contentTypeOf(mail) });
    if (kind === "bounce") return { kind, messageId, report: reportOf(mail), about: this.returned(mail) };
    const sender = mail.from?.value[0];
    const from = addressOf(sender?.address ?? "");
    if (kind === "automatic") return { kind: "ignored", messageId, reason: "automatic" };
    if (from === "" || from === addressOf(this.own)) return { kind: "ignored", messageId, reason: "own" };

    const text = withoutQuote(mail.text ?? "").slice(0, MOST_TEXT);
    const message: InboundMessage = {
      channel: "email",
      externalId: messageId,
      from,
      to: recipients(mail.to)[0] ?? addressOf(this.own),
      ...(sender?.name === undefined || sender.name === "" ? {} : { fromName: sender.name.slice(0, 200) }),
      ...(mail.subject === undefined ? {} : { subject: mail.subject.slice(0, 500) }),
      text: cut ? `${text}\n（邮件过大，附件未收取，请来电人另行提供。）`.trim() : text,
      attachments: cut ? [] : await this.attachments(mail, source),
      receivedAt,
      inReplyTo: answeredIds(mail.inReplyTo, mail.references, domainOf(this.own)),
      headers: { "message-id": messageId, references: [...listOf(mail.references), messageId].join(" ") },
    };
    return { kind: "message", message };
  }

  private async attachments(mail: ParsedMail, source: Buffer): Promise<readonly MessageAttachment[]> {
    const kept: MessageAttachment[] = [];
    for (const [index, part] of mail.attachments.slice(0, MOST_ATTACHMENTS).entries()) kept.push(await this.keep(part.content, fileName(part.filename, index), part.contentType));
    kept.push(await this.keep(source, "原始邮件.eml", "message/rfc822"));
    return kept;
  }

  private async keep(content: Buffer, name: string, contentType: string): Promise<MessageAttachment> {
    const blob = await this.blobs.put(content, { contentType, owner: OWNER });
    return { blobId: blob.id, fileName: name, contentType, size: blob.size };
  }

  /** Ids of our notifications named in a report: in its thread headers, or in the letter it returns. */
  private returned(mail: ParsedMail): readonly string[] {
    const inside = mail.attachments.filter((part) => /^(message\/rfc822|text\/rfc822-headers)/.test(part.contentType)).map((part) => /^message-id:\s*(<[^<>\s]+>)/im.exec(part.content.toString("latin1"))?.[1] ?? "");
    return answeredIds(inside.join(" "), [...listOf(mail.references), mail.inReplyTo ?? ""], domainOf(this.own)).filter((id) => !id.startsWith("<"));
  }
}

/** Found by an index, which takes no text of any length. */
function usableId(messageId: string | undefined): string | undefined {
  return messageId === undefined || messageId.length > MOST_ID ? undefined : messageId;
}

function headerText(mail: ParsedMail, name: string): string | undefined {
  const line = mail.headerLines.find((each) => each.key === name)?.line;
  return line?.slice(line.indexOf(":") + 1).replace(/\s+/g, " ").trim();
}

function contentTypeOf(mail: ParsedMail): string {
  return (headerText(mail, "content-type") ?? "").toLowerCase();
}

function reportOf(mail: ParsedMail): DeliveryReport | undefined {
  const part = mail.attachments.find((each) => each.contentType === "message/delivery-status");
  return part === undefined ? undefined : deliveryReport(part.content.toString("utf8"));
}

function recipients(to: AddressObject | AddressObject[] | undefined): readonly string[] {
  const objects = to === undefined ? [] : Array.isArray(to) ? to : [to];
  return objects.flatMap((object) => object.value).flatMap((each) => (each.address === undefined ? [] : [addressOf(each.address)]));
}

function listOf(references: string | string[] | undefined): readonly string[] {
  return references === undefined ? [] : Array.isArray(references) ? references : [references];
}

/** A name that is no path and holds nothing that could disturb a header or a screen. */
function fileName(given: string | undefined, index: number): string {
  const name = (given ?? "").split(/[\\/]/).at(-1)?.replace(/[\p{Cc}\p{Cf}"]/gu, "").trim().slice(-150) ?? "";
  return name === "" ? `附件-${index + 1}` : name;
}
