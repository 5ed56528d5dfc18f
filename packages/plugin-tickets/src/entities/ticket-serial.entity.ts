import { defineEntity, p } from "@mikro-orm/core";

/** Last number given on a business date. Written in the transaction of the ticket, so the sequence has no gaps. */
export const TicketSerialEntity = defineEntity({
  name: "TicketSerial",
  tableName: "tickets_serial",
  properties: {
    businessDate: p.text().primary(),
    lastOrder: p.integer(),
  },
});
