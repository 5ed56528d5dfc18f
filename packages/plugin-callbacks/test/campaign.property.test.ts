import { CALENDARS } from "@hotlinejs/core";
import type { FakeCall } from "@hotlinejs/testing";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { openingAt } from "../src/domain/calling-hours.js";
import { keptStage, LEADER, numbers, restarted, sweepFolders } from "./campaign-stage.js";
import type { CampaignStage } from "./campaign-stage.js";
import { closeStages, MINUTE } from "./stage.js";

afterEach(async () => {
  await closeStages();
  sweepFolders();
});

const PEOPLE = numbers(6);
const AT_ONCE = 2;
/** Each campaign shows a number of its own, by which its calls are known. */
const SHOWN = ["057310001", "057310002"] as const;

type Answer = "listens" | "hangs-up" | "never-again" | "busy" | "declines" | "rings-on";
type Step = { readonly do: "wait"; readonly ms: number } | { readonly do: "pause" | "resume"; readonly campaign: number } | { readonly do: "forbid"; readonly person: number } | { readonly do: "crash" };

const answer = fc.constantFrom<Answer>("listens", "hangs-up", "never-again", "busy", "declines", "rings-on");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 100, 3_000, 20_000, 4 * MINUTE, 11 * MINUTE) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const), campaign: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forbid" as const), person: fc.nat(PEOPLE.length - 1) }) },
  { weight: 1, arbitrary: fc.constant({ do: "crash" as const }) },
);

class World {
  at!: CampaignStage;
  readonly rings: { readonly number: string; readonly shown: string; readonly at: number; readonly opening: number }[] = [];
  readonly live = new Map<FakeCall, string>();
  readonly forbidden = new Set<string>();
  /** Campaigns that are paused, by the number shown, and how many of their calls may still come to ring. */
  readonly paused = new Map<string, number>();
  readonly wrong: string[] = [];

  constructor(private readonly answers: readonly Answer[]) {}

  watch(at: CampaignStage): void {
    this.at = at;
    // The phones of the last process have nobody to talk with any more.
    this.live.clear();
    for (const number of PEOPLE) at.phoneOf(number, (call) => this.#rings(number, call));
  }

  #rings(number: string, call: FakeCall): void {
    const now = this.at.test.clock.now();
    const shown = call.from.number;
    const opening = openingAt(this.at.test.services.get(CALENDARS).get("often"), now)?.from;
    if (opening === undefined) this.wrong.push(`${number} rang outside the hours`);
    if (this.forbidden.has(number)) this.wrong.push(`${number} rang though nobody may call`);
    if (this.rings.some((ring) => ring.number === number && ring.opening === opening)) this.wrong.push(`${number} rang twice in one opening`);
    if ([...this.live.values()].filter((each) => each === shown).length >= AT_ONCE) this.wrong.push(`more than ${AT_ONCE} calls at once`);
    const still = this.paused.get(shown);
    if (still !== undefined) {
      if (still === 0) this.wrong.push(`${number} rang in the pause`);
      this.paused.set(shown, still - 1);
    }
    this.live.set(call, shown);
    void call.ended.then(() => this.live.delete(call));
    const does = this.answers[this.rings.length % this.answers.length];
    this.rings.push({ number, shown, at: now, opening: opening ?? 0 });
    this.#behaves(call, number, does);
  }

  #behaves(call: FakeCall, number: string, does: Answer | undefined): void {
    const { clock } = this.at.test;
    if (does === "busy") call.finish("busy", "remote", 486);
    else if (does === "declines") call.finish("declined", "remote", 603);
    else if (does !== "rings-on") {
      clock.setTimeout(() => {
        if (call.state !== "ended") void call.answer();
      }, 1_500);
      clock.setTimeout(() => {
        if (call.state !== "answered") return;
        if (does === "hangs-up") call.finish("remote-hangup", "remote");
        if (does === "never-again") call.leg?.injectDtmf("9");
      }, 4_000);
    }
  }

  async take(ids: readonly string[], what: Step): Promise<void> {
    if (what.do === "wait") return this.at.test.advance(what.ms);
    if (what.do === "crash") return this.watch(await restarted(this.at, { afterMs: 1_000 }));
    if (what.do === "forbid") {
      const number = PEOPLE[what.person] ?? "";
      await this.at.campaigns.addDoNotCall(number, { actor: LEADER });
      // Who rings or talks just now does so.
      return void this.forbidden.add(number);
    }
    const id = ids[what.campaign] ?? "";
    const shown = SHOWN[what.campaign] ?? "";
    const { status } = await this.at.campaign(id);
    if (what.do === "pause" && status === "running") {
      const { ringing, talking } = await this.at.campaigns.pause(id, LEADER);
      this.paused.set(shown, ringing + talking - [...this.live.values()].filter((each) => each === shown).length);
    }
    if (what.do === "resume" && status === "paused") {
      this.paused.delete(shown);
      await this.at.campaigns.start(id, LEADER);
    }
  }
}

it("whatever happens, and whenever the process dies: nobody is called twice in an opening, outside the hours, or against their will; all are done with once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 8 }), fc.array(step, { minLength: 3, maxLength: 14 }), async (answers, steps) => {
      const world = new World(answers);
      world.watch(await keptStage());
      const ids: string[] = [];
      for (const callerId of SHOWN) ids.push(await world.at.begin(PEOPLE, { calendar: "often", callerId, atOnce: AT_ONCE, retry: { maxAttempts: 2, waitMinutes: [1], otherSlot: true } }));
      for (const each of steps) await world.take(ids, each);
      for (const campaign of [0, 1]) await world.take(ids, { do: "resume", campaign });
      await world.at.test.advance(150 * MINUTE);
      expect(world.wrong).toEqual([]);
      for (const id of ids) {
        const { status, counts } = await world.at.campaign(id);
        const people = await world.at.people(id);
        const attempts = await world.at.attemptsOf(id);
        expect(status).toBe("done");
        expect(people.map(({ status: each, result }) => (each === "uncertain" ? result === null : each === "closed" && result !== null))).not.toContain(false);
        expect(attempts.filter(({ result }) => result === null)).toEqual([]);
        expect(counts.people).toBe(PEOPLE.length);
        expect(counts.closed + counts.uncertain).toBe(PEOPLE.length);
        expect(Object.values(counts.results).reduce((sum, count) => sum + count, 0)).toBe(counts.closed);
        expect(counts.attempts).toBe(people.reduce((sum, person) => sum + person.attempts, 0));
        expect(people.every((person) => person.attempts <= 2)).toBe(true);
      }
      await closeStages();
      sweepFolders();
    }),
    { numRuns: Number(process.env["HOTLINE_PROPERTY_RUNS"] ?? 8) },
  );
}, 300_000);
