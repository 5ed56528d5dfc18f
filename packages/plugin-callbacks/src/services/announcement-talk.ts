import type { AudioSource, CallSession, Logger, PromptDefinition, Prompts } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";

/** What people hear on the calls of campaigns, besides the announcements themselves. */
export const CAMPAIGN_PROMPTS: readonly PromptDefinition[] = [
  { id: "callbacks.campaign-agent", text: "外呼任务，现在呼叫{{number|digits}}，请稍候。" },
  { id: "callbacks.campaign-keys", text: "重听请按1，人工服务请按0，不再接收此类来电请按9。" },
  { id: "callbacks.campaign-keys-alone", text: "重听请按1，不再接收此类来电请按9。" },
  { id: "callbacks.campaign-no-more", text: "好的，我们不再给您拨打此类电话。再见。" },
  { id: "callbacks.campaign-goodbye", text: "感谢接听，再见。" },
];

/** So long is waited for a key. */
const KEY_MS = 5_000;
/** A key cuts a prompt short when it is pressed, and is there to be taken when it is released. */
const RELEASE_MS = 1_000;
/** The keys are told so often before the call ends by itself. */
const TELLS = 2;
/** So many keys that mean nothing are passed over at a time. */
const WRONG_KEYS = 20;
/** Somebody who presses «again» for ever holds no line for ever. */
const PLAYS = 10;

export interface AnnouncementDeps {
  readonly session: CallSession;
  readonly sound: readonly AudioSource[];
  /** Where key 0 leads; `null`: nowhere. */
  readonly queue: string | null;
  readonly acd: Acd | undefined;
  readonly prompts: Prompts | undefined;
  readonly log: Logger;
  /** Heard to its end. */
  readonly heard: () => void;
  /** Commits that nobody calls the person any more. */
  readonly noMore: () => Promise<void>;
}

/**
 * The call of an announcement:
 * ```
 * announcement -> keys told -> 1: again;  0: the queue;  9: never again, confirmed -> goodbye
 *      ^  key at any time         nothing: told once more, then goodbye
 * ```
 */
export class AnnouncementTalk {
  constructor(private readonly deps: AnnouncementDeps) {}

  async run(): Promise<void> {
    const { session, sound } = this.deps;
    for (let plays = 0; plays < PLAYS && !session.signal.aborted; plays++) {
      const { reason, digit } = await session.call.play(sound, { bargeIn: this.#keys }).done;
      if (reason === "completed") this.deps.heard();
      const key = reason === "barge-in" ? ((await this.#key(RELEASE_MS)) ?? digit) : await this.#choice();
      if (key === "9") return this.#noMore();
      if (key === "0") return this.#agent();
      if (key !== "1") break;
    }
    await this.#say("callbacks.campaign-goodbye");
  }

  get #keys(): string {
    return this.#hasAgents ? "109" : "19";
  }

  get #hasAgents(): boolean {
    return this.deps.queue !== null && this.deps.acd !== undefined;
  }

  async #choice(): Promise<string | undefined> {
    for (let told = 0; told < TELLS && !this.deps.session.signal.aborted; told++) {
      await this.#say(this.#hasAgents ? "callbacks.campaign-keys" : "callbacks.campaign-keys-alone", this.#keys);
      const key = await this.#key(KEY_MS);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** The next of the keys that mean something here; others are passed over. */
  async #key(waitMs: number): Promise<string | undefined> {
    for (let wrong = 0; wrong <= WRONG_KEYS; wrong++) {
      const { digits } = await this.deps.session.call.collect({ min: 1, max: 1, firstDigitTimeoutMs: waitMs });
      if (digits === "") return undefined;
      if (this.#keys.includes(digits)) return digits;
    }
    return undefined;
  }

  async #noMore(): Promise<void> {
    const { log, noMore, session } = this.deps;
    session.interaction.event("campaign.no-more");
    try {
      await noMore();
    } catch (error) {
      // Not promised what is not kept.
      log.error({ err: error, interactionId: session.interaction.id }, "a person's wish not to be called could not be stored");
      return this.#say("callbacks.campaign-goodbye");
    }
    await this.#say("callbacks.campaign-no-more");
  }

  async #agent(): Promise<void> {
    const { acd, queue, session } = this.deps;
    if (acd === undefined || queue === null) return;
    const { callerGone, outcome } = await acd.serve(session, { queue, signal: session.signal });
    if (!callerGone && outcome !== "answered") await this.#say("callbacks.campaign-goodbye");
  }

  async #say(id: string, bargeIn?: string): Promise<void> {
    const { log, prompts, session } = this.deps;
    if (session.signal.aborted) return;
    try {
      const words = (await prompts?.resolve(id, { language: session.language, signal: session.signal })) ?? [];
      if (words.length > 0 && !session.signal.aborted) await session.call.play(words, bargeIn === undefined ? {} : { bargeIn }).done;
    } catch (error) {
      if (!session.signal.aborted) log.warn({ err: error, prompt: id }, "a prompt of a campaign could not be spoken");
    }
  }
}
