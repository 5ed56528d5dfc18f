import { BUSINESS_SYSTEM, CALENDARS, CLOCK, defineRoute, isHotlineError, type HttpReply, type HttpRoute, type LookupKindView, type LookupResult } from "@hotlinejs/core";
import { z } from "zod";
import { notice, type PageContext } from "../pages/page.js";
import { foundRecordPage, labelOf, recordKindsPage, recordPage, type RecordProblem } from "../pages/record-pages.js";
import { formBody } from "./form-body.js";
import { contextOf, goTo, offeredRecords, shown, type Request } from "./portal-context.js";

const kindParams = z.object({ kind: z.string().min(1).max(40) });

const closed = (context: PageContext): HttpReply => shown(notice(context, context.say("recordsClosedTitle"), context.say("recordsClosedText", { phone: context.config.phone })), { status: 503 });

export const recordRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/portal/records",
    permission: "public",
    summary: "Which record of the department's own systems a citizen wants to see",
    handler: (request) => {
      const context = contextOf(request, "/portal/records");
      const kinds = offeredRecords(request);
      const [only] = kinds;
      if (only === undefined) return Promise.resolve(closed(context));
      return Promise.resolve(kinds.length === 1 ? goTo(`/portal/records/${encodeURIComponent(only.key)}`) : shown(recordKindsPage(context, kinds)));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/portal/records/:kind",
    permission: "public",
    summary: "Asks a citizen for number and PIN",
    params: kindParams,
    handler: (request) => Promise.resolve(withKind(request, request.params.kind, (context, kind) => shown(recordPage(context, kind, { keys: {}, problems: [] })))),
  }),
  defineRoute({
    method: "POST",
    path: "/portal/records/:kind",
    permission: "public",
    summary: "Shows a citizen the own record after number and PIN; audited, wrong tries lock",
    params: kindParams,
    body: formBody,
    form: true,
    handler: (request) => Promise.resolve(withKind(request, request.params.kind, (context, kind) => look(request, context, kind, request.body))),
  }),
];

function withKind<T>(request: Request, key: string, then: (context: ReturnType<typeof contextOf>, kind: LookupKindView) => T): T | HttpReply {
  const context = contextOf(request, `/portal/records/${encodeURIComponent(key)}`);
  const kinds = offeredRecords(request);
  if (kinds.length === 0) return closed(context);
  const kind = kinds.find((each) => each.key === key);
  return kind === undefined ? shown(notice(context, context.say("notFound"), ""), { status: 404 }) : then(context, kind);
}

async function look(request: Request & { readonly signal: AbortSignal }, context: PageContext, kind: LookupKindView, body: z.output<typeof formBody>): Promise<HttpReply> {
  const keys = Object.fromEntries(kind.keys.map(({ name }) => [name, typed(body[`key-${name}`])]));
  const proof = typed(body.proof);
  const refuse = (problems: readonly RecordProblem[], status = 422): HttpReply => shown(recordPage(context, kind, { keys, problems }), { status });
  const short = (field: string, each: { readonly label: string; readonly labelEn?: string; readonly length: number }, value: string): RecordProblem[] =>
    value.length === each.length ? [] : [{ field, text: value === "" ? "placesMissing" : "placesWrong", values: { label: labelOf(context, each), wanted: each.length, length: value.length } }];
  const problems = [...kind.keys.flatMap((key) => short(`key-${key.name}`, key, keys[key.name] ?? "")), ...(kind.proof === undefined ? [] : short("proof", kind.proof, proof))];
  const [first] = kind.keys;
  if (problems.length > 0 || first === undefined) return refuse(problems);
  const atFirst = (text: RecordProblem["text"], values: RecordProblem["values"] = {}): readonly RecordProblem[] => [{ field: `key-${first.name}`, text, values }];
  let result: LookupResult;
  try {
    result = await request.services.get(BUSINESS_SYSTEM).lookup({ kind: kind.key, keys, proof, asker: { channel: "web", from: request.remoteAddress, actor: "citizen" }, signal: request.signal });
  } catch (error) {
    // Of the right length, but with something in it that cannot be.
    if (isHotlineError(error) && error.status === 400) return refuse(atFirst("recordsShape"));
    throw error;
  }
  switch (result.outcome) {
    case "found":
      return shown(foundRecordPage(context, kind, result));
    case "not-found":
      return result.left === 0 ? refuse(atFirst("recordsLockedNow", { phone: context.config.phone }), 429) : refuse(atFirst("recordsWrong", { left: result.left }));
    case "locked": {
      const { timezone } = request.services.get(CALENDARS).get("default");
      const time = new Intl.DateTimeFormat(context.preferences.language === "en" ? "en-GB" : "zh-CN", { timeZone: timezone, dateStyle: "long", timeStyle: "short", hourCycle: "h23" }).format(Math.max(result.until, request.services.get(CLOCK).now()));
      return refuse([{ field: "proof", text: "locked", values: { time, phone: context.config.phone } }], 429);
    }
    case "unavailable":
      return shown(notice(context, context.say("recordsClosedTitle"), context.say("recordsClosedText", { phone: context.config.phone })), { status: 503 });
  }
}

/** As people type it: in groups, with a small x, with wide digits. */
function typed(value: string | readonly string[] | undefined): string {
  return (typeof value === "string" ? value : "")
    .normalize("NFKC")
    .replace(/[\s-]/g, "")
    .toUpperCase()
    .slice(0, 80);
}
