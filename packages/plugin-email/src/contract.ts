declare module "@hotlinejs/core" {
  interface EventMap {
    /** A letter was taken; `ref` names what it became. */
    "email.received": { messageId: string; ref: string };
    /** A letter that is nobody's concern: `automatic` (RFC 3834), `own`, `bounce`. */
    "email.ignored": { messageId: string; reason: string };
  }
}

export {};
