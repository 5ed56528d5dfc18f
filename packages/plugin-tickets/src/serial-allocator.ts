import type { BusinessCalendar, Uow } from "@hotlinejs/core";
import { makeSerial, MAX_ORDER } from "./domain/serial-number.js";
import { errors } from "./errors.js";

/**
 * The next serial number of the day, in the transaction of the ticket: a roll-back takes the number back, so the
 * sequence of a day has no gaps; the counter's row orders those who ask at once (SQLite has one writer, PostgreSQL
 * locks the row).
 */
export async function allocateSerial(uow: Uow, calendar: BusinessCalendar, now: number): Promise<{ serial: string; businessDate: string }> {
  const businessDate = calendar.dateOf(now);
  const rows = await uow.em.execute<{ last_order: number }[]>(
    "insert into tickets_serial (business_date, last_order) values (?, 1) on conflict (business_date) do update set last_order = tickets_serial.last_order + 1 returning last_order",
    [businessDate],
  );
  const order = Number(rows[0]?.last_order);
  if (!(order <= MAX_ORDER)) throw errors.SERIALS_EXHAUSTED(businessDate);
  return { serial: makeSerial(businessDate, order), businessDate };
}
