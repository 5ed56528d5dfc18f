import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { Coding, Resolution } from "../domain/t30/capabilities.js";

/** A page of a fax: as it goes over the line, and as a picture. */
export const FaxPageEntity = defineEntity({
  name: "FaxPage",
  tableName: "fax_page",
  properties: {
    faxId: p.text().primary(),
    /** From 1. */
    number: p.integer().primary(),
    coding: p.text().$type<Coding>(),
    resolution: p.text().$type<Resolution>(),
    lineBlobId: p.text(),
    /** Outbound: the same page in MH, for machines without T.6. */
    mhBlobId: p.text().nullable(),
    pngBlobId: p.text().nullable(),
    /** Lines. 0 until it was read. */
    height: p.integer(),
    /** Lines that could not be read. */
    badLines: p.integer(),
    /** Frames the sender gave up on. */
    badFrames: p.integer(),
  },
});

export type FaxPageRow = InferEntity<typeof FaxPageEntity>;
