import { PROMPTS } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { exitKeysPrompt } from "../src/domain/queue-prompts.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

const isMusic = (text: string | undefined): boolean => /^[0-9a-f]{64}$/.test(text ?? "");
/** What was said, without the music. */
const words = (caller: FakeCaller): string[] => caller.heard.filter((each) => !isMusic(each));

afterAll(closeStages);

describe("a long wait", () => {
  const NEWS = "网上也能办理社保业务。";
  const HINT = "留言请按1。";
  let at: Stage;
  let phone: FakeAgent;
  let busy: FakeCaller;
  let caller: FakeCaller;

  beforeAll(async () => {
    // The place each 20 s, messages each 34 s on a clock of their own: at about 60 s both fall due.
    at = await stage({
      acd: team({ maxWaitSeconds: 600, announce: { firstSeconds: 20, everySeconds: 20, messages: [{ text: NEWS }, { text: "周末照常受理。" }], messagesFirstSeconds: 25, messagesEverySeconds: 34 } }, ["1001"]),
      request: { exitKeys: "1", exitHint: { text: HINT } },
    });
    phone = await at.phone("1001");
    busy = await at.dial("111");
    await phone.answer();
    await at.test.advance(5_000);
    caller = await at.dial("222");
  });

  it("the keys are told with the welcome; music follows", async () => {
    await at.test.advance(10_000);
    expect(words(caller)).toEqual(["正在为您转接人工坐席，请稍候。", HINT]);
    expect(isMusic(caller.hearing)).toBe(true);
  });

  it("place and messages come each by their own interval, nothing is talked over, the music goes on between", async () => {
    await at.test.advance(18_000);
    // The message falls due at 25 s, while the announcement of 20 s is being said: it comes after it.
    expect(words(caller).slice(2)).toEqual(["您是下一位，预计等待3，请稍候。", HINT, NEWS]);
    await at.test.advance(6_000);
    // Announcements at 40 and 60 s, the second message at 59 s: the announcement comes after it.
    await at.test.advance(42_000);
    expect(words(caller).slice(5)).toEqual(["您是下一位，预计等待3，请稍候。", HINT, "周末照常受理。", "您是下一位，预计等待3，请稍候。", HINT]);
    await at.test.advance(3_000);
    expect(isMusic(caller.hearing)).toBe(true);
  });

  it("nothing is said while an agent's phone rings", async () => {
    await busy.hangup();
    await at.test.advance(11_000);
    expect(phone.ringing).toBe(true);
    const before = words(caller).length;
    await at.test.advance(15_000);
    expect(words(caller)).toHaveLength(before);
    await phone.answer();
    await at.test.advance(5_000);
    expect(words(caller).at(-1)).toBe("工号1001为您服务。");
    const said = words(caller).length;
    await at.test.advance(120_000);
    expect(words(caller)).toHaveLength(said);
    await caller.hangup();
    await at.test.advance(20_000);
  });

  it("a key that was told leaves the queue", async () => {
    const other = await at.dial("333");
    await phone.answer();
    await at.test.advance(5_000);
    const leaver = await at.dial("444");
    await at.test.advance(10_000);
    await leaver.press("1");
    await at.test.advance(500);
    expect(at.results.at(-1)).toMatchObject({ outcome: "exit", key: "1" });
    await other.hangup();
    await leaver.hangup();
  });
});

it("the keys in words, by what they lead to; several with one outcome once", () => {
  expect(exitKeysPrompt(new Map([["1", "callback"], ["2", "voicemail"], ["*", "menu"]]), "zh-CN")).toEqual({ text: "如需我们给您回电，请按1。留言请按2。返回自助服务请按星号键。" });
  expect(exitKeysPrompt(new Map([["0", "exit"], ["#", "exit"]]), "zh-CN")).toEqual({ text: "不再等候请按0。" });
  expect(exitKeysPrompt(new Map([["1", "callback"], ["#", "leave"]]), "en-US")).toEqual({ text: "To be called back, press 1. To stop waiting, press hash." });
});

it("who is told a place never hears of a later one, however many more urgent callers come", async () => {
  const at = await stage({ acd: team({ announce: { firstSeconds: 10, everySeconds: 20 } }, ["1001"]) });
  const phone = await at.phone("1001");
  await at.dial("111");
  await phone.answer();
  await at.test.advance(5_000);
  await at.dial("222");
  const caller = await at.dial("333");
  await at.test.advance(11_000);
  expect(words(caller).at(-1)).toBe("您前面还有1位，预计等待6，请稍候。");
  const urgent = await at.dial("444");
  const [, , last] = at.acd.waiting("q");
  await at.acd.setPriority(last?.interactionId ?? "", 5, { actor: "system" });
  expect(at.acd.waiting("q").at(-1)?.ahead).toBe(2);
  await at.test.advance(20_000);
  expect(words(caller).at(-1)).toBe("您前面还有1位，预计等待6，请稍候。");
  await urgent.hangup();
});

it("an announcement that cannot be said is told in the log, but not where the caller has hung up meanwhile", async () => {
  const warned: string[] = [];
  const quiet = (): void => undefined;
  const logger: Logger = { trace: quiet, debug: quiet, info: quiet, warn: (...given: unknown[]) => void warned.push(String(given.at(-1))), error: quiet, fatal: quiet, child: () => logger };
  const at = await stage({ acd: team({ maxWaitSeconds: 600, joinEmpty: true, leaveEmpty: false, announce: { firstSeconds: 5, everySeconds: 5 } }), logger });
  const prompts = at.test.services.get(PROMPTS);
  const caller = await at.dial("111");
  const fail: ((error: Error) => void)[] = [];
  vi.spyOn(prompts, "resolve").mockImplementation(() => new Promise((_, reject) => void fail.push(reject)));
  await at.test.advance(6_000);
  fail[0]?.(new Error("no voice"));
  await at.test.advance(1_000);
  expect(warned).toEqual(["an announcement cannot be said and is left out"]);
  await at.test.advance(6_000);
  await caller.hangup();
  expect(fail).toHaveLength(2);
  fail[1]?.(new Error("The call has ended (remote-hangup)"));
  await at.test.advance(1_000);
  expect(warned).toHaveLength(1);
});
