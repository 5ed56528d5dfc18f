import { token } from "../di/token.js";

export interface MessageAttachment {
  readonly blobId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly size: number;
}

/** Something written that has come in: mail, SMS, fax, web form. */
export interface InboundMessage {
  readonly channel: string;
  /** Id given by the source: the same message twice has the same id. */
  readonly externalId: string;
  readonly from: string;
  /** The sender's name as given. */
  readonly fromName?: string;
  readonly to: string;
  readonly subject?: string;
  /** Plain text, without what was quoted where the channel can tell. */
  readonly text: string;
  readonly attachments: readonly MessageAttachment[];
  readonly receivedAt: number;
  /** Ids of messages it answers, nearest first: ids of our own notifications or of the source. */
  readonly inReplyTo?: readonly string[];
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The interaction it belongs to, when the channel has opened one. */
  readonly interactionId?: string;
}

/** Taken: `ref` names what it became, for example `ticket:<id>`. The source is acknowledged only after this. */
export interface Accepted {
  readonly accepted: true;
  readonly ref: string;
}

/** Where channels hand in what they received. */
export interface MessageIntake {
  /**
   * Asks `messageArrival`, remembers the answer, and claims the attachments. The same (channel, externalId) again gets the first answer.
   * Rejects with `HTL_CORE_MESSAGE_NOT_TAKEN` when nobody accepts it: the source must keep it and try again.
   */
  arrive(message: InboundMessage): Promise<Accepted>;
}

export const MESSAGE_INTAKE = token<MessageIntake>("core.message-intake");
