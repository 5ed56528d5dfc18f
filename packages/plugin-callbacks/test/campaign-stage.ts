import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCall } from "@hotlinejs/testing";
import { CAMPAIGNS } from "../src/index.js";
import type { Campaign, CampaignAttempt, CampaignPerson, Campaigns, CampaignSettings } from "../src/index.js";
import { stage } from "./stage.js";
import type { Stage, StageOptions } from "./stage.js";

export const LEADER = "user-leader";
export const WORDS = "您的养老待遇资格认证将于本月到期，请及时办理。";

export interface CampaignStage extends Stage {
  readonly campaigns: Campaigns;
  /** Calls at the phones of people, as they rang. */
  readonly calls: FakeCall[];
  /** Phones that exist, by number: what they do when they ring. */
  answering(number: string, ring?: (call: FakeCall) => void): void;
  /** Makes and starts an announcement to these numbers, or what `settings` say. */
  begin(numbers: readonly string[], settings?: Partial<CampaignSettings>): Promise<string>;
  campaign(id: string): Promise<Campaign>;
  people(id: string): Promise<readonly CampaignPerson[]>;
  attemptsOf(id: string): Promise<readonly CampaignAttempt[]>;
}

export async function campaignStage(options: StageOptions = {}): Promise<CampaignStage> {
  const at = await stage({ citizen: false, ...options });
  const campaigns = at.test.services.get(CAMPAIGNS);
  const telephony = at.test.services.get(FAKE_TELEPHONY);
  const calls: FakeCall[] = [];
  const people = async (id: string): Promise<readonly CampaignPerson[]> => (await campaigns.people(id, { limit: 200 })).items;
  return Object.assign(at, {
    campaigns,
    calls,
    people,
    answering: (number: string, ring: (call: FakeCall) => void = () => undefined) =>
      void telephony.plug(`tel:${number}`, (call) => {
        calls.push(call);
        ring(call);
      }),
    begin: async (numbers: readonly string[], settings: Partial<CampaignSettings> = {}) => {
      const { id } = await campaigns.create({ name: "资格认证提醒", kind: "announcement", prompt: { text: WORDS }, calendar: "office", ...settings }, LEADER);
      await campaigns.add(id, numbers.map((number) => ({ number })), LEADER);
      await campaigns.start(id, LEADER);
      return id;
    },
    campaign: async (id: string) => (await campaigns.get(id)) as Campaign,
    attemptsOf: async (id: string) => (await Promise.all((await people(id)).map((person) => campaigns.attempts(id, person.id)))).flat(),
  });
}

/** Numbers of people, as many as asked for. */
export const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(13_800_100_000 + index));
