/**
 * Code of a plugin that runs in a media worker: a built JavaScript module of its package. The worker loads it and calls the
 * export that belongs to the kind of leg or port.
 */
export interface WorkerPartRef {
  /** `file:` URL. */
  readonly module: string;
  /** Handed to the export; must survive the structured clone. */
  readonly options?: unknown;
}

/** Where the sound of a board line comes from and goes to. The export is `openLine`, an `OpenLinePart`, called for each leg. */
export type LinePartRef = WorkerPartRef;

/**
 * A line in a media worker. Called on the worker's one clock: every 20 ms `read`, then `write`. It must not wait for anything: all calls of the worker
 * share its thread, and one that does nothing else for four seconds is ended with all of them.
 */
export interface LinePart {
  /** Puts the next 160 A-law octets that came from the line into `frame`. `false`: nothing came. */
  read(frame: Uint8Array): boolean;
  /** Takes the next 160 A-law octets for the line: silence when the hotline says nothing. They are overwritten afterwards. */
  write(frame: Uint8Array): void;
  /** A message of the main thread. */
  message(message: unknown): void;
  /** The leg is over; what is posted here still arrives. */
  close(): void;
}

/** What a part may do to its leg. */
export interface LinePort {
  post(message: unknown): void;
  /** The line is gone: ends the leg as `worker-failed`. */
  fail(error: Error): void;
}

/** May take ten seconds; later the line is refused, and the part closed as soon as it opens. */
export type OpenLinePart = (options: unknown, port: LinePort) => LinePart | Promise<LinePart>;

/** The part of a datagram port, in the worker. It must not wait for anything, as that of a line must not. */
export interface DatagramPart {
  /** A datagram of the remote has come. The octets are the part's own. */
  datagram(octets: Uint8Array): void;
  /** A message of the main thread. */
  message(message: unknown): void;
  /** The port is over; what is posted here still arrives. */
  close(): void;
}

/** What a part may do with its port. */
export interface DatagramPartPort {
  /** Sends to the remote; dropped while none is known. */
  send(octets: Uint8Array): void;
  post(message: unknown): void;
  /** Ends the port as `worker-failed`. */
  fail(error: Error): void;
  /** Milliseconds that never jump. */
  now(): number;
  /** Calls back once at this time of `now`; a new call takes the place of the old one, `undefined` takes it back. */
  wakeAt(time: number | undefined, fn: () => void): void;
}

/** May take ten seconds, as `OpenLinePart`. */
export type OpenDatagramPart = (options: unknown, port: DatagramPartPort) => DatagramPart | Promise<DatagramPart>;
