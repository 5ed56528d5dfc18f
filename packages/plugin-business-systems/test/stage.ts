import { definePlugin, READ_POOL, token } from "@hotlinejs/core";
import type { Logger, Plugin } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import { createTestHotline } from "@hotlinejs/testing";
import type { FakeCaller, TestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { business } from "../src/index.js";
import type { BusinessOptions, TransportAnswer, TransportRequest } from "../src/index.js";

export const PERSON = "990101198503120243";
export const PIN = "246810";
export const TOKEN = "secret-of-the-hotline";
export const RECORD = { asOf: "2026-02-28", months: 312, balance: "86420.50", state: "active", bank: "6222000000000000000" };

/** What the stand-in answers; by default one person with one PIN. */
export type Respond = (request: TransportRequest) => Promise<TransportAnswer> | TransportAnswer;

export const respond: Respond = ({ body }) => {
  const { idNumber, pin } = JSON.parse(body ?? "{}") as { idNumber?: string; pin?: string };
  return idNumber === PERSON && (pin === PIN || pin === undefined) ? { status: 200, body: JSON.stringify(RECORD) } : { status: 404, body: "{}" };
};

export const options = (more: Partial<BusinessOptions> = {}, system: Partial<NonNullable<BusinessOptions["systems"]>[number]> = {}): BusinessOptions => ({
  systems: [{ key: "insurance", baseUrl: "https://insurance.test/api/", credential: { type: "bearer", token: TOKEN }, ...system }],
  kinds: [
    {
      key: "pension",
      name: "养老保险账户",
      system: "insurance",
      path: "/accounts/pension",
      idempotent: true,
      keys: [{ name: "idNumber", label: "身份证号码", length: 18, pattern: "\\d{17}[\\dX]", starAs: "X", prompt: { text: "请输入身份证号码" } }],
      proof: { name: "pin", label: "查询密码", length: 6, pattern: "\\d{6}", prompt: { text: "请输入查询密码" }, deskMayOmit: true },
      fields: [
        { name: "asOf", label: "截至", type: "date" },
        { name: "months", label: "累计缴费月数", type: "number" },
        { name: "amount", label: "个人账户储存额", type: "money", from: "balance" },
        { name: "state", label: "参保状态", words: { active: "正常参保", paused: "暂停参保" } },
      ],
      prompt: { text: "累计缴费{{months|number}}个月，储存额{{amount|money}}，{{state|text}}" },
    },
  ],
  ...more,
});

export interface Line {
  readonly level: string;
  readonly text: string;
}

export interface Stage {
  readonly test: TestHotline;
  /** What went out to the system. */
  readonly requests: TransportRequest[];
  readonly log: Line[];
  /** `pause` and `resume` as recording saw them. */
  readonly recording: string[];
  /** Replaces how the system answers. */
  answer: Respond;
  dial(from?: string): Promise<FakeCaller>;
  /** Keys identity number and PIN at their prompts. */
  enter(caller: FakeCaller, idNumber: string, pin: string): Promise<void>;
  rows<T>(sql: string): Promise<readonly T[]>;
}

export async function stage(given: { readonly dataDir?: string; readonly more?: Partial<BusinessOptions>; readonly system?: Parameters<typeof options>[1]; readonly plugins?: readonly Plugin[] } = {}): Promise<Stage> {
  const requests: TransportRequest[] = [];
  const log: Line[] = [];
  const recording: string[] = [];
  const note =
    (level: string) =>
    (fields: object | string, message?: string): void =>
      void log.push({ level, text: typeof fields === "string" ? fields : `${message ?? ""} ${JSON.stringify(fields)}` });
  const logger: Logger = { trace: note("trace"), debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error"), fatal: note("fatal"), child: () => logger };
  const recordings = token<{ pause(id: string): void; resume(id: string): void }>("recording.recordings");
  const fakeRecording = definePlugin({
    name: "recording",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    provides: [recordings],
    register: ({ services }) => services.provide(recordings, () => ({ pause: () => void recording.push("pause"), resume: () => void recording.push("resume") })),
  });
  const self: { answer: Respond } = { answer: respond };
  const outcomes = ["found", "not-found", "locked", "unavailable", "timeout"];
  const test = await createTestHotline({
    logger,
    ...(given.dataDir === undefined ? {} : { dataDir: given.dataDir }),
    plugins: [
      business(options({ transport: async (request) => (requests.push(request), self.answer(request)), ...given.more }, given.system)),
      fakeRecording(),
      ivr({
        flows: [
          {
            id: "main",
            start: "ask",
            globals: { zero: "person" },
            nodes: [
              { id: "ask", type: "lookup", kind: "pension", interDigitSeconds: 4, on: Object.fromEntries(outcomes.map((outcome) => [outcome, outcome])) },
              ...outcomes.map((outcome) => ({ id: outcome, type: "play", prompt: { text: `结果是${outcome}` }, next: "bye" })),
              { id: "person", type: "play", prompt: { text: "转人工" }, next: "bye" },
              { id: "bye", type: "hangup" },
            ],
          },
        ],
        routes: [{ flow: "main" }],
      }),
      ...(given.plugins ?? []),
    ],
  });
  return Object.assign(self, {
    test,
    requests,
    log,
    recording,
    dial: async (from?: string) => test.dial("12333", from === undefined ? {} : { from }),
    enter: async (caller: FakeCaller, idNumber: string, pin: string) => {
      await caller.hears("请输入身份证号码");
      await caller.press(`${idNumber}#`);
      await caller.hears("请输入查询密码");
      await caller.press(`${pin}#`);
    },
    rows: <T>(sql: string): Promise<readonly T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql)),
  });
}
