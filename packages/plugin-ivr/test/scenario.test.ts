import { CALL_CONTROL } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { FLOWS } from "../src/contract.js";
import { FLOW_12333 } from "./flow-12333.js";
import { closeStages, flow, said, stage } from "./harness.js";

afterEach(closeStages);

const WELCOME = "人工服务请按1，自动服务请按2。";
const AUTO = "咨询请按1，留言请按2，投诉请按3，传真请按4，人工请按5，结果查询请按6，民意调查请按7。";

it("the hotline does not call its own number", async () => {
  const { dial, test } = await stage();
  const trunk = test.trunk("carrier");
  const interactionId = test.journal.of(await dial()).id;
  const call = (to: string): Promise<unknown> => test.services.get(CALL_CONTROL).originate({ to, interactionId, purpose: "transfer", role: "department" });
  await expect(call("tel:12333")).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED", details: { code: "own-number" } });
  await expect(call("tel:123-33")).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED" });
  expect(trunk.attempts).toEqual([]);
  await call("tel:123334");
  expect(trunk.attempts).toHaveLength(1);
});

describe("the 12333 flow", () => {
  it("welcomes, leads to self-service and through its menus", async () => {
    const { dial, test } = await stage();
    const caller = await dial();
    expect(caller.answered).toBe(true);
    await caller.hears(WELCOME);
    await caller.press("2");
    await caller.hears(AUTO);
    await caller.press("1");
    await caller.hears("就业政策请按2");
    await caller.press("1");
    await caller.hears("社保信息的内容");
    await caller.hears("就业政策请按2");
    expect(test.services.get(FLOWS).list()[0]).toMatchObject({ id: "main", calls: 1 });
    await caller.hangup();
    expect(test.services.get(FLOWS).list()[0]).toMatchObject({ id: "main", calls: 0 });
  });

  it.each([
    ["1", "正在转接人工"],
    ["22", "留言"],
    ["23", "投诉"],
    ["24", "传真以后开通"],
    ["25", "正在转接人工"],
    ["26", "请输入十二位流水号"],
    ["27", "调查"],
  ])("keyed ahead during the welcome, %s leads to %s", async (keys, heard) => {
    const { dial } = await stage();
    const caller = await dial();
    await caller.press(keys);
    await caller.hears(heard);
    // The notice may not be cut short; the menus behind it were not waited for.
    expect(said(caller)[0]).toBe("您好，通话将被录音。");
    const menus = caller.heard.filter((text) => text === WELCOME || text === AUTO).length;
    expect(menus).toBeLessThanOrEqual(2);
  });

  it("speaks the state of a serial number, zeros and all", async () => {
    const { dial } = await stage();
    const caller = await dial();
    await caller.hears(WELCOME);
    await caller.press("26");
    await caller.hears("请输入十二位流水号");
    await caller.press("260924000571");
    // The check figure is wrong: it is asked again.
    await caller.hears("没有查到");
    await caller.press("260924000573#");
    await caller.hears("您的诉求");
    expect(said(caller).at(-1)).toBe("您的诉求260924000573已受理。");
  });

  it("leads a silent caller to a person", async () => {
    const { dial, test } = await stage();
    const caller = await dial();
    await caller.hears(WELCOME);
    await test.advance(4000);
    expect(caller.hearing).toBe(WELCOME);
    await caller.hears("正在转接人工");
    await caller.hears("感谢来电");
    await test.advance(5000);
    expect(caller.end).toMatchObject({ reason: "hangup", by: "local" });
  });

  it("goes to the closed branch out of hours", async () => {
    const { dial } = await stage({ hotline: { calendars: [{ key: "default", week: { 1: [["13:00", "14:00"]] } }] } });
    const caller = await dial();
    await caller.hears("现在是下班时间");
    await caller.hears(AUTO);
  });
});

describe("menus", () => {
  const menu = { id: "menu", type: "menu", prompt: { text: "菜单" }, keys: "12", on: { "1": "one", "2": "bye", timeout: "bye", invalid: "agent" } };
  const one = { id: "one", type: "play", prompt: { text: "一号" }, next: "menu" };

  it("are cut short by a key", async () => {
    const { dial, test } = await stage({ flows: [flow([{ ...menu, prompt: { text: "很长很长很长很长很长很长很长的菜单" } }, one])] });
    const caller = await dial();
    const began = test.clock.now();
    await test.advance(500);
    await caller.press("1");
    await caller.hears("一号");
    expect(test.clock.now() - began).toBeLessThan(1500);
  });

  it("are played again after silence and wrong keys, each with its word", async () => {
    const { dial } = await stage({ flows: [flow([menu, one])] });
    const caller = await dial();
    await caller.press("9");
    await caller.hears("输入有误");
    await caller.hears("菜单");
    await caller.hears("没有收到您的按键");
    await caller.hears("菜单");
    await caller.press("7");
    await caller.hears("输入有误");
    await caller.hears("菜单");
    await caller.press("8");
    await caller.hears("正在转接人工");
    expect(said(caller)).toEqual(["菜单", "输入有误，请重新选择。", "菜单", "没有收到您的按键。", "菜单", "输入有误，请重新选择。", "菜单", "正在转接人工。"]);
  });

  it("give up on a silent caller after so many tries", async () => {
    const { dial } = await stage({ flows: [flow([{ ...menu, maxTries: 2, timeoutSeconds: 3 }, one])] });
    const caller = await dial();
    await caller.hears("感谢来电");
    expect(said(caller).filter((text) => text === "菜单")).toHaveLength(2);
  });

  it("repeat with # and keep the caller as long as he likes", async () => {
    const { dial, test } = await stage({ flows: [flow([menu, one])] });
    const caller = await dial();
    for (let n = 0; n < 6; n++) {
      await caller.press("#");
      await test.advance(300);
    }
    expect(said(caller)).toEqual(Array.from({ length: 7 }, () => "菜单"));
  });

  it("go back with *, through as many as there were", async () => {
    const level = (id: string, text: string, next: string) => ({ id, type: "menu", prompt: { text }, keys: "1", on: { "1": next, timeout: "bye", invalid: "bye" } });
    const { dial, test } = await stage({ flows: [flow([level("a", "甲", "b"), level("b", "乙", "c"), { id: "c", type: "play", prompt: { text: "途中" }, next: "d" }, level("d", "丁", "a")])] });
    const caller = await dial();
    await caller.press("11");
    await caller.hears("丁");
    for (const key of "***1") {
      await caller.press(key);
      await test.advance(200);
    }
    // From the first menu * leads to that menu again.
    expect(said(caller)).toEqual(["甲", "乙", "途中", "丁", "乙", "甲", "甲", "乙"]);
  });

  it("store what was chosen", async () => {
    let grade: unknown;
    const { dial } = await stage({
      flows: [flow([{ id: "rate", type: "menu", prompt: { text: "评价" }, keys: "12", var: "grade", map: { "1": 5 }, next: "probe" }, { id: "probe", type: "probe", next: "bye" }])],
      probe: ({ vars }) => Promise.resolve(((grade = vars.grade), { outcome: "done" })),
    });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("感谢来电");
    expect(grade).toBe(5);
  });

  it("may have keys of their own for 0, * and #", async () => {
    const { dial } = await stage({ flows: [flow([{ id: "menu", type: "menu", prompt: { text: "菜单" }, keys: "0*#", on: { "0": "zero", "*": "star", "#": "hash", timeout: "bye", invalid: "bye" } }, ...["zero", "star", "hash"].map((id) => ({ id, type: "play", prompt: { text: `按了${id}` }, next: "menu" }))])] });
    const caller = await dial();
    for (const [key, id] of [["0", "zero"], ["*", "star"], ["#", "hash"]] as const) {
      await caller.press(key);
      await caller.hears(`按了${id}`);
    }
  });
});

describe("the agent key", () => {
  it("works in menus, but not where it is switched off", async () => {
    const { dial } = await stage();
    const caller = await dial();
    await caller.hears(WELCOME);
    await caller.press("0");
    await caller.hears("输入有误");
    await caller.hears(WELCOME);
    await caller.press("2");
    await caller.hears(AUTO);
    await caller.press("0");
    await caller.hears("正在转接人工");
  });

  it.each([true, false])("takes the caller out of a prompt (barge-in %s)", async (bargeIn) => {
    const { dial, test } = await stage({ flows: [flow([{ id: "long", type: "play", prompt: { text: "长".repeat(100) }, bargeIn, next: "bye" }])] });
    const caller = await dial();
    await test.advance(1000);
    await caller.press("0");
    await test.advance(100);
    expect(said(caller).slice(1)).toEqual(["正在转接人工。"]);
  });

  it("takes the caller out of any node of any plugin, and the node is told", async () => {
    let aborted = false;
    const { dial, test } = await stage({
      flows: [flow([{ id: "probe", type: "probe", next: "bye" }])],
      probe: async ({ signal, session }) => {
        await session.call.play({ kind: "tone", tone: "waiting" }).done.then(undefined, () => undefined);
        aborted = signal.aborted;
        return { outcome: "done" };
      },
    });
    const caller = await dial();
    await test.advance(500);
    await caller.press("0");
    await caller.hears("正在转接人工");
    await caller.hears("感谢来电");
    expect(aborted).toBe(true);
    expect(said(caller)).toEqual(["tone:waiting", "正在转接人工。", "感谢来电，再见。"]);
  });

  it("does not wait for a node that does not listen", async () => {
    const { dial } = await stage({ flows: [flow([{ id: "probe", type: "probe", next: "bye" }])], probe: () => new Promise(() => undefined) });
    const caller = await dial();
    await caller.press("0");
    await caller.hears("正在转接人工", 5000);
  });

  it("is a figure of what is keyed ahead when it follows a key at once: a serial number with zeros", async () => {
    const { dial } = await stage();
    const caller = await dial();
    // All of it during the welcome, which cannot be cut short.
    await caller.press("26260301000014");
    await caller.hears("您的诉求260301000014已受理");
  });

  it("counts once, and drops what was keyed before it", async () => {
    const { dial, test } = await stage({
      flows: [flow([{ id: "long", type: "play", prompt: { text: "长".repeat(100) }, bargeIn: false, next: "bye" }, { id: "choice", type: "menu", prompt: { text: "真的转人工吗" }, keys: "1", on: { "1": "agent", timeout: "bye", invalid: "bye" } }], { zero: "choice" })],
    });
    const caller = await dial();
    await caller.press("1");
    await test.advance(2_000);
    await caller.press("0");
    await test.advance(200);
    expect(caller.hearing).toBe("真的转人工吗");
    await caller.press("0");
    await test.advance(500);
    // At the agent node itself 0 is a wrong key, no way to begin anew.
    await caller.hears("输入有误");
    await caller.hears("真的转人工吗");
    await caller.press("1");
    await caller.hears("正在转接人工");
  });

  it("is a digit while an entry of several is collected, and a choice of one otherwise", async () => {
    const asked: string[] = [];
    const { dial, test } = await stage({
      flows: [flow([{ id: "probe", type: "probe", next: "bye" }])],
      probe: async (context) => {
        asked.push((await context.ask({ text: "号码" }, { max: 3 })).digits);
        asked.push((await context.ask({ text: "选择" }, { max: 1 })).reason);
        return { outcome: "done" };
      },
    });
    const caller = await dial();
    await caller.press("100");
    await caller.hears("选择");
    await caller.press("0");
    await caller.hears("正在转接人工");
    await test.advance(100);
    expect(asked).toEqual(["100", "ended"]);
  });
});

describe("entries", () => {
  const collect = (more: object) => ({ id: "entry", type: "collect", prompt: { text: "请输入" }, var: "entry", max: 6, on: { collected: "probe", timeout: "bye", invalid: "agent" }, ...more });
  const start = async (more: object, outcomes: Record<string, string> = {}) => {
    const seen: unknown[] = [];
    const node = collect(more);
    const result = await stage({
      flows: [flow([{ ...node, on: { ...node.on, ...outcomes } }, { id: "probe", type: "probe", next: "bye" }])],
      probe: ({ vars, session }) => Promise.resolve((seen.push(vars.entry, JSON.stringify(session.interaction.data)), { outcome: "done" })),
    });
    return { ...result, seen, caller: await result.dial() };
  };

  it("end with #, with the last digit, or with a pause", async () => {
    for (const [keys, wait] of [["12#", 0], ["123456", 0], ["123", 5000]] as const) {
      const { caller, seen, test } = await start({});
      await caller.press(keys);
      await test.advance(wait + 100);
      expect(seen[0]).toBe(keys.replace("#", ""));
      await closeStages();
    }
  });

  it("begin anew with *", async () => {
    const { caller, seen } = await start({});
    await caller.press("12*34#");
    expect(seen[0]).toBe("34");
  });

  it("may be empty where that is allowed", async () => {
    const { caller } = await start({ min: 0 }, { empty: "agent" });
    await caller.press("#");
    await caller.hears("正在转接人工");
  });

  it("are tried again when wrong, and end as invalid", async () => {
    const { caller } = await start({ pattern: "[1-3]\\d{2}", invalidPrompt: { text: "没有这个代号" } });
    for (const keys of ["999#", "#", "12#"]) {
      await caller.press(keys);
      await caller.press("");
      if (keys !== "12#") await caller.hears("没有这个代号");
      if (keys !== "12#") await caller.hears("请输入");
    }
    await caller.hears("正在转接人工");
  });

  it("time out on silence alone", async () => {
    const { caller } = await start({ maxTries: 2 });
    await caller.hears("感谢来电");
    expect(said(caller)).toEqual(["请输入", "没有收到您的按键。", "请输入", "感谢来电，再见。"]);
  });

  it("take X for the star key of identity numbers, check them, and keep them out of recordings and the journal", async () => {
    const { caller, seen, recording } = await start({ min: 18, max: 18, starAs: "X", check: "id-card", sensitive: true });
    await caller.press("11010519491231002*");
    await caller.hears("感谢来电");
    expect(seen[0]).toBe("11010519491231002X");
    expect(seen[1]).not.toContain("1101051949");
    expect(recording).toEqual(["pause", "resume"]);
  });

  it("switch the recording on again when the caller leaves in the middle", async () => {
    const { caller, recording, test } = await start({ sensitive: true });
    await caller.press("12");
    await caller.hangup();
    await test.advance(100);
    expect(recording).toEqual(["pause", "resume"]);
  });
});

describe("the way through the flow", () => {
  it("is on the agent's screen, by labels", async () => {
    let seen: unknown;
    const { dial } = await stage({
      flows: [flow([{ id: "menu", type: "menu", label: "自动服务", prompt: { text: "菜单" }, keys: "1", next: "topic" }, { id: "topic", type: "set", label: "社保", next: "probe" }, { id: "probe", type: "probe", next: "bye" }])],
      probe: ({ session }) => Promise.resolve(((seen = session.interaction.data.ivr), { outcome: "done" })),
    });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("感谢来电");
    expect(seen).toMatchObject({ v: 1, flow: "main", node: "probe", path: ["自动服务", "社保", "probe"], language: "zh-CN" });
  });

  it("is in the journal, node by node", async () => {
    const events: [string, unknown][] = [];
    const { dial } = await stage({
      flows: [flow([{ id: "probe", type: "probe", next: "menu" }, { id: "menu", type: "menu", prompt: { text: "菜单" }, keys: "1", next: "bye" }])],
      probe: ({ session }) => {
        const { interaction } = session;
        const event = interaction.event.bind(interaction);
        Object.assign(interaction, { event: (type: string, data: unknown) => (events.push([type, data]), event(type, data as Record<string, unknown>)) });
        return Promise.resolve({ outcome: "done" });
      },
    });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("感谢来电");
    await caller.hangup();
    expect(events.filter(([type]) => type === "ivr.node").map(([, data]) => data)).toMatchObject([
      { flow: "main", node: "probe", type: "probe", outcome: "done" },
      { node: "menu", type: "menu", outcome: "1" },
      { node: "bye", type: "hangup", outcome: "gone" },
    ]);
  });

  it("tells a call that the flow ended from one whose caller went away", async () => {
    const ended: string[] = [];
    const { dial, test } = await stage({
      flows: [flow([{ id: "probe", type: "probe", next: "bye" }])],
      probe: ({ session: { interaction } }) => {
        const event = interaction.event.bind(interaction);
        Object.assign(interaction, { event: (type: string, data: Record<string, unknown>) => (type === "ivr.node" && ended.push(`${String(data["node"])}:${String(data["outcome"])}`), event(type, data)) });
        return Promise.resolve({ outcome: "done" });
      },
    });
    const caller = await dial();
    await test.advance(10_000);
    expect(caller.end?.by).toBe("local");
    expect(ended).toEqual(["probe:done", "bye:end"]);
  });
});

describe("live changes", () => {
  it("leave calls in the version they began with", async () => {
    const { dial, test } = await stage();
    const caller = await dial();
    await caller.hears(WELCOME);
    const flows = test.services.get(FLOWS);
    flows.put({ ...FLOW_12333, nodes: FLOW_12333.nodes.map((node) => (node.id === "auto" ? { ...node, prompt: { text: "新的自动服务" } } : node)) });
    await caller.press("2");
    await caller.hears(AUTO);
    const next = await test.dial("12333");
    await next.press("2");
    await next.hears("新的自动服务");
  });
});
