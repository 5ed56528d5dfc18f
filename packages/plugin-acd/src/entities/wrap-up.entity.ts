import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** After-call work that is under way: what of it a restart must not lose. */
export const WrapUpEntity = defineEntity({
  name: "AcdWrapUp",
  tableName: "acd_wrap_up",
  properties: {
    /** 工号. */
    agent: p.text().primary(),
    /** The conversation it is after; `null`: not known. */
    interactionId: p.text().nullable(),
    /** `null`: no queue gave it. */
    queue: p.text().nullable(),
    /** The stay in the queue; `null`: no queue gave it. */
    entryId: p.text().nullable(),
    channel: p.text().nullable(),
    enteredAt: p.bigint("number").nullable(),
    /** What was chosen so far. */
    code: p.text().nullable(),
    since: p.bigint("number"),
    until: p.bigint("number"),
  },
});

export type WrapUpRow = InferEntity<typeof WrapUpEntity>;
