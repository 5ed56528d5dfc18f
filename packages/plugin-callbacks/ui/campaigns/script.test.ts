import { expect, it } from "vitest";
import { filledScript } from "./script.js";

it("a script has the values of the person, and shows what is missing", () => {
  expect(filledScript("{{name}}，{{ 金额 | money }} 元，{{街道}}", { name: "王芳", 金额: "1280" })).toBe("王芳，1280 元，{{街道}}");
  expect(filledScript("没有可填的 { {", {})).toBe("没有可填的 { {");
});
