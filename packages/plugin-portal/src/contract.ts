declare module "@hotlinejs/core" {
  interface EventMap {
    /** A citizen filed something on the web site. */
    "portal.filed": { ticketId: string; /** Nature: `consultation`, `complaint` ... */ kind: string };
  }
}

export {};
