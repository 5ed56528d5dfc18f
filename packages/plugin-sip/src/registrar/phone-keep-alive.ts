import type { Clock, Logger, Timer } from "@hotlinejs/core";
import type { Destination, UserAgent } from "../stack/index.js";
import type { Binding } from "./binding.js";
import type { Registrar } from "./registrar.js";

export interface PhoneKeepAliveOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** From one question to the next, seconds. */
  readonly seconds: number;
  /** Unanswered in a row before a phone counts as out of reach: one may be a lost packet or two. */
  readonly misses: number;
  /** Asks one phone. Resolves with whether it answered, whatever it said; must not reject. */
  ask(binding: Binding): Promise<boolean>;
  /** A phone does not answer any more, or answers again. */
  silent(binding: Binding, silent: boolean): void;
  /** 0 to 1; default `Math.random`. */
  random?(): number;
}

/** As configured; `undefined` where phones are not asked. @param own what asks, once it runs */
export function phoneKeepAlive({ keepAliveSeconds, keepAliveMisses }: { readonly keepAliveSeconds: number; readonly keepAliveMisses: number }, { clock, log, registrar, own }: Pick<PhoneKeepAliveOptions, "clock" | "log"> & { readonly registrar: Registrar; own(): { readonly agent: UserAgent | undefined; readonly host: string } | undefined }): PhoneKeepAlive | undefined {
  if (keepAliveSeconds === 0) return undefined;
  return new PhoneKeepAlive({ clock, log, seconds: keepAliveSeconds, misses: keepAliveMisses, ask: (binding) => askBy(own(), binding), silent: (binding, silent) => registrar.setSilent(binding, silent) });
}

/** Any answer will do: a phone that knows no OPTIONS says so (RFC 3261 section 11). */
async function askBy(own: { readonly agent: UserAgent | undefined; readonly host: string } | undefined, { contact, destination, path }: Binding): Promise<boolean> {
  // Before the start nothing can be known.
  if (own?.agent === undefined) return true;
  const { cause } = await own.agent.request({ method: "OPTIONS", uri: contact.replace(/\?.*$/, ""), from: `<sip:${own.host}>`, destination, route: path, headers: { Accept: "application/sdp" } });
  return cause !== "timeout" && cause !== "transport";
}

/** How finely questions are spread. */
const TICK_MS = 100;
/** Most questions in one tick: 1,000 a second, whatever falls due together. */
const MOST_AT_ONCE = 100;
/** Five datagrams have gone by then (RFC 3261 section 17.1.2.2). Whoever answers later is as good as gone for a caller. */
const ANSWER_MS = 5_000;
/** Each interval is up to so much shorter or longer, so that phones which registered together do not answer together for ever. */
const JITTER = 0.2;

interface Phone {
  binding: Binding;
  misses: number;
  asking: boolean;
}

/**
 * Asks registered phones over UDP by OPTIONS whether they are there: the way through their NAT stays open in both directions, and a phone
 * that is gone is known before a caller waits for it. Phones over connections keep those open themselves (RFC 5626).
 *
 * Phones stand in slots of 100 ms by when they are due; one timer goes through them, and only while there are phones. The first question comes
 * anywhere within the first interval: ten thousand phones at 30 s are 333 questions a second, evenly, also right after a restart.
 */
export class PhoneKeepAlive {
  /** Questions asked since the start, and those of them that nobody answered. */
  asked = 0;
  missed = 0;
  readonly #options: PhoneKeepAliveOptions;
  readonly #random: () => number;
  readonly #phones = new Map<string, Phone>();
  /** By number of the tick: who is due. */
  readonly #slots = new Map<number, string[]>();
  #next = 0;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: PhoneKeepAliveOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** A phone has registered, or refreshed: it is there. */
  bound(binding: Binding): void {
    if (!isAsked(binding.destination)) {
      this.#phones.delete(binding.id);
      return;
    }
    const known = this.#phones.get(binding.id);
    if (known !== undefined) {
      known.binding = binding;
      known.misses = 0;
      return;
    }
    this.#phones.set(binding.id, { binding, misses: 0, asking: false });
    this.#due(binding.id, this.#options.seconds * 1_000 * this.#random());
  }

  /** A registration is over. */
  unbound({ id }: Pick<Binding, "id">): void {
    this.#phones.delete(id);
    if (this.#phones.size === 0) this.#rest();
  }

  stop(): void {
    this.#stopped = true;
    this.#phones.clear();
    this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#slots.clear();
  }

  #due(id: string, ms: number): void {
    if (this.#stopped) return;
    const now = this.#options.clock.monotonic();
    if (this.#timer === undefined) {
      this.#next = Math.floor(now / TICK_MS);
      this.#timer = this.#options.clock.setInterval(() => this.#tick(), TICK_MS);
    }
    const slot = Math.max(this.#next, Math.floor((now + ms) / TICK_MS));
    const there = this.#slots.get(slot);
    if (there === undefined) this.#slots.set(slot, [id]);
    else there.push(id);
  }

  /** Goes through the slots whose time has come; the timer may have been late. */
  #tick(): void {
    const now = Math.floor(this.#options.clock.monotonic() / TICK_MS);
    let left = MOST_AT_ONCE;
    for (; this.#next <= now; this.#next++) {
      const due = this.#slots.get(this.#next) ?? [];
      for (const id of due.splice(0, left)) {
        left--;
        void this.#ask(id);
      }
      // The rest is in its turn with the next tick.
      if (due.length > 0) return;
      this.#slots.delete(this.#next);
    }
  }

  #answer(binding: Binding): Promise<boolean> {
    const { clock, ask } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(false), ANSWER_MS);
      void ask(binding).then((there) => {
        timer.cancel();
        resolve(there);
      });
    });
  }

  async #ask(id: string): Promise<void> {
    const phone = this.#phones.get(id);
    // Gone, or registered anew with another turn while the last question waited for its end.
    if (phone === undefined || phone.asking) return;
    const { misses, silent, log, seconds } = this.#options;
    const { binding } = phone;
    phone.asking = true;
    this.asked++;
    const there = await this.#answer(binding);
    phone.asking = false;
    if (this.#phones.get(id) !== phone) return;
    this.#due(id, seconds * 1_000 * (1 + JITTER * (2 * this.#random() - 1)));
    if (there) {
      if (phone.misses >= misses) silent(phone.binding, false);
      phone.misses = 0;
      return;
    }
    this.missed++;
    // It has registered meanwhile, by another address as may be: this question was not to that one.
    if (phone.binding !== binding) return;
    phone.misses++;
    if (phone.misses !== misses) return;
    log.info({ account: binding.account, contact: binding.contact }, "a registered phone does not answer; it is not rung until it does, or registers again");
    silent(binding, true);
  }
}

/** Whether anything but the phone's own REGISTER keeps the way to it open. */
function isAsked({ kind }: Destination): boolean {
  return kind === "udp";
}
