import { expect, it } from "vitest";
import { marked } from "./foreign-text.js";

it("marks Chinese on a page in English, and nothing else", () => {
  expect(marked("已受理", "en").markup).toBe('<span lang="zh-CN">已受理</span>');
  expect(marked("Accepted", "en").markup).toBe("Accepted");
  expect(marked("已受理", "zh-CN").markup).toBe("已受理");
  expect(marked("<b>办理", "en").markup).toBe('<span lang="zh-CN">&#60;b&#62;办理</span>');
});
