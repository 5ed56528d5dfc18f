import { afterEach, describe, expect, it } from "vitest";
import insurance from "../data/social-insurance.json" with { type: "json" };
import { VirtualExample } from "./support/virtual-example.js";

let example: VirtualExample;
afterEach(() => example.close());

const [person] = insurance.accounts;
if (person === undefined) throw new Error("no made-up accounts");

/** 2-8, identity number and PIN. */
async function ask(idNumber: string, pin: string, from?: string): ReturnType<VirtualExample["call"]> {
  const caller = await example.call("28", from);
  await caller.hears("请输入十八位身份证号码");
  await caller.press(`${idNumber}#`);
  await caller.hears("请输入六位查询密码");
  await caller.press(`${pin}#`);
  return caller;
}

describe("2-8, the account at the social-insurance bureau", () => {
  it("is said after identity number and PIN, asked over HTTP from the service beside the hotline", async () => {
    example = await VirtualExample.start();
    const caller = await ask(person.idNumber, person.pin);
    await caller.hears(`累计缴费${person.months}个月，个人账户储存额${Number(person.balance)}`);
    await caller.hears("返回自动服务请按1");
    await caller.hangup();
    await example.test.advance(20_000);
    expect(await example.path()).toEqual(["greet:done", "main:2", "auto:8", "account:found", "more:gone"]);
    expect(await example.leftovers()).toEqual([]);
    expect(example.complaints).toEqual([]);
  });

  it("is not said for a wrong PIN; the third locks", async () => {
    example = await VirtualExample.start();
    const caller = await ask(person.idNumber, "000000");
    for (const left of [2, 1]) {
      await caller.hears(`再试${left}次`);
      await caller.hears("请输入十八位身份证号码");
      await caller.press(`${person.idNumber}#`);
      await caller.hears("请输入六位查询密码");
      await caller.press("000000#");
    }
    await caller.hears("输入错误次数过多");
    expect(caller.heard.join()).not.toContain("累计缴费");
    expect(example.complaints).toEqual([]);
  });

  it("is told to be unavailable when the service is not there, and the menu goes on", async () => {
    example = await VirtualExample.start({ without: ["http", "social-insurance"] });
    const caller = await ask(person.idNumber, person.pin);
    await caller.hears("查询系统暂时不能使用");
    await caller.hears("返回自动服务请按1");
  });

  it("no identity number of the made-up people is a real one's", () => {
    for (const { idNumber } of insurance.accounts) {
      expect(idNumber).toMatch(/^99/);
      const sum = [...idNumber.slice(0, 17)].reduce((total, digit, index) => total + Number(digit) * (2 ** (17 - index) % 11), 0);
      expect("10X98765432"[sum % 11]).not.toBe(idNumber[17]);
    }
  });
});
