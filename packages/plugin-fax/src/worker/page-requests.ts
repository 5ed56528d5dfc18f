import type { Coding, Resolution } from "../domain/t30/capabilities.js";

/** A document as somebody wrote it. */
export type FaxSource =
  /** Set in Noto Sans SC on A4, with a heading and a line at the foot. */
  | { readonly kind: "text"; readonly title: string; readonly text: string; readonly footer?: string }
  | { readonly kind: "pdf"; readonly data: Uint8Array }
  /** PNG, JPEG or TIFF, the last with any number of pages. */
  | { readonly kind: "image"; readonly data: Uint8Array };

/** A page as it goes over the line, and as people see it. */
export interface RenderedPage {
  /** T.6, fine resolution, 1728 pels a line. */
  readonly t6: Uint8Array;
  /** MH, for machines without T.6. */
  readonly mh: Uint8Array;
  readonly height: number;
  readonly png: Uint8Array;
}

export interface RenderedDocument {
  readonly pages: readonly RenderedPage[];
  /** A4 with the pages as sent. */
  readonly pdf: Uint8Array;
}

export interface LinePage {
  readonly coding: Coding;
  readonly resolution: Resolution;
  readonly data: Uint8Array;
}

export interface ReadPage {
  /** Lines as received; the PNG of a standard page has each of them twice. */
  readonly height: number;
  /** Lines that could not be read. */
  readonly badLines: number;
  readonly png: Uint8Array;
}

export type PageRequest =
  | { readonly type: "render"; readonly source: FaxSource; /** More are refused. */ readonly maxPages: number }
  | { readonly type: "read"; readonly pages: readonly LinePage[]; /** Title in the PDF. */ readonly title: string };

export interface PageAnswers {
  render: RenderedDocument;
  read: { readonly pages: readonly ReadPage[]; readonly pdf: Uint8Array };
}

export type PageReply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: { readonly kind: "unreadable" | "too-long" | "failed"; readonly message: string } };
