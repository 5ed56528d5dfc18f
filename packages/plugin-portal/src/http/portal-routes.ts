import { CALENDARS, CLOCK, defineRoute, isHotlineError, type HttpContent, type HttpReply, type HttpRoute } from "@hotlinejs/core";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import { z } from "zod";
import type { PortalConfig } from "../config.js";
import { firstOpen, problemsOf, steps, withForm, type AnswerRules, type Answers, type Step } from "../domain/answers.js";
import { html } from "../domain/html.js";
import { languages } from "../domain/texts.js";
import { donePage, stepPage, type OfferedKind } from "../pages/filing-pages.js";
import { homePage, statusPage, ticketPage, type StatusForm } from "../pages/home-and-status.js";
import { CHAT_SCRIPT, CHAT_SCRIPT_FILE } from "../pages/chat-script.js";
import { notice, type PageContext } from "../pages/page.js";
import { STYLE, STYLE_FILE } from "../pages/style.js";
import { draftCookie, draftToken, preferencesCookie } from "./cookies.js";
import { callScriptContent, offeredCall } from "./call-routes.js";
import { formBody } from "./form-body.js";
import { contextOf, goTo, offeredRecords, PORTAL_PARTS, shown, type Request } from "./portal-context.js";

/** Named after their content: kept for good by browsers. */
const assets: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([
  [STYLE_FILE, { type: "text/css", text: STYLE }],
  [CHAT_SCRIPT_FILE, { type: "text/javascript", text: CHAT_SCRIPT }],
]);
const stepParams = z.object({ step: z.enum(steps) });

/** What can be filed, as configured, of what tickets know. `undefined`: there are no tickets here. */
function offeredKinds(request: Request, context: PageContext): readonly OfferedKind[] | undefined {
  const tickets = request.services.optional(TICKETS);
  if (tickets === undefined) return undefined;
  const wanted: NonNullable<PortalConfig["kinds"]> = context.config.kinds ?? tickets.kinds.filter((kind) => kind.key !== "void").map(({ key }) => ({ key }));
  const english = context.preferences.language === "en";
  return wanted.flatMap(({ key, en, hint, hintEn }) => {
    const kind = tickets.kinds.find((each) => each.key === key);
    return kind === undefined ? [] : [{ key, name: english ? (en ?? kind.key) : kind.name, hint: english ? hintEn : hint, anonymousAllowed: kind.anonymousAllowed === true }];
  });
}

function rulesOf(kinds: readonly OfferedKind[], config: PortalConfig): AnswerRules {
  return { kinds, districts: config.districts.map(({ code }) => code) };
}

const closed = (context: PageContext): HttpReply => shown(notice(context, context.say("closedTitle"), context.say("closedText", { phone: context.config.phone })), { status: 503 });
const expired = (context: PageContext): HttpReply =>
  shown(notice(context, context.say("expiredTitle"), context.say("expiredText", { phone: context.config.phone }), html`<p><a href="/portal/file">${context.say("file")}</a></p>`));

export const portalRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/portal",
    permission: "public",
    summary: "The citizens' first page",
    handler: (request) => Promise.resolve(shown(homePage(contextOf(request, "/portal"), offeredRecords(request), offeredCall(request) !== undefined))),
  }),
  defineRoute({
    method: "GET",
    path: "/portal/assets/:file",
    permission: "public",
    summary: "Style sheet and script of the citizens' pages",
    params: z.object({ file: z.string().max(100) }),
    handler: (request) => {
      const asset = assets.get(request.params.file);
      const script = request.services.get(PORTAL_PARTS).callScript();
      if (script?.file === request.params.file) return Promise.resolve<HttpContent | HttpReply>(callScriptContent(script, request.headers["accept-encoding"]));
      const context = contextOf(request, "/portal");
      return Promise.resolve<HttpContent | HttpReply>(
        asset === undefined
          ? shown(notice(context, context.say("notFound"), ""), { status: 404 })
          : { kind: "reply", status: 200, headers: { "Content-Type": `${asset.type}; charset=utf-8`, "Cache-Control": "public, max-age=31536000, immutable" }, text: asset.text },
      );
    },
  }),
  defineRoute({
    method: "GET",
    path: "/portal/settings",
    permission: "public",
    summary: "Language and size of print",
    query: z.object({ lang: z.enum(languages).optional(), size: z.enum(["normal", "large"]).optional(), back: z.string().max(300).default("/portal") }),
    handler: (request) => {
      const context = contextOf(request, "/portal");
      const { lang, size, back } = request.query;
      const preferences = { language: lang ?? context.preferences.language, large: size === undefined ? context.preferences.large : size === "large" };
      // Only our own pages: no leading on to other sites.
      const target = /^\/portal(?:\/[\w/-]*)?$/.test(back) ? back : "/portal";
      return Promise.resolve(goTo(target, [preferencesCookie(preferences, context.secure)]));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/portal/file",
    permission: "public",
    summary: "Begins, or goes on with, a request",
    handler: async (request) => {
      const context = contextOf(request, "/portal/file");
      const kinds = offeredKinds(request, context);
      if (kinds === undefined) return closed(context);
      const { drafts } = context.parts;
      const found = await drafts.find(draftToken(request.headers.cookie));
      if (found !== undefined && found.filed === undefined) return goTo(`/portal/file/${firstOpen(found.answers, rulesOf(kinds, context.config))}`);
      const draft = drafts.begin();
      await drafts.save(draft);
      return goTo("/portal/file/kind", [draftCookie(draft.token, context.secure)]);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/portal/file/:step",
    permission: "public",
    summary: "One question",
    params: stepParams,
    handler: async (request) => {
      const { step } = request.params;
      const context = contextOf(request, `/portal/file/${step}`);
      const kinds = offeredKinds(request, context);
      if (kinds === undefined) return closed(context);
      const draft = await context.parts.drafts.find(draftToken(request.headers.cookie));
      if (draft === undefined) return expired(context);
      if (draft.filed !== undefined) return goTo("/portal/done");
      const open = firstOpen(draft.answers, rulesOf(kinds, context.config));
      return steps.indexOf(step) > steps.indexOf(open) ? goTo(`/portal/file/${open}`) : shown(stepPage(context, step, draft.answers, kinds, []));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/portal/file/:step",
    permission: "public",
    summary: "Answers one question; the last one files the request",
    params: stepParams,
    body: formBody.default({}),
    form: true,
    handler: async (request) => answer(request, request.params.step, request.body),
  }),
  defineRoute({
    method: "GET",
    path: "/portal/done",
    permission: "public",
    summary: "Serial number and query code of what was filed",
    handler: async (request) => {
      const context = contextOf(request, "/portal/done");
      const draft = await context.parts.drafts.find(draftToken(request.headers.cookie));
      return draft?.filed === undefined ? goTo("/portal") : shown(donePage(context, draft.filed));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/portal/status",
    permission: "public",
    summary: "Asks for serial number and query code",
    handler: (request) => Promise.resolve(shown(statusPage(contextOf(request, "/portal/status"), { serial: "", problems: [] }))),
  }),
  defineRoute({
    method: "POST",
    path: "/portal/status",
    permission: "public",
    summary: "How a request stands",
    body: formBody,
    form: true,
    handler: (request) => status(request, request.body),
  }),
];

async function answer(request: Request, step: Step, body: z.output<typeof formBody>): Promise<HttpReply> {
  const context = contextOf(request, `/portal/file/${step}`);
  const kinds = offeredKinds(request, context);
  if (kinds === undefined) return closed(context);
  const { drafts, filing, limit } = context.parts;
  const draft = await drafts.find(draftToken(request.headers.cookie));
  if (draft === undefined) return expired(context);
  if (draft.filed !== undefined) return goTo("/portal/done");
  const rules = rulesOf(kinds, context.config);
  const answers: Answers = withForm(step, draft.answers, body);
  // Kept even when something is wrong: nothing typed is lost.
  await drafts.save({ ...draft, answers });
  const problems = problemsOf(step, answers, rules);
  if (step !== "check") {
    if (problems.length > 0) return shown(stepPage(context, step, answers, kinds, problems), { status: 422 });
    return goTo(`/portal/file/${steps[steps.indexOf(step) + 1] ?? "check"}`);
  }
  if (problems.length > 0) return goTo(`/portal/file/${firstOpen(answers, rules)}`);
  const minutes = limit.waitFor(request.remoteAddress);
  if (minutes !== undefined) return shown(notice(context, context.say("tooManyTitle"), context.say("tooManyText", { minutes, phone: context.config.phone })), { status: 429 });
  try {
    await filing.file({ ...draft, answers });
  } catch (error) {
    if (!isHotlineError(error)) throw error;
    return shown(notice(context, context.say("refusedTitle"), context.say("refusedText", { phone: context.config.phone, code: error.code }), html`<p><a href="/portal/file/check">${context.say("back")}</a></p>`), { status: error.status });
  }
  limit.count(request.remoteAddress);
  return goTo("/portal/done");
}

async function status(request: Request, body: z.output<typeof formBody>): Promise<HttpReply> {
  const context = contextOf(request, "/portal/status");
  const tickets = request.services.optional(TICKETS);
  if (tickets === undefined) return closed(context);
  const digits = (name: string): string => String(body[name] ?? "").replace(/[０-９]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0)).replace(/[\s-]/g, "");
  const [serial, code] = [digits("serial"), digits("code")];
  const refuse = (problems: StatusForm["problems"], httpStatus = 422): HttpReply => shown(statusPage(context, { serial, problems }), { status: httpStatus });
  const problems: StatusForm["problems"][number][] = [];
  if (!/^\d{12}$/.test(serial)) problems.push({ field: "serial", text: "serialShape", values: { length: serial.length } });
  if (!/^\d{4,8}$/.test(code)) problems.push({ field: "code", text: "codeShape" });
  if (problems.length > 0) return refuse(problems);
  const found = await tickets.answerFor(serial, code, { channel: "web", from: request.remoteAddress });
  const calendar = request.services.get(CALENDARS).get("default");
  const instant = (at: number): string => new Intl.DateTimeFormat(context.preferences.language === "en" ? "en-GB" : "zh-CN", { timeZone: calendar.timezone, dateStyle: "long", timeStyle: "short", hourCycle: "h23" }).format(at);
  if (found.result === "locked") return refuse([{ field: "code", text: "locked", values: { time: instant(Math.max(found.until, request.services.get(CLOCK).now())), phone: context.config.phone } }], 429);
  if (found.result === "wrong") return refuse([{ field: "serial", text: "wrong", values: { left: found.left } }]);
  const ticket = await tickets.get(found.ticketId);
  const due = ticket?.clock.dueAt ?? null;
  return shown(
    ticketPage(context, {
      serial: `${serial.slice(0, 6)} ${serial.slice(6, 11)} ${serial.slice(11)}`,
      statusName: found.statusName,
      statusNameEn: found.statusNameEn,
      receivedAt: ticket === undefined ? "–" : instant(ticket.createdAt),
      due: due === null || found.answer !== null ? undefined : instant(due),
      answer: found.answer,
    }),
  );
}
