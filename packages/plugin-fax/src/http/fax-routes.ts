import { Readable } from "node:stream";
import { z } from "zod";
import { AUDIT, BLOBS, defineRoute, maskPhone } from "@hotlinejs/core";
import type { HttpContent, HttpRequest, HttpRoute, Services } from "@hotlinejs/core";
import { FAX } from "../contract.js";
import type { FaxDocument, FaxView } from "../contract.js";
import { shownStation } from "../domain/shown-station.js";
import { errors } from "../errors.js";
import { FAX_STORE } from "../services/fax-store-token.js";

export const READ = "fax.read";
export const SEND = "fax.send";

const idParams = z.object({ id: z.string().min(1).max(64) });
const listQuery = z.strictObject({
  direction: z.enum(["inbound", "outbound"]).optional(),
  state: z.enum(["receiving", "received", "partial", "queued", "sending", "sent", "failed", "uncertain"]).optional(),
  interactionId: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
const newFax = z.strictObject({
  to: z.string().min(1).max(40),
  title: z.string().min(1).max(200).optional(),
  /** One of the three. */
  text: z.string().min(1).max(100_000).optional(),
  article: z.string().min(1).max(8).optional(),
  file: z.strictObject({ contentType: z.enum(["application/pdf", "image/png", "image/jpeg", "image/tiff"]), /** Base64. */ data: z.base64() }).optional(),
  /** The same key twice is the same fax. */
  key: z.string().min(1).max(100).optional(),
});

const shown = (view: FaxView): object => ({ ...view, remoteNumber: maskPhone(view.remoteNumber), remoteId: view.remoteId === null ? null : shownStation(view.remoteId) });

function documentOf({ article, file, text, title }: z.output<typeof newFax>): FaxDocument {
  if ([article, file, text].filter((each) => each !== undefined).length !== 1) throw errors.UNREADABLE("one of text, article and file is needed");
  if (article !== undefined) return { kind: "article", code: article };
  if (text !== undefined) return { kind: "text", title: title ?? "传真", text };
  return { kind: file?.contentType === "application/pdf" ? "pdf" : "image", title: title ?? "传真", data: new Uint8Array(Buffer.from(file?.data ?? "", "base64")) };
}

async function content(services: Services, blobId: string | null | undefined, faxId: string, fileName: string): Promise<HttpContent> {
  const blobs = services.get(BLOBS);
  const info = blobId === null || blobId === undefined ? undefined : await blobs.info(blobId);
  if (info === undefined) throw errors.NOT_READY(faxId);
  async function* pump(start: number, end: number): AsyncGenerator<Buffer> {
    yield* await blobs.open((info as { id: string }).id, { start, end });
  }
  return { kind: "content", contentType: info.contentType, size: info.size, fileName, etag: `"${info.sha256}"`, open: (start, end) => Readable.from(pump(start, end), { objectMode: false }) };
}

async function audited({ principal, services }: HttpRequest, faxId: string): Promise<void> {
  await services.get(AUDIT).record({ actor: principal?.userId ?? "unknown", action: "fax.viewed", subject: { type: "fax", id: faxId } });
}

export const faxRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/faxes",
    permission: READ,
    summary: "Faxes in and out, newest first",
    query: listQuery,
    async handler({ query, services }) {
      const { items, next } = await services.get(FAX_STORE).page(query);
      return { items: items.map(shown), next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/faxes/:id",
    permission: READ,
    summary: "One fax with its pages",
    params: idParams,
    async handler({ params, services }) {
      const store = services.get(FAX_STORE);
      const view = await store.known(params.id);
      const pages = (await store.pages(params.id)).map(({ number, resolution, coding, height, badLines, badFrames }) => ({ number, resolution, coding, height, badLines, badFrames }));
      return { ...shown(view), pageList: pages };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/faxes/:id/pages/:number",
    permission: READ,
    summary: "A page as PNG. Audited",
    params: z.object({ id: z.string().min(1).max(64), number: z.coerce.number().int().min(1).max(10_000) }),
    async handler(request) {
      const { params, services } = request;
      const store = services.get(FAX_STORE);
      await store.known(params.id);
      const page = (await store.pages(params.id)).find(({ number }) => number === params.number);
      if (page === undefined) throw errors.NO_PAGE(params.id, params.number);
      const body = await content(services, page.pngBlobId, params.id, `fax-${params.id}-${params.number}.png`);
      await audited(request, params.id);
      return body;
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/faxes/:id/document",
    permission: READ,
    summary: "All pages as PDF. Audited",
    params: idParams,
    async handler(request) {
      const { params, services } = request;
      const row = await services.get(FAX_STORE).row(params.id);
      if (row === undefined) throw errors.NOT_FOUND(params.id);
      const body = await content(services, row.pdfBlobId, params.id, `fax-${params.id}.pdf`);
      await audited(request, params.id);
      return body;
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/faxes",
    permission: SEND,
    summary: "Sends a text, an article, or a file (PDF, PNG, JPEG, TIFF in base64)",
    body: newFax,
    async handler({ body, principal, services }) {
      const fax = await services.get(FAX).send({ to: body.to, document: documentOf(body), actor: principal?.userId ?? "unknown", ...(body.key === undefined ? {} : { key: body.key }) });
      return { kind: "reply", status: 202, body: shown(fax) };
    },
  }),
];
