/** Something written that has come in: mail, SMS, fax, web form. */
export interface InboundMessage {
  readonly channel: string;
  /** Id given by the source: the same message twice has the same id. */
  readonly externalId: string;
  readonly from: string;
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
  readonly attachments: readonly { readonly blobId: string; readonly fileName: string; readonly contentType: string }[];
  readonly receivedAt: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Taken: `ref` names what it became, for example `ticket:<id>`. The source is acknowledged only after this. */
export interface Accepted {
  readonly accepted: true;
  readonly ref: string;
}
