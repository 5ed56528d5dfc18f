declare module "@hotlinejs/core" {
  interface EventMap {
    /** A letter was taken. */
    "email.received": { /** Message-ID of the letter (RFC 5322). */ messageId: string; /** What it became: `ticket:<id>`. */ ref: string };
    /** A letter that is nobody's concern. */
    "email.ignored": { /** Message-ID of the letter (RFC 5322). */ messageId: string; /** `automatic` (RFC 3834), `own` or `bounce`. */ reason: string };
  }
}

export {};
