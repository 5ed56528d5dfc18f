import { describe, expect, it } from "vitest";
import { httpConfig } from "../config.js";
import { homePage, type HomeParts } from "./home-page.js";

const shown = (parts: Partial<HomeParts> = {}): string => homePage({ name: "demo", language: "zh-CN", home: httpConfig.parse({}).home, present: () => true, demo: false, ...parts });
const home = httpConfig.parse({
  home: { title: "热线", titleEn: "Hotline", note: "一行", actions: [{ plugin: "console", href: "/console", newTab: true, title: "坐席", text: "接听", label: "打开<它>", labelEn: "Open", demo: { username: "1001", password: "demo-1001" } }] },
}).home;

describe("the page at /", () => {
  it("leads to what is there, and to nothing else", () => {
    expect(shown()).toMatch(/href="\/portal"[\s\S]*href="\/console"/);
    const bare = shown({ present: () => false });
    expect(bare).not.toContain("/portal");
    expect(bare).not.toContain("/console");
    expect(bare).toContain("/api/health");
  });

  it("tells a published account only where it is good", () => {
    expect(shown({ home, demo: true })).toContain("演示账号 <code>1001</code>，密码 <code>demo-1001</code>");
    expect(shown({ home, demo: false })).not.toContain("demo-1001");
  });

  it("shows configured words as words, in the language asked for; what has no English is shown in Chinese", () => {
    const chinese = shown({ home });
    expect(chinese).toContain("打开&#60;它&#62;</a>");
    expect(chinese).toContain('target="_blank" rel="noopener"');
    const english = shown({ home, language: "en" });
    expect(english).toContain('<html lang="en">');
    expect(english).toContain("<h1>Hotline</h1>");
    expect(english).toContain(">Open</a>");
    expect(english).toContain("<h2>坐席</h2>");
    expect(english).toContain('href="/?lang=zh-CN"');
  });

  it.each(["//evil.example", "https://evil.example", "console"])("does not lead to other sites: %s is refused", (href) => {
    expect(httpConfig.safeParse({ home: { actions: [{ plugin: "p", href, title: "t", label: "l" }] } }).success).toBe(false);
  });
});
