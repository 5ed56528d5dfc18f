import type { Answers, Problem, Step } from "../domain/answers.js";
import { steps } from "../domain/answers.js";
import { isForeign, marked } from "../domain/foreign-text.js";
import { html, type Html, type Piece } from "../domain/html.js";
import type { TextKey } from "../domain/texts.js";
import type { Draft } from "../services/draft-store.js";
import { page, type PageContext } from "./page.js";

/** A nature as citizens see it. */
export interface OfferedKind {
  readonly key: string;
  readonly name: string;
  readonly hint: string | undefined;
  readonly anonymousAllowed: boolean;
}

const titles: Readonly<Record<Step, TextKey>> = { kind: "kindTitle", what: "whatTitle", where: "whereTitle", contact: "contactTitle", check: "checkTitle" };

/** One question of the form, with what is wrong told on top and at the field. */
export function stepPage(context: PageContext, step: Step, answers: Answers, kinds: readonly OfferedKind[], problems: readonly Problem[]): string {
  const { say, config } = context;
  const at = steps.indexOf(step);
  const title = say(titles[step]);
  const before = steps[at - 1];
  const main = html`<a class="back" href="${before === undefined ? "/portal" : `/portal/file/${before}`}">‹ ${say("back")}</a>
<p class="step">${say("stepOf", { step: at + 1, total: steps.length })}</p>
${problems.length > 0 && summary(context, problems)}
<form method="post" action="/portal/file/${step}" novalidate>
${step === "kind" ? html`` : html`<h1>${title}</h1>`}
${fields(context, step, answers, kinds, problems)}
<button type="submit">${say(step === "check" ? "submit" : "next")}</button>
</form>
<p class="note">${say("saved", { phone: config.phone })}</p>`;
  return page(context, title, main, { wrong: problems.length > 0 });
}

function fields(context: PageContext, step: Step, answers: Answers, kinds: readonly OfferedKind[], problems: readonly Problem[]): Html {
  const { say, config } = context;
  const text = (name: keyof Answers, label: TextKey, options: { hint?: TextKey; type?: "text" | "tel" | "email"; area?: boolean; need?: "required" | "optional"; autocomplete?: string; short?: boolean } = {}): Html => {
    const value = String(answers[name] ?? "");
    const attributes = html`id="${name}" name="${name}"${describedBy(name, options.hint !== undefined, problems)}${options.autocomplete !== undefined && html` autocomplete="${options.autocomplete}"`}`;
    return field(context, name, problems, html`<label for="${name}">${say(label)}${options.need !== undefined && html`<small>${say(options.need)}</small>`}</label>
${options.hint !== undefined && html`<span class="hint" id="${name}-hint">${say(options.hint)}</span>`}${wrongText(context, name, problems)}
${options.area === true ? html`<textarea ${attributes}>\n${value}</textarea>` : html`<input type="${options.type ?? "text"}"${options.short === true && html` class="short"`} ${attributes} value="${value}">`}`);
  };
  const box = (name: "anonymous" | "confidential", label: TextKey, hint: TextKey): Html =>
    field(context, name, problems, html`${wrongText(context, name, problems)}<div class="option"><input type="checkbox" id="${name}" name="${name}" value="yes"${answers[name] === true && html` checked`}${describedBy(name, true, problems)}><label for="${name}">${say(label)}<span class="hint" id="${name}-hint">${say(hint)}</span></label></div>`);
  switch (step) {
    case "kind":
      return field(context, "kind", problems, html`<fieldset${describedBy("kind", false, problems)}><legend><h1>${say("kindTitle")}</h1></legend>${wrongText(context, "kind", problems)}
${kinds.map((kind, index) => html`<div class="option"><input type="radio" id="${index === 0 ? "kind" : `kind-${kind.key}`}" name="kind" value="${kind.key}"${answers.kind === kind.key && html` checked`}><label for="${index === 0 ? "kind" : `kind-${kind.key}`}">${marked(kind.name, context.preferences.language)}${kind.hint !== undefined && html`<span class="hint">${marked(kind.hint, context.preferences.language)}</span>`}</label></div>`)}</fieldset>`);
    case "what":
      return html`${text("summary", "summary", { hint: "summaryHint", need: "required" })}${text("content", "content", { hint: "contentHint", area: true, need: "required" })}`;
    case "where":
      return html`<p class="hint">${say("whereHint")}</p>${
        config.districts.length > 0 &&
        field(context, "district", problems, html`<label for="district">${say("district")}</label>${wrongText(context, "district", problems)}
<select id="district" name="district" class="short"${describedBy("district", false, problems)}><option value="">${say("districtNone")}</option>${config.districts.map((each) => {
  const name = districtName(context, each);
  return html`<option value="${each.code}"${answers.district === each.code && html` selected`}${isForeign(name, context.preferences.language) && html` lang="zh-CN"`}>${name}</option>`;
})}</select>`)
      }${text("place", "place", { need: "optional" })}`;
    case "contact":
      return html`${kinds.find((kind) => kind.key === answers.kind)?.anonymousAllowed === true && box("anonymous", "anonymous", "anonymousHint")}${text("name", "name", { autocomplete: "name", short: true })}${text("phone", "phone", { hint: "phoneHint", type: "tel", autocomplete: "tel", short: true })}${text("email", "email", { hint: "emailHint", type: "email", autocomplete: "email", need: "optional" })}${box("confidential", "confidential", "confidentialHint")}`;
    case "check":
      return review(context, answers, kinds);
  }
}

function districtName({ preferences }: PageContext, { name, nameEn }: PageContext["config"]["districts"][number]): string {
  return preferences.language === "en" ? (nameEn ?? name) : name;
}

function review(context: PageContext, answers: Answers, kinds: readonly OfferedKind[]): Html {
  const { say, config } = context;
  const { language } = context.preferences;
  const district = config.districts.find(({ code }) => code === answers.district);
  const row = (label: TextKey, value: string | undefined, step: Step): Html =>
    html`<div><dt>${say(label)}</dt><dd>${value === undefined || value === "" ? say("none") : marked(value, language)}</dd><dd><a href="/portal/file/${step}">${say("change")}<span class="skip"> ${say(label)}</span></a></dd></div>`;
  const identity = answers.anonymous === true ? "identityAnonymous" : answers.confidential === true ? "identityConfidential" : "identityOpen";
  const contact: Piece = answers.anonymous === true ? undefined : html`${row("name", answers.name, "contact")}${row("phone", answers.phone, "contact")}${row("email", answers.email, "contact")}`;
  return html`<dl class="answers">${row("kind", kinds.find((kind) => kind.key === answers.kind)?.name, "kind")}${row("summary", answers.summary, "what")}${row("content", answers.content, "what")}${row("district", district === undefined ? undefined : districtName(context, district), "where")}${row("place", answers.place, "where")}${row("identity", say(identity), "contact")}${contact}</dl>`;
}

/** Serial number and code, what happens next. */
export function donePage(context: PageContext, filed: NonNullable<Draft["filed"]>): string {
  const { say, config } = context;
  const grouped = `${filed.serial.slice(0, 6)} ${filed.serial.slice(6, 11)} ${filed.serial.slice(11)}`;
  return page(
    context,
    say("doneTitle"),
    html`<h1>${say("doneTitle")}</h1>
<div class="receipt" role="status"><p>${say("serial")}<b>${grouped}</b></p><p>${say("code")}<b>${filed.queryCode}</b></p></div>
<p><strong>${say("keep")}</strong></p>
<h2>${say("nextTitle")}</h2>
<ol><li>${say("next1")}</li><li>${say("next2", { phone: config.phone })}</li></ol>
<p class="note">${say("print")}</p>
<p><a href="/portal/status">${say("status")}</a></p>`,
  );
}

/** What is wrong, first on the page, with links to the places. */
export function summary({ say }: PageContext, problems: readonly { readonly field: string; readonly text: TextKey; readonly values?: Problem["values"] }[]): Html {
  return html`<div class="summary" role="alert" tabindex="-1" autofocus><h2>${say("problems", { count: problems.length })}</h2><ul>${problems.map(({ field: name, text, values }) => html`<li><a href="#${name}">${say(text, values)}</a></li>`)}</ul></div>`;
}

export function field(_context: PageContext, name: string, problems: readonly { readonly field: string }[], inside: Html): Html {
  return html`<div class="field${problems.some((each) => each.field === name) && " wrong"}">${inside}</div>\n`;
}

export function wrongText({ say }: PageContext, name: string, problems: readonly { readonly field: string; readonly text: TextKey; readonly values?: Problem["values"] }[]): Html {
  const found = problems.find((each) => each.field === name);
  return found === undefined ? html`` : html`<p class="error" id="${name}-error">${say("errorPrefix")}${say(found.text, found.values)}</p>`;
}

export function describedBy(name: string, hint: boolean, problems: readonly { readonly field: string }[]): Html {
  const wrong = problems.some((each) => each.field === name);
  const ids = [...(hint ? [`${name}-hint`] : []), ...(wrong ? [`${name}-error`] : [])];
  return html`${ids.length > 0 && html` aria-describedby="${ids.join(" ")}"`}${wrong && html` aria-invalid="true"`}`;
}

