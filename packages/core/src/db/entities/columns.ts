import { p } from "@mikro-orm/core";

/** Epoch milliseconds: `bigint` in both databases, a JS number here (exact until the year 287396). */
export const instant = () => p.bigint("number");

/** A UUIDv7 as text. */
export const uuid = () => p.text();
