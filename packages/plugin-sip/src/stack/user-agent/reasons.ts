/** Reason (RFC 3326) to a phone that rang along, or whose place another has taken: it lists no missed call. */
export const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** Reason of the BYEs that the stack sends of its own accord. */
export const LOST_REASONS = {
  "no-ack": 'SIP;cause=408;text="ACK timeout"',
  "dialog-lost": 'SIP;cause=408;text="Request timeout"',
  "session-expired": 'SIP;cause=408;text="Session expired"',
} as const;

/** To a phone that lifts a call of a process that is gone. */
export const GONE = 'Q.850;cause=41;text="Temporary failure"';
