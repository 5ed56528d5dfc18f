import { describe, expect, it } from "vitest";
import { decodeText, listOf } from "./csv.js";

describe("lists of people", () => {
  it("are read as UTF-8, and as GB 18030 when they are not", () => {
    expect(decodeText(new TextEncoder().encode("号码,姓名"))).toBe("号码,姓名");
    expect(decodeText(Uint8Array.from([0xba, 0xc5, 0xc2, 0xeb]))).toBe("号码");
  });

  it("keep their line of names, and are not counted with it", () => {
    expect(listOf("号码,姓名\r\n13800138001,王芳\r\n\r\n")).toEqual({ csv: "号码,姓名\r\n13800138001,王芳\r\n\r\n", added: 0, lines: 1 });
  });

  it("get a line of names when they begin with a number, however it is written", () => {
    for (const first of ["13800138001", "+86 138 0013 8001", "（0571）88886666", "１３８００１３８００１", '"13800138001",王芳']) expect(listOf(`${first}\n13800138002`)).toMatchObject({ csv: `number,name\n${first}\n13800138002`, added: 1, lines: 2 });
  });

  it("copied from a spreadsheet become CSV: what holds a comma or a quotation mark is quoted", () => {
    expect(listOf('号码\t姓名\t说明\n13800138001\t王芳\t1,280 元的"补贴"').csv).toBe('号码,姓名,说明\n13800138001,王芳,"1,280 元的""补贴"""');
  });

  it("that are empty have no people", () => {
    expect(listOf("").lines).toBe(0);
    expect(listOf("\uFEFF号码").lines).toBe(0);
  });
});
