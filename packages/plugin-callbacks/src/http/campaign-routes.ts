import { z } from "zod";
import { defineRoute } from "@hotlinejs/core";
import type { HttpRoute, Principal } from "@hotlinejs/core";
import { CAMPAIGNS } from "../contract.js";
import type { CampaignPerson, DoNotCallEntry, NewPerson, PeopleAdded } from "../contract.js";
import { CALL, CAMPAIGNS_MANAGE, READ } from "../permissions.js";
import { peopleOfCsv } from "../domain/people-list.js";
import { maskNumber } from "../domain/phone-number.js";
import { errors } from "../errors.js";
import { campaignPatch } from "../services/campaign-settings.js";
import { MOST_PEOPLE } from "../services/default-campaigns.js";

const text = (most: number) => z.string().trim().min(1).max(most);
const id = z.object({ id: text(64) });
const person = z.object({ id: text(64), personId: text(64) });
const paged = { limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(200).optional() };
/** Several by comma. */
const several = <T extends string>(of: readonly [T, ...T[]]) =>
  z
    .string()
    .transform((value) => value.split(","))
    .pipe(z.array(z.enum(of)))
    .optional();
const results = ["completed", "incomplete", "abandoned", "refused-by-person", "no-answer", "busy", "declined", "unreachable", "refused", "failed", "do-not-call", "skipped"] as const;
const people = z.union([
  z.strictObject({ people: z.array(z.strictObject({ number: z.string().max(50), name: text(LONGEST.name).optional(), values: z.record(text(LONGEST.key), z.string().max(LONGEST.value)).optional() })).min(1).max(MOST_PEOPLE) }),
  /** A file: its first line names the columns. */
  z.strictObject({ csv: z.string().min(1) }),
]);

const actorOf = (principal: Principal | undefined): string => principal?.userId ?? "unknown";
const seesNumbers = (principal: Principal | undefined): boolean => principal?.permissions.has(CALL) === true;

/** Whoever may call sees the number; others recognise it. */
function shown<T extends CampaignPerson | DoNotCallEntry>(of: T, principal: Principal | undefined): T {
  return seesNumbers(principal) ? of : { ...of, number: maskNumber(of.number) };
}

function defined<T extends object>(of: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

export const campaignRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/campaigns",
    permission: READ,
    summary: "Campaigns, the newest first",
    query: z.strictObject({ status: several(["draft", "running", "paused", "done", "cancelled"]), ...paged }),
    handler: ({ query, services }) => services.get(CAMPAIGNS).list(defined(query)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns",
    permission: CAMPAIGNS_MANAGE,
    summary: "Makes a campaign, as a draft",
    body: campaignPatch.required({ name: true, kind: true }),
    async handler({ body, services, principal }) {
      const made = await services.get(CAMPAIGNS).create(defined(body), actorOf(principal));
      return { kind: "reply", status: 201, headers: { location: `/api/campaigns/${made.id}` }, body: made };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/campaigns/:id",
    permission: READ,
    summary: "One campaign, with its counts",
    params: id,
    async handler({ params, services }) {
      const campaign = await services.get(CAMPAIGNS).get(params.id);
      if (campaign === undefined) throw errors.CAMPAIGN_NOT_FOUND(params.id);
      return campaign;
    },
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/campaigns/:id",
    permission: CAMPAIGNS_MANAGE,
    summary: "Changes a campaign that is a draft or paused",
    params: id,
    body: campaignPatch.extend({ version: z.number().int().positive() }),
    handler({ params, body, services, principal }) {
      const { version, ...patch } = body;
      return services.get(CAMPAIGNS).change(params.id, defined(patch), { version, actor: actorOf(principal) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/campaigns/:id/people",
    permission: READ,
    summary: "Its people, in the order of the list",
    params: id,
    query: z.strictObject({ status: several(["open", "calling", "uncertain", "closed"]), result: z.enum(results).optional(), ...paged }),
    async handler({ params, query, services, principal }) {
      const { items, next } = await services.get(CAMPAIGNS).people(params.id, defined(query));
      return { items: items.map((each) => shown(each, principal)), next };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/people",
    permission: CAMPAIGNS_MANAGE,
    summary: "Adds people, from a list or a CSV file whose first line names its columns: `number` (号码, 电话), `name` (姓名), and values",
    params: id,
    body: people,
    handler: ({ params, body, services, principal }) => {
      const add = (list: readonly NewPerson[]): Promise<PeopleAdded> => services.get(CAMPAIGNS).add(params.id, list, actorOf(principal));
      return "csv" in body ? addFile(body.csv, add) : add(body.people.map((each) => defined(each)));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/campaigns/:id/people/:personId/attempts",
    permission: READ,
    summary: "Attempts to reach a person, oldest first",
    params: person,
    handler: async ({ params, services }) => ({ items: await services.get(CAMPAIGNS).attempts(params.id, params.personId), next: null }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/people/:personId/close",
    permission: CAMPAIGNS_MANAGE,
    summary: "Takes a person out, or tells how an uncertain call ended",
    params: person,
    body: z.strictObject({ result: z.enum(results), note: text(500).optional() }),
    handler: async ({ params, body, services, principal }) => shown(await services.get(CAMPAIGNS).closePerson(params.id, params.personId, { ...defined(body), actor: actorOf(principal) }), principal),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/people/:personId/do-not-call",
    // Whoever calls people is who is told, and may see the number masked.
    permission: CALL,
    summary: "The person has said not to be called again; also while they talk",
    params: person,
    handler: async ({ params, services, principal }) => shown(await services.get(CAMPAIGNS).refuse(params.id, params.personId, actorOf(principal)), principal),
  }),
  defineRoute({
    method: "GET",
    path: "/api/campaigns/:id/check",
    permission: READ,
    summary: "What would happen if it were started",
    params: id,
    handler: ({ params, services }) => services.get(CAMPAIGNS).check(params.id),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/start",
    permission: CAMPAIGNS_MANAGE,
    summary: "Starts it, or goes on with it",
    params: id,
    handler: ({ params, services, principal }) => services.get(CAMPAIGNS).start(params.id, actorOf(principal)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/pause",
    permission: CAMPAIGNS_MANAGE,
    summary: "Dials nobody new; tells how many phones still ring and how many people talk",
    params: id,
    handler: ({ params, services, principal }) => services.get(CAMPAIGNS).pause(params.id, actorOf(principal)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/campaigns/:id/cancel",
    permission: CAMPAIGNS_MANAGE,
    summary: "Ends it for good; who is still open is skipped",
    params: id,
    handler: ({ params, services, principal }) => services.get(CAMPAIGNS).cancel(params.id, actorOf(principal)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/do-not-call",
    permission: READ,
    summary: "Numbers nobody calls, the last one first",
    query: z.strictObject({ number: text(30).optional(), ...paged }),
    async handler({ query, services, principal }) {
      const { items, next } = await services.get(CAMPAIGNS).doNotCall(defined(query));
      return { items: items.map((each) => shown(each, principal)), next };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/do-not-call",
    // Whoever calls people is who is told.
    permission: CALL,
    summary: "Nobody calls the number any more unless the citizen asks for it",
    body: z.strictObject({ number: text(30), note: text(500).optional() }),
    async handler({ body, services, principal }) {
      const { number, ...entry } = defined(body);
      return { kind: "reply", status: 201, body: await services.get(CAMPAIGNS).addDoNotCall(number, { ...entry, actor: actorOf(principal) }) };
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/do-not-call/:number",
    permission: CAMPAIGNS_MANAGE,
    summary: "The number may be called again",
    params: z.object({ number: text(30) }),
    async handler({ params, services, principal }) {
      await services.get(CAMPAIGNS).removeDoNotCall(params.number, actorOf(principal));
      return { kind: "reply", status: 204 };
    },
  }),
];

/** Lines are those of the file, whose first one names the columns. */
async function addFile(csv: string, add: (people: readonly NewPerson[]) => Promise<PeopleAdded>): Promise<PeopleAdded> {
  const listed = peopleOfCsv(csv);
  if (listed === undefined) throw errors.BAD_LIST();
  const added = await add(listed.map(({ line: _line, ...each }) => each));
  return { ...added, invalidLines: added.invalidLines.map((index) => listed[index - 1]?.line ?? index) };
}
