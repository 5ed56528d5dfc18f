declare module "@hotlinejs/core" {
  interface EventMap {
    /** A citizen filed something on the web site. */
    "portal.filed": { ticketId: string; kind: string };
  }
}

export {};
