import { expect, it } from "vitest";
import { queueSettings } from "../../src/config.js";
import { queueFaults, type Known } from "../../src/domain/settings-faults.js";
import { acdErrors } from "../../src/errors.js";
import { faultsOf, said } from "./fault-words.js";
import { texts } from "./texts.js";

const KNOWN: Known = { queues: new Set(["q", "r"]), skills: new Set(["law"]), reserves: new Set(), hosts: new Set(), wrapUpCodes: new Set() };

it("says everything the server can find in rules together, in both languages", () => {
  const wrong = [
    { divert: { whileWaiting: true } },
    { overflow: [{ afterSeconds: 1, queues: ["x"] }, { afterSeconds: 2, queues: ["q"] }, { afterSeconds: 3, queues: ["r"] }, { afterSeconds: 4, queues: ["r"] }] },
    { skills: { tax: 1 }, skillSteps: [{ afterSeconds: 1, skills: { tax: 9 } }], skillWeights: { law: 1 } },
    { progressSeconds: 3, emptyGraceSeconds: 3, leaveEmpty: false, tiersAfterSeconds: [3] },
    { wrapUpCodes: ["x"], wrapUpCodeRequired: true },
    { announce: { messagesEverySeconds: 9 } },
    { announce: { messages: ["m"], messagesFirstSeconds: 9 } },
  ];
  const faults = wrong.flatMap((rules) => queueFaults("q", queueSettings.parse(rules), KNOWN));
  expect(faults.length).toBeGreaterThanOrEqual(15);
  for (const { message } of faults) for (const text of [texts.zh, texts.en]) expect([message, said(message, text)]).toEqual([message, expect.any(String)]);
  expect(said(faults.find(({ path }) => path[0] === "wrapUpCodes")?.message ?? "", texts.zh)).toBe("没有小结 x：去掉它");
  expect(said(faults.find(({ path }) => path[0] === "skills")?.message ?? "", texts.zh)).toBe("没有坐席具备技能 tax：先给坐席，或去掉");
});

it("finds the place an answer complains of", () => {
  const unusable = acdErrors.RULES_UNUSABLE("q", "…", { details: { faults: [{ path: ["overflow", "0", "queues", "0"], message: "there is no queue x" }, { path: ["weight"], message: "something new" }, { path: ["calendar"], message: "none" }] } });
  expect(faultsOf({ code: unusable.code, message: unusable.message, details: unusable.details ?? {} }, texts.zh)).toEqual({ overflow: { "0.queues.0": "没有队列 x：去掉它" }, weight: { "": texts.zh.faults.other } });
  const prompt = acdErrors.UNKNOWN_PROMPT("Queue q", "announce.messages.1", "news");
  expect(faultsOf({ code: prompt.code, message: prompt.message, details: {} }, texts.en)).toEqual({ announce: { "messages.1": "There is no recording news: correct the id, or use text" } });
  expect(faultsOf({ code: "NETWORK", message: "no answer", details: {} }, texts.zh)).toEqual({});
});
