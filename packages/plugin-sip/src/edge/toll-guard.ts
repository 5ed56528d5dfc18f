import type { BusinessCalendar, Clock, Logger, OutboundRequest, ReadPool, UnitOfWork } from "@hotlinejs/core";
import type { SipConfig } from "../config.js";
import { DailyCallsEntity } from "./daily-calls.entity.js";
import type { DailyCallsRow } from "./daily-calls.entity.js";

/** An outgoing call that must not be made, as the hook `callOutbound` takes it. */
export interface TollRefusal {
  readonly refused: true;
  readonly code: "toll-destination" | "toll-hours" | "toll-concurrent" | "toll-daily";
  readonly message: string;
}

/** What is asked about a call. */
export type TollRequest = Pick<OutboundRequest, "to" | "interactionId" | "actor" | "caller" | "redirect">;

export interface TollGuardDeps {
  readonly config: SipConfig["toll"];
  readonly clock: Clock;
  readonly unitOfWork: UnitOfWork;
  readonly reads: ReadPool;
  readonly log: Logger;
  calendar(key: string): BusinessCalendar;
  /** Calls out by trunks now. */
  liveCalls(): number;
  /** The number an address means, if a call to it leaves the house. */
  outsideNumber(address: string): string | undefined;
  /** A call was not allowed. `number`: its first six digits, enough to know the destination. */
  refused?(refusal: TollRefusal["code"], actor: string, number: string): void;
}

/** Digits of a refused number that are told: they say where to, not whom. */
const TOLD_DIGITS = 6;

/** Holds calls that leave by a trunk to what they may cost: where to, when, how many at once, how many a day and person. */
export class TollGuard {
  readonly #deps: TollGuardDeps;
  readonly #today = new Map<string, number>();
  /** Person, interaction and number of those whose carrier was asked to take them there: the call of ours after its refusal is the same, and is counted by now. */
  readonly #redirected = new Set<string>();
  #day = "";
  #refusals = 0;

  constructor(deps: TollGuardDeps) {
    this.#deps = deps;
  }

  /** Calls not allowed since the start. */
  get refusals(): number {
    return this.#refusals;
  }

  async check(request: TollRequest): Promise<TollRefusal | undefined> {
    const { config, clock, calendar, liveCalls, outsideNumber } = this.#deps;
    const number = outsideNumber(request.to);
    if (number === undefined) return undefined;
    const refuse = (code: TollRefusal["code"], message: string): TollRefusal => {
      this.#refusals++;
      this.#deps.refused?.(code, request.actor ?? "system", number.slice(0, TOLD_DIGITS));
      return { refused: true, code, message };
    };
    if (!tollAllows(config, number)) return refuse("toll-destination", "calls to such numbers are not allowed here");
    if (config.calendar !== undefined && !calendar(config.calendar).isOpen(clock.now())) return refuse("toll-hours", "no calls go out at this hour");
    if (config.maxConcurrent !== undefined && liveCalls() >= config.maxConcurrent) return refuse("toll-concurrent", "as many calls as may are out");
    if (config.perDay === undefined) return undefined;
    const person = personOf(request);
    const same = `${person} ${request.interactionId} ${number}`;
    if (request.redirect !== true && this.#redirected.delete(same)) return undefined;
    if ((await this.#count(person)) <= config.perDay) {
      if (request.redirect === true) this.#redirected.add(same);
      return undefined;
    }
    return refuse("toll-daily", "as many calls as one person may make a day were made");
  }

  /** Counts this call; the number it is today, this one included. */
  async #count(actor: string): Promise<number> {
    const { clock, calendar, unitOfWork, reads, log } = this.#deps;
    const day = calendar("default").dateOf(clock.now());
    if (day !== this.#day) {
      this.#day = day;
      this.#today.clear();
      this.#redirected.clear();
    }
    const id = `${day} ${actor}`;
    if (!this.#today.has(id)) {
      const row = await reads.read((em) => em.findOne(DailyCallsEntity, { id }, { disableIdentityMap: true }));
      if (!this.#today.has(id)) this.#today.set(id, row?.calls ?? 0);
    }
    const calls = (this.#today.get(id) ?? 0) + 1;
    this.#today.set(id, calls);
    // Not waited for: memory decides, and a crash forgets a call or two.
    unitOfWork
      .run(async ({ em }) => {
        if (calls === 1) await em.nativeDelete(DailyCallsEntity, { id: { $lt: day } });
        await em.upsertMany(DailyCallsEntity, [{ id, calls } as DailyCallsRow]);
      })
      .catch((error: unknown) => log.error({ err: error }, "the calls of a day could not be counted on disk; a restart forgets them"));
    return calls;
  }
}

/** Whose limit of a day it is: a caller has one of his own, those who withhold their number have one together. */
function personOf({ actor, caller }: TollRequest): string {
  if (caller === undefined || (actor !== undefined && actor !== "citizen")) return actor ?? "system";
  return caller === "" ? "citizen" : `citizen:${caller}`;
}

/** Whether numbers with such a beginning may be called at all. */
export function tollAllows(config: Pick<SipConfig["toll"], "allow" | "deny">, number: string): boolean {
  const allowed = longest(config.allow, number);
  return allowed >= 0 && longest(config.deny, number) <= allowed;
}

/** Length of the longest of these beginnings that the number has, however the international prefix is written in either; -1: none. */
function longest(prefixes: readonly string[], number: string): number {
  const fits = prefixes.filter((prefix) => number.startsWith(prefix) || (/^(?:\+|00)/.test(prefix) && plain(number).startsWith(plain(prefix))));
  return Math.max(-1, ...fits.map((prefix) => plain(prefix).length));
}

/** `+` and `00` say the same: a carrier that takes both would be paid for what the other spelling forbids. */
function plain(number: string): string {
  return number.replace(/^\+/, "00");
}
