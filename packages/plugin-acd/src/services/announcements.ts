import type { AudioSource, PromptRef, Prompts } from "@hotlinejs/core";
import type { AcdConfig } from "../config.js";
import type { Announcement } from "../contract.js";
import { announcementView, fitsSearch, mayBePlayed } from "../domain/announcement.js";
import { acdErrors } from "../errors.js";

export interface AnnouncementsDeps {
  readonly settings: AcdConfig["announcements"];
  /** `undefined`: nothing can be spoken here. */
  readonly prompts: Prompts | undefined;
  /** Today in the hotline's time zone, `YYYY-MM-DD`. */
  readonly today: () => string;
}

/** What agents may play into calls: which it is today, and its sound. */
export class Announcements {
  readonly #deps: AnnouncementsDeps;

  constructor(deps: AnnouncementsDeps) {
    this.#deps = deps;
  }

  /** Approved and valid today, in the order of the configuration. */
  list(search = ""): readonly Announcement[] {
    const { settings, prompts, today } = this.#deps;
    if (prompts === undefined) return [];
    const day = today();
    return settings.filter((each) => mayBePlayed(each, day) && fitsSearch(each, search, this.#textOf)).map((each) => announcementView(each, this.#textOf));
  }

  /** @throws HTL_ACD_UNKNOWN_ANNOUNCEMENT also of one that is no longer approved or valid */
  take(key: string): { readonly announcement: Announcement; readonly sound: (language: string, signal: AbortSignal) => Promise<readonly AudioSource[]> } {
    const { settings, prompts, today } = this.#deps;
    const found = settings.find((each) => each.key === key);
    if (prompts === undefined || found === undefined || !mayBePlayed(found, today())) throw acdErrors.UNKNOWN_ANNOUNCEMENT(key.slice(0, 64));
    return { announcement: announcementView(found, this.#textOf), sound: (language, signal) => prompts.resolve(isFixedText(found.prompt) ? promptId(key) : found.prompt, { language, signal }) };
  }

  /** Defines the texts as prompts, which plugin-tts speaks ahead and keeps: nobody waits for a long article. */
  prepare(): void {
    const { settings, prompts } = this.#deps;
    const texts = settings.flatMap(({ key, prompt }) => (isFixedText(prompt) ? [{ id: promptId(key), text: prompt.text, ...(prompt.language === undefined ? {} : { language: prompt.language }) }] : []));
    if (texts.length > 0) prompts?.define(texts);
  }

  /** Whether there is anything at all, whatever the day. */
  get any(): boolean {
    return this.#deps.prompts !== undefined && this.#deps.settings.length > 0;
  }

  readonly #textOf = (id: string): string | undefined => this.#deps.prompts?.definition?.(id)?.text;
}

/** Nothing has to be put into it, and no voice of its own is asked for. */
function isFixedText(ref: PromptRef): ref is Extract<PromptRef, { readonly text: string }> {
  return typeof ref !== "string" && "text" in ref && ref.values === undefined && ref.voice === undefined;
}

function promptId(key: string): string {
  return `acd.announcement.${key}`;
}
