import { access, constants, stat } from "node:fs/promises";
import type { Logger, PromptRef, Prompts } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AcdConfig, QueueSettings } from "../config.js";
import { sharedPhones } from "../domain/agent-address.js";
import { capacityDoubts, queueDoubts } from "../domain/settings-doubts.js";
import { knownHosts, queueFaults, servedFaults, sharedPhone, type SettingFault } from "../domain/settings-faults.js";
import { acdErrors } from "../errors.js";
import type { StoredAgent, StoredProfile, StoredQueue } from "./acd-store.js";

/** What is wrong with settings and shows only once everything is wired: prompts, files, what the database holds. */
export class SettingsCheck {
  readonly #config: AcdConfig;
  readonly #prompts: Prompts | undefined;
  readonly #log: Logger;

  constructor(deps: { readonly config: AcdConfig; readonly prompts: Prompts | undefined; readonly log: Logger }) {
    this.#config = deps.config;
    this.#prompts = deps.prompts;
    this.#log = deps.log;
  }

  /**
   * Of the configuration, before any of it is stored.
   *
   * @throws HTL_ACD_UNKNOWN_PROMPT, HTL_ACD_BAD_PROMPT_TEXT, HTL_ACD_MUSIC_FILE_MISSING
   */
  async configured(): Promise<void> {
    const { announcements, callback, queues } = this.#config;
    const [wrong] = [
      ...Object.entries(callback.words).flatMap(([name, ref]) => this.#unspeakable("The callback", `words.${name}`, ref)),
      ...announcements.flatMap(({ key, prompt }) => this.#unspeakable(`Announcement ${key}`, "prompt", prompt)),
    ];
    if (wrong !== undefined) throw wrong;
    for (const queue of queues) {
      const [fault] = await this.sounds(queue.key, queue);
      if (fault !== undefined) throw fault;
    }
  }

  /** Of what is stored, told only: a hotline that has lived with it starts again; new settings with such faults are refused. */
  async stored({ queues, agents, profiles }: { readonly queues: readonly StoredQueue[]; readonly agents: readonly StoredAgent[]; readonly profiles: readonly StoredProfile[] }): Promise<void> {
    const keys = new Set(queues.map(({ key }) => key));
    const known = { queues: keys, skills: undefined, reserves: undefined, hosts: knownHosts(queues.map(({ settings }) => settings)), wrapUpCodes: new Set(this.#config.wrapUpCodes.map(({ code }) => code)) };
    for (const { key, settings } of queues) {
      this.#tell("queue", key, queueFaults(key, settings, known));
      this.#doubt("queue", key, queueDoubts(settings));
      for (const fault of await this.sounds(key, settings)) this.#log.warn({ queue: key, err: fault }, "a stored setting of a queue names a sound that is not there, or words that cannot be spoken");
    }
    for (const { number, own } of agents) {
      this.#tell("agent", number, servedFaults(own.queues, keys));
      this.#doubt("agent", number, capacityDoubts(own.capacity));
    }
    for (const { key, settings } of profiles) {
      this.#tell("profile", key, servedFaults(settings.queues, keys));
      this.#doubt("profile", key, capacityDoubts(settings.capacity));
    }
    this.#doubt("plugin", "acd", capacityDoubts(this.#config.capacity));
  }

  /** Of the agents as they are with their profiles. */
  agents(agents: readonly StoredAgent[]): void {
    for (const shared of sharedPhones(agents)) this.#log.warn({ agent: shared.number, with: shared.with, address: shared.address }, `two agents cannot be told apart: ${sharedPhone(shared)}`);
    const idle = agents.filter(({ settings }) => settings.queues.length === 0).map(({ number }) => number);
    // No warning: leaders may be there without any, on purpose.
    if (idle.length > 0) this.#log.info({ agents: idle }, "these agents serve no queue, neither their own nor by a profile, and get no callers from any: right for who only leads or is dialled, else give them queues or a profile");
  }

  /** Sounds the queue names that are not there, and words that cannot be spoken. */
  async sounds(queue: string, { announce, connectPrompt, music, whisper }: QueueSettings): Promise<Error[]> {
    const said: readonly (readonly [setting: string, ref: PromptRef | false | undefined])[] = [
      ["announce.welcome", announce.welcome],
      ["announce.position", announce.position],
      ["announce.next", announce.next],
      ...announce.messages.map((ref, at) => [`announce.messages.${at}`, ref] as const),
      ["connectPrompt", connectPrompt],
      ["whisper", whisper === "beep" ? false : whisper],
      ["music.prompt", typeof music === "object" && "prompt" in music ? music.prompt : undefined],
    ];
    const faults: Error[] = said.flatMap(([setting, ref]) => this.#unspeakable(`Queue ${queue}`, setting, ref));
    if (typeof music === "object" && "file" in music) {
      const why = await unreadable(music.file);
      if (why !== undefined) faults.push(acdErrors.MUSIC_FILE_MISSING(queue, music.file, why));
    }
    return faults;
  }

  /** Where nobody speaks prompts none is known, and none is missed. */
  #unspeakable(whose: string, setting: string, ref: PromptRef | false | undefined): Error[] {
    if (ref === undefined || ref === false || this.#prompts === undefined) return [];
    if (typeof ref === "object" && "text" in ref) {
      const fault = this.#prompts.textFault?.(ref.text);
      return fault === undefined ? [] : [acdErrors.BAD_PROMPT_TEXT(whose, setting, fault.message, { cause: fault })];
    }
    const id = typeof ref === "string" ? ref : ref.id;
    return this.#prompts.has(id) ? [] : [acdErrors.UNKNOWN_PROMPT(whose, setting, id)];
  }

  #tell(kind: string, key: string, faults: readonly SettingFault[]): void {
    for (const { path, message } of faults) this.#log.warn({ [kind]: key, setting: path.join(".") }, `a stored setting has no effect: ${message}`);
  }

  #doubt(kind: string, key: string, doubts: readonly SettingFault[]): void {
    for (const { path, message } of doubts) this.#log.warn({ [kind]: key, setting: path.join(".") }, `a setting probably has no effect: ${message}`);
  }
}

async function unreadable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.R_OK);
    return (await stat(path)).isFile() ? undefined : "it is no file";
  } catch (error) {
    return errorText(error);
  }
}
