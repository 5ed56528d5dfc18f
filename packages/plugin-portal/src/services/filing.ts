import type { Interactions, PluginEvents, Services } from "@hotlinejs/core";
import { INTERACTIONS } from "@hotlinejs/core";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import type { PortalConfig } from "../config.js";
import { dialled, type Answers } from "../domain/answers.js";
import type { Draft, DraftStore } from "./draft-store.js";

/** Makes the ticket of a finished draft. Pressing the button again, in two tabs, or after a crash, is the same ticket. */
export class Filing {
  readonly #filing = new Map<string, Promise<NonNullable<Draft["filed"]>>>();

  constructor(private readonly deps: { readonly services: Services; readonly drafts: DraftStore; readonly config: PortalConfig; readonly publish: PluginEvents["publish"] }) {}

  file(draft: Draft): Promise<NonNullable<Draft["filed"]>> {
    if (draft.filed !== undefined) return Promise.resolve(draft.filed);
    const filing = this.#filing.get(draft.filingKey) ?? this.#file(draft).finally(() => this.#filing.delete(draft.filingKey));
    this.#filing.set(draft.filingKey, filing);
    return filing;
  }

  async #file(draft: Draft): Promise<NonNullable<Draft["filed"]>> {
    const { config, drafts, publish, services } = this.deps;
    const { answers } = draft;
    const interactions: Interactions = services.get(INTERACTIONS);
    const tickets = services.get(TICKETS);
    const anonymous = answers.anonymous === true;
    const number = anonymous ? "" : dialled(answers.phone ?? "");
    // Interactions are read by many: what tickets keep sealed is not written beside them in clear.
    const confided = anonymous || answers.confidential === true || (tickets.kinds.find(({ key }) => key === answers.kind)?.confidentiality ?? "normal") !== "normal";
    const interaction = interactions.open({ channel: "web", direction: "inbound", from: confided ? "" : number, to: "portal" });
    interaction.answered();
    try {
      const ticket = await tickets.create({
        kind: answers.kind ?? "",
        source: "web",
        summary: answers.summary ?? null,
        content: contentOf(answers, config),
        anonymous,
        contactName: anonymous ? null : (answers.name ?? null),
        contactNumber: number === "" ? null : number,
        contactEmail: anonymous || (answers.email ?? "") === "" ? null : (answers.email ?? null),
        ...(answers.confidential === true ? { confidentiality: "confidential" as const } : {}),
        interactionId: anonymous ? null : interaction.id,
        actor: "citizen",
        idempotencyKey: draft.filingKey,
      });
      const filed = { serial: ticket.serial, queryCode: ticket.queryCode, kind: answers.kind ?? "" };
      await drafts.save({ ...draft, filed });
      if (!confided) interaction.note({ ticketId: ticket.id });
      interaction.close("finished");
      publish("portal.filed", { ticketId: ticket.id, kind: filed.kind });
      return filed;
    } catch (error) {
      interaction.close("failed");
      throw error;
    }
  }
}

function contentOf(answers: Answers, config: PortalConfig): string {
  const district = config.districts.find(({ code }) => code === answers.district)?.name;
  const place = [district, answers.place].filter((part) => part !== undefined && part !== "").join(" ");
  return place === "" ? (answers.content ?? "") : `${answers.content ?? ""}\n\n发生地点：${place}`;
}
