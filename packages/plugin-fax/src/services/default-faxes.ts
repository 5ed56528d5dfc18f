import type { CallSession, UnitOfWork } from "@hotlinejs/core";
import type { FaxArticle, FaxDocument, Faxes, FaxView, NewFax } from "../contract.js";
import type { FaxRow } from "../entities/fax.entity.js";
import { errors } from "../errors.js";
import type { FaxSource, RenderedDocument } from "../worker/page-requests.js";
import type { FaxParts, FaxReceiver } from "./fax-receiver.js";
import { orderOf } from "./fax-sender.js";
import type { FaxSender } from "./fax-sender.js";
import { viewOf } from "./fax-store.js";

/** The contract. */
export class DefaultFaxes implements Faxes {
  readonly #articles: ReadonlyMap<string, FaxArticle>;
  readonly #allowed: RegExp;

  constructor(
    private readonly parts: FaxParts,
    private readonly receiver: FaxReceiver,
    private readonly sender: FaxSender,
    private readonly work: UnitOfWork,
  ) {
    this.#articles = new Map(parts.config.articles.map((article) => [article.code, article]));
    this.#allowed = new RegExp(parts.config.allowedNumbers);
  }

  article(code: string): FaxArticle | undefined {
    return this.#articles.get(code);
  }

  get(id: string): Promise<FaxView | undefined> {
    return this.parts.store.view(id);
  }

  receive(session: CallSession, options: { readonly signal?: AbortSignal } = {}): Promise<FaxView> {
    return this.receiver.receive(session, options.signal);
  }

  async sendInCall(session: CallSession, document: FaxDocument, options: { readonly signal?: AbortSignal } = {}): Promise<FaxView> {
    const { call, interaction } = session;
    const pages = await this.render(document);
    const row = await this.commit({ remoteNumber: call.from.number, localNumber: call.to.number, title: this.titleOf(document), interactionId: interaction.id, actor: "citizen", state: "sending", attempts: 1 }, pages);
    return this.sender.sendInCall(session, row, options.signal);
  }

  async send(fax: NewFax): Promise<FaxView> {
    const { store } = this.parts;
    if (fax.key !== undefined) {
      const earlier = await store.byKey(fax.key);
      if (earlier !== undefined) return viewOf(earlier);
    }
    const number = this.numberOf(fax.to);
    if ((await store.sentToday(number)) >= this.parts.config.perNumberPerDay) throw errors.TOO_MANY();
    const pages = await this.render(fax.document);
    const row = await this.commit({ remoteNumber: number, localNumber: this.parts.config.callerId ?? "", title: this.titleOf(fax.document), orderedIn: fax.interactionId ?? null, actor: fax.actor, state: "queued", key: fax.key ?? null }, pages);
    return viewOf(row);
  }

  /** Whether faxes may go there. */
  numberOf(to: string): string {
    const number = to.replace(/^tel:/i, "").replace(/[^0-9+]/g, "");
    if (!this.#allowed.test(number)) throw errors.BAD_NUMBER();
    return number;
  }

  private async commit(row: Pick<FaxRow, "remoteNumber" | "localNumber" | "title" | "actor" | "state"> & Partial<FaxRow>, document: RenderedDocument): Promise<FaxRow> {
    const { ids, store } = this.parts;
    const id = ids.next();
    const keep = await store.keepDocument(id, document);
    await this.work.run(async (uow) => {
      await store.insert(uow, { ...row, id, direction: "outbound" });
      await keep(uow);
      if (row.state === "queued") uow.enqueue(orderOf(id, 1));
      uow.audit({ actor: row.actor, action: "fax.ordered", subject: { type: "fax", id }, details: { pages: document.pages.length } });
    });
    const made = await store.row(id);
    if (made === undefined) throw errors.NOT_FOUND(id);
    return made;
  }

  private render(document: FaxDocument): Promise<RenderedDocument> {
    const { config, engine } = this.parts;
    return engine.render(this.sourceOf(document), config.maxPages);
  }

  private sourceOf(document: FaxDocument): FaxSource {
    if (document.kind === "pdf" || document.kind === "image") return { kind: document.kind, data: document.data };
    if (document.kind === "text") return { ...document, footer: this.parts.config.footer };
    const { code, title, text } = this.known(document.code);
    return { kind: "text", title, text, footer: `${this.parts.config.footer} 资料编号${code}`.trim() };
  }

  private titleOf(document: FaxDocument): string {
    return document.kind === "article" ? this.known(document.code).title : document.title;
  }

  private known(code: string): FaxArticle {
    const article = this.#articles.get(code);
    if (article === undefined) throw errors.NO_ARTICLE(code);
    return article;
  }
}
