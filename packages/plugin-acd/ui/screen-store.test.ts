import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall, ScreenHandover } from "../src/contract.js";

// A page keeps what it holds in the browser's session storage.
const kept = new Map<string, string>();
vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key), key: (index: number) => [...kept.keys()][index] ?? null, get length() { return kept.size; } });
const { sessionStore } = await import("@hotlinejs/plugin-console/sdk");
const { giveScreen, isGiven, openPanel, passScreen, screenStore, takeScreen } = await import("./screen-store.js");
const { closeWork, followCall, workStore } = await import("./work-store.js");

/** Calls to the server, in order, and what it answers. */
let asked: { method: string; path: string; body: unknown }[];
let answer: (method: string) => Response | Promise<Response>;
const region = { textContent: "", dataset: {} };
vi.stubGlobal("document", { getElementById: (of: string) => (of === "hl-live-assertive" ? region : null) });
let nth = 0;
let id: string;

beforeEach(() => {
  kept.clear();
  region.textContent = "";
  asked = [];
  id = `i${(nth += 1)}`;
  answer = () => new Response(null, { status: 204 });
  vi.stubGlobal("fetch", (path: string, { method, body }: { method: string; body?: string }) => {
    asked.push({ method, path, body: body === undefined ? undefined : JSON.parse(body) });
    return Promise.resolve(answer(method));
  });
  sessionStore.set({ user: { id: "u1" } } as never);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const type = (content: string, at = Date.now()): void => void kept.set(`hotline.draft.u1.ticket ${id}`, JSON.stringify({ at, values: { content } }));
const typed = (): unknown => JSON.parse(kept.get(`hotline.draft.u1.ticket ${id}`) ?? "null");
const path = (): string => `/api/agents/1001/calls/${id}/screen`;
const call = (more: Partial<AgentCall> = {}): AgentCall => ({ agent: "1001", interactionId: id, direction: "inbound", state: "talking", since: 0, citizenNumber: "138****5678", queue: "q", queueName: "综合", waitMs: 1, ringUntil: null, joining: false, answeredAt: 1, supervisor: null, given: null, consult: null, members: [], flow: null, announcement: null, commands: [], ...more });
const given = (more: Partial<ScreenHandover> = {}): ScreenHandover => ({ from: "1002", fromName: "李敏", at: 5, panel: "contacts/card", drafts: [{ key: `ticket ${id}`, at: Date.now(), values: { kind: "query", content: "养老金" } }], ...more });

describe("who gives the caller on", () => {
  it("gives the drafts of this call and the open panel; the copy is read only once the caller is the colleague's, and goes with the tab", async () => {
    const at = Date.now();
    type("养老金", at);
    kept.set("hotline.draft.u1.ticket another", JSON.stringify({ at, values: { content: "x" } }));
    openPanel(id, "acd/history");
    followCall(null, call(), 1, false);
    expect(await giveScreen("1001", id)).toBe(true);
    expect(asked).toEqual([{ method: "PUT", path: path(), body: { drafts: [{ key: `ticket ${id}`, at, values: { content: "养老金" } }], panel: "acd/history" } }]);
    expect(isGiven(id)).toBe(false);
    await passScreen("1001", id, "张科", "kept");
    expect(asked).toHaveLength(1);
    expect(screenStore.get()[id]).toMatchObject({ givenTo: "张科" });
    expect(typed()).toMatchObject({ values: { content: "养老金" } });
    closeWork(id);
    expect([typed(), kept.has("hotline.draft.u1.ticket another")]).toEqual([null, true]);
  });

  it("gives what was typed since, and all of it when the phone made the transfer", async () => {
    type("一");
    await giveScreen("1001", id);
    type("一二");
    await passScreen("1001", id, "张科", "kept");
    expect(asked.map(({ body }) => (body as ScreenHandover).drafts[0]?.values)).toEqual([{ content: "一" }, { content: "一二" }]);
    expect(isGiven(id)).toBe(true);
  });

  it("keeps it when the server does not take it", async () => {
    type("留下");
    answer = () => Response.json({ code: "HTL_ACD_SCREEN_UNUSABLE", message: "too large" }, { status: 422 });
    expect(await giveScreen("1001", id)).toBe(false);
    await passScreen("1001", id, "张科", "still here");
    expect([screenStore.get()[id], region.textContent]).toEqual([{ keptFrom: "张科" }, "still here"]);
    expect([isGiven(id), typed()]).toEqual([false, { at: expect.any(Number) as number, values: { content: "留下" } }]);
  });

  it("does not make the caller wait for a server that says nothing", async () => {
    vi.useFakeTimers();
    answer = () => new Promise(() => undefined);
    const giving = giveScreen("1001", id);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await giving).toBe(false);
  });

  it("on a line that fails for a moment it says so, and gives all the same, with what was typed meanwhile", async () => {
    vi.useFakeTimers();
    type("一");
    answer = () => Promise.reject(new TypeError("no network"));
    const passing = passScreen("1001", id, "张科", "still here");
    await vi.advanceTimersByTimeAsync(900);
    expect([asked.length, screenStore.get()[id], region.textContent]).toEqual([1, undefined, ""]);
    await vi.advanceTimersByTimeAsync(900);
    expect([asked.length, screenStore.get()[id]]).toEqual([2, { keptFrom: "张科" }]);
    type("一二");
    answer = () => new Response(null, { status: 204 });
    await vi.advanceTimersByTimeAsync(2_000);
    await passing;
    expect((asked.at(-1)?.body as ScreenHandover).drafts[0]?.values).toEqual({ content: "一二" });
    expect(screenStore.get()[id]).toEqual({ givenTo: "张科", keptFrom: undefined });
  });

  it("an answer that comes late is one; where the caller is back by then, nothing is given", async () => {
    vi.useFakeTimers();
    type("一");
    let late = (): void => undefined;
    answer = () => new Promise((resolve) => (late = () => resolve(new Response(null, { status: 204 }))));
    for (const back of [false, true]) {
      const passing = passScreen("1001", id, "张科", "still here");
      await vi.advanceTimersByTimeAsync(3_000);
      expect(screenStore.get()[id]).toMatchObject({ keptFrom: "张科" });
      if (back) followCall(null, call(), 1, false);
      late();
      await passing;
      expect([isGiven(id), screenStore.get()[id]?.keptFrom]).toEqual([!back, undefined]);
      followCall(null, call(), 2, false);
    }
  });

  it("writes again when the caller comes back, but not when only asked about them", async () => {
    type("一");
    await giveScreen("1001", id);
    await passScreen("1001", id, "张科", "kept");
    followCall(null, call({ state: "consulting", given: { by: "1002", name: "张科", asked: true } }), 2, false);
    expect(isGiven(id)).toBe(true);
    followCall(null, call({ given: { by: "1002", name: "张科", asked: false } }), 3, false);
    expect(isGiven(id)).toBe(false);
    // The server has forgotten what was given before: the same is given again.
    await passScreen("1001", id, "张科", "kept");
    expect([asked.length, isGiven(id)]).toEqual([2, true]);
  });
});

describe("who has the caller next", () => {
  it("has the form, the panel and a word about it; once, so that nothing cleared comes back", async () => {
    answer = () => Response.json({ screen: given() });
    followCall(null, call({ given: { by: "1002", name: "李敏", asked: false } }), 1, false);
    await takeScreen("1001", id);
    expect(asked[0]).toMatchObject({ method: "GET", path: path() });
    expect(typed()).toMatchObject({ values: { kind: "query", content: "养老金" } });
    expect(screenStore.get()[id]).toEqual({ panel: "contacts/card", received: { from: "李敏", filled: 2, at: 5 } });
    expect(workStore.get().selected).toBe(id);
    kept.delete(`hotline.draft.u1.ticket ${id}`);
    await takeScreen("1001", id);
    expect(typed()).toBeNull();
    answer = () => Response.json({ screen: given({ at: 6 }) });
    await takeScreen("1001", id);
    expect(typed()).toMatchObject({ values: { content: "养老金" } });
  });

  it("has it also when the line fails at that moment, or the server has no answer yet", async () => {
    vi.useFakeTimers();
    const answers = [() => Promise.reject(new TypeError("no network")), () => Response.json({ code: "HTL_HTTP_BUSY", message: "" }, { status: 503 }), () => Response.json({ screen: given() })];
    answer = () => (answers.shift() ?? expect.unreachable())();
    const taking = takeScreen("1001", id);
    await vi.advanceTimersByTimeAsync(3_000);
    await taking;
    expect([typed(), screenStore.get()[id]?.received]).toMatchObject([{ values: { content: "养老金" } }, { from: "李敏", filled: 2 }]);
  });

  it.each([
    ["nothing was given", () => Response.json({ screen: null })],
    ["it is the agent's own", () => Response.json({ screen: given({ from: "1001" }) })],
    ["it is nobody's business", () => Response.json({ code: "HTL_ACD_SCREEN_NOT_YOURS", message: "" }, { status: 403 })],
  ])("has nothing when %s", async (_why, response) => {
    answer = response;
    await takeScreen("1001", id);
    expect([typed(), screenStore.get()[id]]).toEqual([null, undefined]);
  });
});
