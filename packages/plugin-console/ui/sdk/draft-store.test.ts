import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countFilled, draftPlace, draftsAbout, dropDraftsAbout, forgetDrafts, hasDraftAbout, joinDrafts, joinPage, readDraft, takeDrafts, writeDraft, type StoredDraft } from "./draft-store.js";
import { sessionStore } from "./session.js";

const kept = new Map<string, string>();
const HOUR_MS = 3_600_000;
let now = 0;

beforeEach(() => {
  kept.clear();
  now = Date.UTC(2027, 0, 1);
  vi.useFakeTimers({ now });
  vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key), key: (index: number) => [...kept.keys()][index] ?? null, get length() { return kept.size; } });
  sessionStore.set({ user: { id: "u1" } } as never);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  sessionStore.set(undefined);
});

const form = { kind: "", content: "", anonymous: false, key: "own" };
type Form = typeof form;
const draft = (at: number, values: Partial<Form>): StoredDraft<Form> => ({ at, values: { ...form, ...values } });

describe("drafts about an object", () => {
  it("are mine only, of whatever form, with what was typed this moment", () => {
    writeDraft(draftPlace("ticket i1"), { at: now, values: { content: "a" } });
    writeDraft(draftPlace("ticket i2"), { at: now, values: { content: "b" } });
    sessionStore.set({ user: { id: "u2" } } as never);
    writeDraft(draftPlace("ticket i1"), { at: now, values: { content: "another user's" } });
    sessionStore.set({ user: { id: "u1" } } as never);
    const leave = joinPage(draftPlace("survey i1"), { save: () => writeDraft(draftPlace("survey i1"), { at: now, values: { grade: 5 } }), take: () => expect.unreachable() });
    expect(draftsAbout("i1")).toEqual([{ key: "ticket i1", at: now, values: { content: "a" } }, { key: "survey i1", at: now, values: { grade: 5 } }]);
    leave();
    dropDraftsAbout("i1");
    expect([draftsAbout("i1"), hasDraftAbout("i2"), kept.size]).toEqual([[], true, 2]);
    forgetDrafts();
    expect(kept.size).toBe(0);
  });

  it("are none after a day", () => {
    writeDraft(draftPlace("ticket i1"), { at: now, values: { content: "a" } });
    vi.setSystemTime(now + 25 * HOUR_MS);
    expect(draftsAbout("i1")).toEqual([]);
    expect(kept.size).toBe(0);
  });
});

describe("a colleague's draft", () => {
  it("goes into the form that is open, else waits for it in the storage", () => {
    const taken: StoredDraft[] = [];
    const leave = joinPage(draftPlace("ticket i1"), { save: () => undefined, take: (given) => void taken.push(given) });
    takeDrafts([{ key: "ticket i1", at: now, values: { content: "a" } }, { key: "survey i1", at: now, values: { grade: 4 } }]);
    expect(taken).toEqual([{ at: now, values: { content: "a" } }]);
    expect(readDraft(draftPlace("survey i1"))).toEqual({ at: now, values: { grade: 4 } });
    expect(readDraft(draftPlace("ticket i1"))).toBeUndefined();
    leave();
    takeDrafts([{ key: "ticket i1", at: now, values: { content: "b" } }]);
    expect(readDraft(draftPlace("ticket i1"))).toEqual({ at: now, values: { content: "b" } });
  });

  it("keeps what I have typed since, and the submission's key of the first agent: sent twice it is one ticket", () => {
    const given = draft(100, { kind: "complaint", content: "theirs", key: "theirs" });
    expect(joinDrafts(given, draft(200, { content: "mine" }), form)).toEqual({ at: 200, values: { kind: "complaint", content: "mine", anonymous: false, key: "theirs" } });
    expect(joinDrafts(given, undefined, form)).toEqual({ at: 100, values: given.values });
  });

  it("that comes back replaces my earlier one, but for fields the colleague left empty", () => {
    expect(joinDrafts(draft(300, { content: "later", key: "own" }), draft(200, { kind: "query", content: "earlier" }), form).values).toMatchObject({ kind: "query", content: "later" });
  });

  it("of a form that is not open: what is filled in counts as typed", () => {
    expect(joinDrafts(draft(100, { content: "theirs", kind: "complaint" }), draft(200, { content: "mine", key: "" })).values).toMatchObject({ kind: "complaint", content: "mine" });
  });

  it("is told by the number of fields filled in", () => {
    expect(countFilled([{ key: "ticket i1", at: 0, values: { kind: "complaint", content: " ", anonymous: true, confidential: false, tags: [], files: ["a"], grade: 0, key: "k" } }])).toBe(4);
  });
});
