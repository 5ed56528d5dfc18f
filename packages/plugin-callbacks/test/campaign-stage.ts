import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCall } from "@hotlinejs/testing";
import { CAMPAIGNS } from "../src/index.js";
import type { Campaign, CampaignAttempt, CampaignPerson, Campaigns, CampaignSettings } from "../src/index.js";
import { crash, stage } from "./stage.js";
import type { Stage, StageOptions } from "./stage.js";

export const LEADER = "user-leader";
export const WORDS = "您的养老待遇资格认证将于本月到期，请及时办理。";
export const KEYS = "重听请按1，人工服务请按0，不再接收此类来电请按9。";
export const GOODBYE = "感谢接听，再见。";

export interface CampaignStage extends Stage {
  readonly campaigns: Campaigns;
  /** Calls at the phones of people, as they rang. */
  readonly calls: FakeCall[];
  /** A phone that exists, and what it does when it rings. Default: it rings on. */
  phoneOf(number: string, ring?: (call: FakeCall) => void): void;
  /** Makes an announcement to these numbers, or what `settings` say, and starts it. */
  begin(numbers: readonly string[], settings?: Partial<CampaignSettings>): Promise<string>;
  /** The same without starting it. */
  draft(numbers: readonly string[], settings?: Partial<CampaignSettings>): Promise<string>;
  campaign(id: string): Promise<Campaign>;
  people(id: string): Promise<readonly CampaignPerson[]>;
  person(id: string): Promise<CampaignPerson>;
  attemptsOf(id: string): Promise<readonly CampaignAttempt[]>;
  /** As long as it takes until that hour of the day, `HH:MM`; tomorrow's where it has passed. */
  until(hour: string): Promise<void>;
}

/** @param line whether a line leads out to people's telephones */
export async function campaignStage({ line = true, ...options }: StageOptions & { readonly line?: boolean } = {}): Promise<CampaignStage> {
  const at = await stage({ citizen: false, ...options });
  const campaigns = at.test.services.get(CAMPAIGNS);
  const telephony = at.test.services.get(FAKE_TELEPHONY);
  // A telephone outside that nobody calls.
  if (line) telephony.plug("tel:0", () => undefined);
  const calls: FakeCall[] = [];
  const people = async (id: string): Promise<readonly CampaignPerson[]> => (await campaigns.people(id, { limit: 200 })).items;
  const draft = async (numbers: readonly string[], settings: Partial<CampaignSettings> = {}): Promise<string> => {
    const { id } = await campaigns.create({ name: "资格认证提醒", kind: "announcement", prompt: { text: WORDS }, calendar: "office", ...settings }, LEADER);
    await campaigns.add(id, numbers.map((number) => ({ number })), LEADER);
    return id;
  };
  return Object.assign(at, {
    campaigns,
    calls,
    people,
    draft,
    phoneOf: (number: string, ring: (call: FakeCall) => void = () => undefined) =>
      void telephony.plug(`tel:${number}`, (call) => {
        calls.push(call);
        ring(call);
      }),
    begin: async (numbers: readonly string[], settings: Partial<CampaignSettings> = {}) => {
      const id = await draft(numbers, settings);
      await campaigns.start(id, LEADER);
      return id;
    },
    campaign: async (id: string) => (await campaigns.get(id)) as Campaign,
    person: async (id: string) => (await people(id))[0] as CampaignPerson,
    attemptsOf: async (id: string) => (await Promise.all((await people(id)).map((person) => campaigns.attempts(id, person.id)))).flat(),
    until: async (hour: string) => {
      const now = at.test.clock.now();
      const today = new Date(now + 8 * 3_600_000).toISOString().slice(0, 10);
      const then = Date.parse(`${today}T${hour}:00+08:00`);
      await at.test.advance((then > now ? then : then + 86_400_000) - now);
    },
  });
}

/** Numbers of people, as many as asked for. */
export const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(13_800_100_000 + index));
export const [ANNA, BEN, CORA] = numbers(3) as [string, string, string];

const folders = new Set<string>();

export function sweepFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/** A stage whose database outlives it. */
export async function keptStage(options: StageOptions = {}): Promise<CampaignStage> {
  const dataDir = mkdtempSync(join(tmpdir(), "campaign-"));
  folders.add(dataDir);
  return campaignStage({ ...options, dataDir });
}

let seed = 1;

/** The process dies in this moment; the next one finds the database as it was, and nothing of the tidying of a stop. */
export async function restarted(at: CampaignStage, options: StageOptions & { readonly afterMs?: number } = {}): Promise<CampaignStage> {
  const copy = mkdtempSync(join(tmpdir(), "campaign-crash-"));
  folders.add(copy);
  cpSync(at.test.dataDir, copy, { recursive: true });
  const now = at.test.clock.now();
  await crash(at);
  return campaignStage({ ...options, dataDir: copy, startAt: now + (options.afterMs ?? 5_000), seed: ++seed });
}
