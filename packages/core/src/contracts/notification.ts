/** Something to be told to a person through one channel. */
export interface Notification {
  readonly id: string;
  readonly channel: string;
  /** Number, address or user id, as the channel needs. */
  readonly to: string;
  readonly template: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly subject?: { readonly type: string; readonly id: string };
}

export interface Delivery {
  readonly delivered: true;
  /** The channel's own id of the message. */
  readonly ref?: string;
  readonly state: "sent" | "delivered" | "uncertain";
}
