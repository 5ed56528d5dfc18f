import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { comeForward } from "./come-forward.js";

const text = { title: "通话在这个窗口", body: "点这里回到通话" };
let notices: { readonly title: string; closed: boolean; onclick: (() => void) | null; close(): void }[];
let focused: number;
const page = { hidden: true, title: "坐席台", looks: new Set<() => void>(), addEventListener: (_: string, look: () => void): void => void page.looks.add(look), removeEventListener: (_: string, look: () => void): void => void page.looks.delete(look) };
const look = (): void => {
  page.hidden = false;
  for (const each of [...page.looks]) each();
};

beforeEach(() => {
  [notices, focused, page.hidden, page.title] = [[], 0, true, "坐席台"];
  page.looks.clear();
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", { focus: () => void (focused += 1) });
  const made = notices;
  vi.stubGlobal("Notification", class {
    static permission = "granted";
    closed = false;
    onclick: (() => void) | null = null;
    constructor(readonly title: string) {
      made.push(this);
    }
    close(): void {
      this.closed = true;
    }
  });
});
afterEach(() => vi.unstubAllGlobals());

describe("the tab that is the phone is wanted", () => {
  it("marks its title and shows a notice until it is seen; a click on the notice brings it", () => {
    comeForward(text);
    expect([page.title, notices.map(({ title }) => title)]).toEqual(["● 坐席台", ["通话在这个窗口"]]);
    expect(focused).toBe(1);
    notices[0]?.onclick?.();
    expect([focused, notices[0]?.closed]).toEqual([2, true]);
    comeForward(text);
    expect(page.title).toBe("● 坐席台");
    look();
    expect([page.title, notices[1]?.closed, page.looks.size]).toEqual(["坐席台", true, 0]);
  });

  it("one that is seen already, or came by itself, does nothing", () => {
    page.hidden = false;
    comeForward(text);
    expect([page.title, notices]).toEqual(["坐席台", []]);
  });

  it("where no notices are allowed the title is marked", () => {
    vi.stubGlobal("Notification", { permission: "denied" });
    comeForward(text);
    expect(page.title).toBe("● 坐席台");
    look();
    expect(page.title).toBe("坐席台");
  });
});
