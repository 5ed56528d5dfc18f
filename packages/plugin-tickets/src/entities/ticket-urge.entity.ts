import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/**
 * One urging.
 * ```
 * planned --its time--> fired
 *    |  \--nothing to urge then--> dropped
 *    \--the clock stands, or taken back--> withdrawn --the clock runs again--> planned
 * ```
 */
export type UrgeState = "planned" | "fired" | "dropped" | "withdrawn";

export const TicketUrgeEntity = defineEntity({
  name: "TicketUrge",
  tableName: "tickets_urge",
  uniques: [{ properties: ["ticketId", "cycle", "level"] }],
  properties: {
    id: p.text().primary(),
    ticketId: p.text(),
    cycle: p.integer(),
    /** Level of the ladder, or `manual:<id>`. */
    level: p.text(),
    state: p.text().$type<UrgeState>(),
    plannedAt: p.bigint("number"),
    /** Counts the plans: a job of an earlier one does nothing. */
    plan: p.integer(),
    firedAt: p.bigint("number").nullable(),
    /** Who urges, by hand; `system` for the ladder. */
    actor: p.text(),
    text: p.text().nullable(),
    createdAt: p.bigint("number"),
  },
});

export type TicketUrgeRow = InferEntity<typeof TicketUrgeEntity>;
