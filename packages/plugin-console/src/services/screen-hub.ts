import type { Duplex } from "node:stream";
import type { Clock, Logger, Principal, ScreenAudience, Screens } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { z } from "zod";
import { EventLog, isAddressed, type ScreenEvent } from "./event-log.js";

type Socket = Duplex & { send(data: string | Buffer): void };

const fromPage = z.discriminatedUnion("type", [z.object({ type: z.literal("resume"), epoch: z.string().max(64), last: z.number().int().min(0) }), z.object({ type: z.literal("ping") })]);

/** Up to which event something is known. */
export interface NewsPlace {
  readonly epoch: string;
  readonly id: number;
}

interface Screen {
  readonly socket: Socket;
  readonly principal: Principal;
}

/**
 * Open pages of the staff. What a page is told:
 * ```
 * hello { epoch, id, now }                 at once; `id` is that of the newest event
 * event { id, topic, data }                what concerns this person
 * resumed { missed } | reset { id }        answer to resume { epoch, last }: what was missed has been told again, or is too much
 * pong { now }                             answer to ping
 * ```
 */
export class ScreenHub implements Screens {
  readonly #screens = new Set<Screen>();
  readonly #log: EventLog;

  constructor(
    /** Names this process: event numbers of another are not ours. */
    private readonly epoch: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
    keep = 2000,
  ) {
    this.#log = new EventLog(keep);
  }

  get open(): number {
    return this.#screens.size;
  }

  /** Up to where a page knows all that is loaded from now on. */
  get place(): NewsPlace {
    return { epoch: this.epoch, id: this.#log.last };
  }

  tell(audience: ScreenAudience, message: { readonly topic: string; readonly data: unknown }): void {
    const event = this.#log.add(audience, message.topic, message.data);
    let text: string | undefined;
    for (const screen of this.#screens) {
      if (!isAddressed(audience, screen.principal)) continue;
      text ??= told(event);
      screen.socket.send(text);
    }
  }

  /** A page has connected. */
  connected(socket: Socket, principal: Principal): void {
    const screen = { socket, principal };
    this.#screens.add(screen);
    socket.once("close", () => this.#screens.delete(screen));
    socket.on("data", (data: unknown) => this.#received(screen, String(data)));
    socket.send(JSON.stringify({ type: "hello", ...this.place, now: this.clock.now() }));
  }

  #received(screen: Screen, text: string): void {
    let message: z.output<typeof fromPage>;
    try {
      message = fromPage.parse(JSON.parse(text));
    } catch (error) {
      this.logger.debug({ error: errorText(error) }, "a page sent something that is no message");
      return;
    }
    if (message.type === "ping") return screen.socket.send(JSON.stringify({ type: "pong", now: this.clock.now() }));
    const events = message.epoch === this.epoch ? this.#log.since(message.last) : undefined;
    if (events === undefined) return screen.socket.send(JSON.stringify({ type: "reset", id: this.#log.last }));
    const mine = events.filter((event) => isAddressed(event.audience, screen.principal));
    for (const event of mine) screen.socket.send(told(event));
    screen.socket.send(JSON.stringify({ type: "resumed", missed: mine.length }));
  }
}

function told({ id, topic, data }: ScreenEvent): string {
  return JSON.stringify({ type: "event", id, topic, data });
}
