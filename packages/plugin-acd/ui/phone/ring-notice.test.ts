import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall } from "../../src/contract.js";
import { askForNotices, noticePermission, RingNotice } from "./ring-notice.js";

let shown: FakeNotice[];
let asked: number;
let focused: number;
class FakeNotice {
  static permission: NotificationPermission = "granted";
  static requestPermission(): Promise<NotificationPermission> {
    asked += 1;
    FakeNotice.permission = "granted";
    return Promise.resolve("granted");
  }
  readonly tag: string;
  readonly body: string;
  readonly title: string;
  closed = false;
  onclick: (() => void) | null = null;
  constructor(title: string, { tag, body }: { tag: string; body: string }) {
    this.title = title;
    this.tag = tag;
    this.body = body;
    shown.push(this);
  }
  close(): void {
    this.closed = true;
  }
}

const page = { hidden: true, look: undefined as (() => void) | undefined, addEventListener: (_: string, listener: () => void): void => void (page.look = listener), removeEventListener: (): void => void (page.look = undefined) };
const text = { incoming: "来电", unknownNumber: "号码未显示" };
const call = (more: Partial<AgentCall> = {}): AgentCall => ({ interactionId: "a", state: "ringing", joining: false, citizenNumber: "13812345678", queueName: "社保咨询", ...more }) as AgentCall;
let notice: RingNotice;

beforeEach(() => {
  [shown, asked, focused, page.hidden, FakeNotice.permission] = [[], 0, 0, true, "granted"];
  vi.stubGlobal("Notification", FakeNotice);
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", { focus: () => void (focused += 1) });
  notice = new RingNotice();
});
afterEach(() => {
  notice.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
const open = (): readonly FakeNotice[] => shown.filter(({ closed }) => !closed);

describe("a notice on the desktop", () => {
  it("tells of a ring while the page is hidden, once, with a masked number, and goes with the ring", () => {
    notice.follow(call(), text);
    notice.follow(call({ ringUntil: 9 }), text);
    expect(shown.map(({ title, body }) => [title, body])).toEqual([["来电", "138****5678 · 社保咨询"]]);
    notice.follow(call({ state: "talking" }), text);
    expect(open()).toEqual([]);
    notice.follow(call({ interactionId: "b", citizenNumber: "", queueName: null }), text);
    expect(open().map(({ body }) => body)).toEqual(["号码未显示"]);
    notice.follow(null, text);
    expect(open()).toEqual([]);
  });

  it("comes and goes with the sight of the page while it rings", () => {
    page.hidden = false;
    notice.follow(call(), text);
    expect(shown).toEqual([]);
    page.hidden = true;
    page.look?.();
    expect(open()).toHaveLength(1);
    page.hidden = false;
    page.look?.();
    expect(open()).toEqual([]);
  });

  it("is about rings only, not about a call that is just being joined", () => {
    for (const more of [{ state: "dialling" }, { state: "held" }, { joining: true }] as const) notice.follow(call(more), text);
    expect(shown).toEqual([]);
  });

  it("brings the page back at a click", () => {
    notice.follow(call(), text);
    shown[0]?.onclick?.();
    expect([focused, open()]).toEqual([1, []]);
  });

  it("is never asked for by itself, and not shown without leave", async () => {
    FakeNotice.permission = "default";
    notice.follow(call(), text);
    expect([shown, asked, noticePermission()]).toEqual([[], 0, "default"]);
    expect(await askForNotices()).toBe("granted");
    notice.follow(call(), text);
    expect(open()).toHaveLength(1);
  });

  it("nothing breaks in a browser that has none, or gives none to pages", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.stubGlobal("Notification", Object.assign(class { constructor() { throw new TypeError("Illegal constructor"); } }, { permission: "granted" }));
    notice.follow(call(), text);
    expect(warned).toHaveBeenCalledTimes(1);
    vi.stubGlobal("Notification", undefined);
    notice.follow(call(), text);
    expect([noticePermission(), await askForNotices()]).toEqual(["unknown", "unknown"]);
  });

  it("is gone with the page's bar", () => {
    notice.follow(call(), text);
    notice.close();
    expect([open(), page.look]).toEqual([[], undefined]);
  });
});
