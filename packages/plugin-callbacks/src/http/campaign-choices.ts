import { CALENDARS, CLOCK, defineRoute, token } from "@hotlinejs/core";
import type { BusinessCalendar, HttpRoute } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";
import { READ } from "../permissions.js";

/** What is used of other plugins where they are present: the tokens are found by their names. */
const ACD = token<Acd>("acd.acd");
const FLOWS = token<{ list(): readonly { readonly id: string; readonly title: string }[] }>("ivr.flows");

/** What a campaign has where nothing else is chosen. For the route of this plugin only. */
export interface CampaignDefaults {
  readonly calendar: string;
  /** `null`: the trunk decides. */
  readonly callerId: string | null;
}

export const CAMPAIGN_DEFAULTS = token<CampaignDefaults>("callbacks.campaign-defaults");

/** What a campaign's settings can be chosen from. */
export interface CampaignChoices extends CampaignDefaults {
  readonly queues: readonly { readonly key: string; readonly name: string }[];
  readonly flows: readonly { readonly id: string; readonly title: string }[];
  /** With the opening hours of the next day that has any, epoch ms, so that people recognise what it stands for; none within a year: empty. `name` `null`: the key alone. */
  readonly calendars: readonly { readonly key: string; readonly name: string | null; readonly slots: readonly { readonly from: number; readonly to: number }[] }[];
}

export const campaignChoiceRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/campaigns/choices",
    permission: READ,
    summary: "Queues, flows and calendars a campaign can have",
    handler({ services }) {
      const now = services.get(CLOCK).now();
      const calendars = services.get(CALENDARS);
      const choices: CampaignChoices = {
        ...services.get(CAMPAIGN_DEFAULTS),
        queues: (services.optional(ACD)?.queues() ?? []).map(({ key, name }) => ({ key, name })),
        flows: (services.optional(FLOWS)?.list() ?? []).map(({ id, title }) => ({ id, title })),
        calendars: calendars.keys().map((key) => ({ key, name: calendars.get(key).name, slots: nextSlots(calendars.get(key), now) })),
      };
      return Promise.resolve(choices);
    },
  }),
];

function nextSlots(calendar: BusinessCalendar, now: number): CampaignChoices["calendars"][number]["slots"] {
  const opening = calendar.nextOpening(now);
  return opening === undefined ? [] : calendar.slots(calendar.dateOf(opening)).map(({ from, to }) => ({ from, to }));
}
