import { describe, expect, it } from "vitest";
import { checkPassword } from "./password-policy.js";

function codeOf(username: string, password: string): string | undefined {
  try {
    checkPassword(username, password);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("checkPassword", () => {
  it.each(["demo-admin", "demo-1001", "正确的马电池订书钉", "correct horse battery", "x".repeat(10) + "yz"])("takes %s", (password) => {
    expect(codeOf("someone", password)).toBeUndefined();
  });

  it.each([
    ["", "HTL_DIRECTORY_PASSWORD_EMPTY"],
    ["short7!", "HTL_DIRECTORY_PASSWORD_WEAK"],
    ["Password", "HTL_DIRECTORY_PASSWORD_WEAK"],
    ["aaaaaaaaaaaa", "HTL_DIRECTORY_PASSWORD_WEAK"],
    ["Wang.Xiaoming", "HTL_DIRECTORY_PASSWORD_WEAK"],
    ["tab\tinside-it", "HTL_DIRECTORY_PASSWORD_WEAK"],
    ["é1".repeat(100), "HTL_DIRECTORY_PASSWORD_WEAK"],
    // Seven characters in fourteen UTF-16 units.
    ["😀😁😂🤣😃😄😅", "HTL_DIRECTORY_PASSWORD_WEAK"],
  ])("refuses %j", (password, code) => {
    expect(codeOf("wang.xiaoming", password)).toBe(code);
  });
});
