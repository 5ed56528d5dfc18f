import { createHotline } from "@hotlinejs/core";
import type { Hotline, HotlineOptions, Plugin } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { business } from "@hotlinejs/plugin-business-systems";
import { callbacks } from "@hotlinejs/plugin-callbacks";
import { staffConsole } from "@hotlinejs/plugin-console";
import { directory } from "@hotlinejs/plugin-directory";
import { email } from "@hotlinejs/plugin-email";
import { fax } from "@hotlinejs/plugin-fax";
import { http } from "@hotlinejs/plugin-http";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { portal } from "@hotlinejs/plugin-portal";
import { recording } from "@hotlinejs/plugin-recording";
import { reports } from "@hotlinejs/plugin-reports";
import { sip } from "@hotlinejs/plugin-sip";
import { surveys } from "@hotlinejs/plugin-surveys";
import { tickets } from "@hotlinejs/plugin-tickets";
import { tts } from "@hotlinejs/plugin-tts";
import { voiceboard } from "@hotlinejs/plugin-voiceboard";
import { webchat } from "@hotlinejs/plugin-webchat";
import { espeak } from "@hotlinejs/tts-espeak";
import { announcements } from "./announcements.js";
import { calendars, type Staffing } from "./calendars.js";
import { categories } from "./categories.js";
import { site } from "./citizens.js";
import { faxArticles } from "./fax-articles.js";
import { fitFlow } from "./fit-flow.js";
import { FLOW_NEEDS, mainFlow, pollFlow, verifyFlow } from "./flow.js";
import { home } from "./home.js";
import { lookups } from "./lookups.js";
import { agents, departments, mailboxes, noDispatch, roles, staff, users } from "./people.js";
import { prompts } from "./prompts.js";
import { socialInsurance, SocialInsuranceService } from "./social-insurance.js";
import { wrapUpCodes } from "./wrap-up-codes.js";

export interface ExampleOptions {
  /** Variables that override options (`HOTLINE_...`). */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Round the clock, or on working days only. */
  readonly staffing?: Staffing;
  /** Instead of the built-in flow, which leaves out what the plugins present cannot do. */
  readonly flow?: FlowDefinition;
  /** `YYYY-MM-DD`, for the validity of articles. */
  readonly today: string;
  /** Put before the example's own, for tests; a plugin of the same name replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Names of plugins to leave out. */
  readonly without?: readonly string[];
  readonly hotline?: Partial<Omit<HotlineOptions, "plugins">>;
}

/** The 12333 hotline: a list of plugins and their data. */
export function plugins(options: ExampleOptions): readonly Plugin[] {
  const insurance = new SocialInsuranceService();
  const own = [
    media(),
    directory({ users, roles, departments, staff }),
    // Whoever calls from this machine is a citizen on the line; agents' phones register with their password.
    // MD5 alone: older phones give up at a challenge that also offers SHA-256 (RFC 8760) instead of passing over it.
    sip({ trunks: [{ key: "demo", match: ["127.0.0.1", "::1"] }], algorithms: ["MD5"] }),
    // No lines unless HOTLINE_VIRTUAL_LINES says so, or a board's driver is given.
    voiceboard(),
    http({ home }),
    staffConsole({ title: "12333" }),
    espeak(),
    tts({ prompts: [...prompts] }),
    selfService(options.flow ?? mainFlow(options.today)),
    acd({
      // Besides the 95 % that get through (GB/T 33358): four of five calls within their 15 seconds.
      targets: { serviceLevel: 0.8 },
      queues: [
        { key: "general", name: "综合咨询", maxWaitSeconds: 300, maxLength: 50 },
        { key: "complaint", name: "投诉举报", priority: 3, maxWaitSeconds: 300, maxLength: 50, joinEmpty: false, wrapUpCodeRequired: true },
        // Mails and faxes, after all calls: who is only asked to take one is rung for a caller all the same, also after a miss.
        { key: "written", name: "书面来件", weight: -1, ringTimeoutSeconds: 30, noAnswerDelaySeconds: 0, rejectDelaySeconds: 0, wrapUpSeconds: 0 },
      ],
      agents,
      wrapUpCodes,
      callback: { callerId: "12333", calendar: "citizens" },
      announcements: announcements(),
      // A chat takes an agent whole, as a call does; letters are worked on between calls.
      capacity: {
        channels: { voice: 1, chat: 1, email: 3, fax: 3 },
        rules: [{ while: "voice", exclude: ["chat", "email", "fax"] }, { while: "chat", exclude: ["voice", "email", "fax"] }],
      },
    }),
    recording(),
    tickets({ categories, mailboxes, noDispatch, intake: { email: { kind: "help", queue: "written" }, fax: { kind: "help", queue: "written" }, sms: { kind: "help" }, web: { kind: "help" } } }),
    email(),
    webchat(),
    portal(site),
    fax({ stationId: "12333", callerId: "12333", articles: faxArticles(options.today), footer: "海晏市12333热线" }),
    surveys({
      surveys: [
        {
          key: "service-2026",
          title: "12333热线服务民意调查",
          question: { text: "您对12333热线的总体服务是否满意？非常满意请按1，满意请按2，基本满意请按3，不满意请按4，非常不满意请按5。" },
          options: [
            { key: "1", label: "非常满意" },
            { key: "2", label: "满意" },
            { key: "3", label: "基本满意" },
            { key: "4", label: "不满意" },
            { key: "5", label: "非常不满意" },
          ],
        },
      ],
    }),
    // Callbacks go out by a trunk with `outbound` (HOTLINE_SIP_TRUNKS); the plan runs with HOTLINE_CALLBACKS_AUTOMATIC=true.
    callbacks({ callerId: "12333", calendar: "citizens" }),
    business(lookups(insurance)),
    socialInsurance(insurance)(),
    reports(),
  ];
  const replaced = new Set([...(options.plugins ?? []).map((plugin) => plugin.definition.name), ...(options.without ?? [])]);
  const present = [...(options.plugins ?? []), ...own.filter((plugin) => !replaced.has(plugin.definition.name))];
  if (options.flow !== undefined) return present;
  const types = new Set(present.flatMap(({ definition }) => (definition.ivrNodes ?? []).map((node) => node.type)));
  const fitted = selfService(fitFlow(mainFlow(options.today), { types, needs: FLOW_NEEDS, prompts, last: "bye" }), [...(types.has("lookup") ? [verifyFlow] : []), ...(types.has("survey") ? [pollFlow] : [])]);
  return present.map((plugin) => (own.includes(plugin) && plugin.definition.name === "ivr" ? fitted : plugin));
}

function selfService(flow: FlowDefinition, others: readonly FlowDefinition[] = []): Plugin {
  return ivr({ flows: [flow, ...others], routes: [{ number: "12333", flow: flow.id }] });
}

export function create12333(options: ExampleOptions): Hotline {
  return createHotline({
    name: "12333",
    calendars: calendars(options.staffing ?? "always"),
    environment: options.environment ?? {},
    // Should the flow itself fail, the caller still reaches a person.
    calls: { fallback: { handler: "queue", target: "general" } },
    ...options.hotline,
    plugins: plugins(options),
  });
}
