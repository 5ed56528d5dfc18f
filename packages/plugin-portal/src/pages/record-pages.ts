import type { LookupKindView } from "@hotlinejs/core";
import { marked } from "../domain/foreign-text.js";
import { html } from "../domain/html.js";
import { formatField } from "../domain/record-field.js";
import type { TextKey } from "../domain/texts.js";
import { describedBy, field, summary, wrongText } from "./filing-pages.js";
import { page, type PageContext } from "./page.js";

export interface RecordProblem {
  /** `key-<name>` or `proof`. */
  readonly field: string;
  readonly text: TextKey;
  readonly values?: Readonly<Record<string, number | string>>;
}

export function kindName({ preferences }: PageContext, kind: { readonly name: string; readonly nameEn?: string }): string {
  return preferences.language === "en" ? (kind.nameEn ?? kind.name) : kind.name;
}

export function labelOf({ preferences }: PageContext, each: { readonly label: string; readonly labelEn?: string }): string {
  return preferences.language === "en" ? (each.labelEn ?? each.label) : each.label;
}

/** Which record, where there are several kinds. */
export function recordKindsPage(context: PageContext, kinds: readonly LookupKindView[]): string {
  const { say } = context;
  return page(
    context,
    say("recordsTitle"),
    html`<a class="back" href="/portal">‹ ${say("back")}</a>
<h1>${say("recordsTitle")}</h1>
<ul class="choices">${kinds.map((kind) => html`<li><a href="/portal/records/${encodeURIComponent(kind.key)}">${kindName(context, kind)}</a></li>`)}</ul>`,
  );
}

/** Asks for the keys and the proof. The proof is never filled in again. */
export function recordPage(context: PageContext, kind: LookupKindView, form: { readonly keys: Readonly<Record<string, string>>; readonly problems: readonly RecordProblem[] }): string {
  const { say, config } = context;
  const { problems } = form;
  const title = kindName(context, kind);
  const hint = (id: string, length: number, text: TextKey) => html`<span class="hint" id="${id}-hint">${say(text, { length })}</span>`;
  const keys = kind.keys.map((key) => {
    const id = `key-${key.name}`;
    return field(context, id, problems, html`<label for="${id}">${labelOf(context, key)}</label>${hint(id, key.length, "placesHint")}${wrongText(context, id, problems)}
<input type="text" class="short" id="${id}" name="${id}" value="${form.keys[key.name] ?? ""}" autocomplete="off" autocapitalize="characters" spellcheck="false"${describedBy(id, true, problems)}>`);
  });
  const proof =
    kind.proof !== undefined &&
    field(context, "proof", problems, html`<label for="proof">${labelOf(context, kind.proof)}</label>${hint("proof", kind.proof.length, "proofHint")}${wrongText(context, "proof", problems)}
<input type="password" class="short" id="proof" name="proof" inputmode="numeric" autocomplete="off"${describedBy("proof", true, problems)}>`);
  return page(
    context,
    title,
    html`<a class="back" href="/portal">‹ ${say("back")}</a>
${problems.length > 0 && summary(context, problems)}
<h1>${title}</h1>
<form method="post" action="/portal/records/${encodeURIComponent(kind.key)}" novalidate autocomplete="off">
${keys}${proof}<button type="submit">${say("query")}</button>
</form>
<p class="note">${say("recordsForgot", { phone: config.phone })}</p>`,
    { wrong: problems.length > 0 },
  );
}

/** The record, with the number masked: others may look over the shoulder, or come to this computer afterwards. */
export function foundRecordPage(context: PageContext, kind: LookupKindView, found: { readonly record: Readonly<Record<string, unknown>>; readonly shown: Readonly<Record<string, string>> }): string {
  const { say, preferences } = context;
  const title = kindName(context, kind);
  const { language } = preferences;
  const row = (label: string, value: string, much = false) => html`<div><dt>${marked(label, language)}</dt><dd${much && html` class="much"`}>${marked(value, language)}</dd></div>`;
  const valueOf = (each: LookupKindView["fields"][number]): string => {
    const value = found.record[each.name];
    return (language === "en" && typeof value === "string" ? each.wordsEn?.[value] : undefined) ?? formatField(each.type, value, language);
  };
  return page(
    context,
    title,
    html`<h1>${marked(title, language)}</h1>
<dl class="answers">${kind.keys.map((key) => row(labelOf(context, key), found.shown[key.name] ?? ""))}${kind.fields.map((each) => row(labelOf(context, each), valueOf(each) || say("none"), each.type === "money"))}</dl>
<p><strong>${say("recordsLeave")}</strong></p>
<p><a href="/portal/records/${encodeURIComponent(kind.key)}">${say("recordsAgain")}</a></p>`,
  );
}
