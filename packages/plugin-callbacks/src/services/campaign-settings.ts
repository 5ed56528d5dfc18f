import { promptRef } from "@hotlinejs/core";
import type { Calendars, PromptRef, Prompts } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";
import type { Flows } from "@hotlinejs/plugin-ivr/contract";
import { z } from "zod";
import type { CampaignSettings } from "../contract.js";
import { errors } from "../errors.js";

const text = (most: number) => z.string().trim().min(1).max(most);
const instant = z.number().int().nonnegative();

const fields = {
  name: text(100),
  kind: z.enum(["agent", "announcement", "flow"]),
  queue: text(64).nullable(),
  script: text(5_000).nullable(),
  prompt: promptRef.nullable(),
  flow: text(64).nullable(),
  callerId: z.string().regex(/^\+?[0-9*#]{1,20}$/, "a telephone number").nullable(),
  calendar: text(64),
  from: instant.nullable(),
  until: instant.nullable(),
  retry: z.strictObject({
    maxAttempts: z.number().int().min(1).max(20).default(3),
    waitMinutes: z.array(z.number().min(1).max(7 * 24 * 60)).min(1).max(20).default([30, 120]),
    otherSlot: z.boolean().default(true),
  }),
  atOnce: z.number().int().min(1).max(1_000),
};

/** A change: what is left out stays as it is. */
export const campaignPatch = z.strictObject(fields).partial();

/** What a campaign can be set to. */
const campaignSettings = z.strictObject({
  ...fields,
  queue: fields.queue.default(null),
  script: fields.script.default(null),
  prompt: fields.prompt.default(null),
  flow: fields.flow.default(null),
  callerId: fields.callerId.default(null),
  from: fields.from.default(null),
  until: fields.until.default(null),
  retry: fields.retry.prefault({}),
  atOnce: fields.atOnce.default(10),
});

/** Who knows what settings may name. */
export interface SettingsDeps {
  readonly acd: Acd | undefined;
  readonly calendars: Calendars;
  readonly flows: () => Flows | undefined;
  readonly prompts: Prompts | undefined;
}

/**
 * The settings with their defaults, once they make sense together.
 *
 * @throws HTL_CALLBACKS_CAMPAIGN_INVALID and what `missing` names
 */
export function checkedSettings(settings: unknown, deps: SettingsDeps): CampaignSettings {
  const parsed = campaignSettings.safeParse(settings);
  if (!parsed.success) throw errors.CAMPAIGN_INVALID(z.prettifyError(parsed.error));
  const { from, until } = parsed.data;
  if (from !== null && until !== null && until <= from) throw errors.CAMPAIGN_INVALID("it ends before it begins");
  const [missing] = missingOf(parsed.data, deps);
  if (missing !== undefined) throw missing;
  return parsed.data;
}

/** What a campaign names or needs and is not there, as coded errors. */
export function missingOf({ kind, queue, prompt, flow, calendar }: CampaignSettings, { acd, calendars, flows, prompts }: SettingsDeps): readonly Error[] {
  const found: Error[] = [];
  if (kind === "agent" && queue === null) found.push(errors.CAMPAIGN_INCOMPLETE("the queue whose agents call"));
  if (kind === "announcement" && prompt === null) found.push(errors.CAMPAIGN_INCOMPLETE("the prompt that is played"));
  if (kind === "flow" && flow === null) found.push(errors.CAMPAIGN_INCOMPLETE("the flow people go through"));
  if (queue !== null && acd !== undefined && acd.queue(queue) === undefined) found.push(errors.UNKNOWN_QUEUE(queue));
  if (!calendars.has(calendar)) found.push(errors.UNKNOWN_CALENDAR(calendar));
  if (kind === "flow" && flow !== null && flows()?.get(flow) === undefined) found.push(errors.UNKNOWN_FLOW(flow));
  if (kind === "announcement" && prompt !== null) found.push(...promptFaults("prompt", prompt, prompts));
  return found;
}

/** Why a prompt cannot be spoken, as coded errors; nothing where nobody speaks. @param place which setting it is */
export function promptFaults(place: string, prompt: PromptRef, prompts: Prompts | undefined): readonly Error[] {
  if (prompts === undefined) return [];
  if (typeof prompt === "object" && "text" in prompt) {
    const fault = prompts.textFault?.(prompt.text);
    return fault === undefined ? [] : [errors.BAD_PROMPT_TEXT(place, fault.message, { cause: fault })];
  }
  const id = typeof prompt === "string" ? prompt : prompt.id;
  return prompts.has(id) ? [] : [errors.UNKNOWN_PROMPT(id)];
}
