import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUSINESS_SYSTEM, READ_POOL, UNIT_OF_WORK, type Plugin } from "@hotlinejs/core";
import { business, type BusinessOptions } from "@hotlinejs/plugin-business-systems";
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { tickets } from "@hotlinejs/plugin-tickets";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { portal } from "../src/index.js";

let dataDir: string;
let test: TestHotline;

const start = (options: Parameters<typeof portal>[0] = {}, without: readonly string[] = []): Promise<TestHotline> =>
  createTestHotline({ dataDir, plugins: [directory(), http({ port: 0 }), ...(without.includes("tickets") ? [] : [tickets()]), portal({ agency: "海晏市12333", districts: [{ code: "301", name: "望潮区" }], ...options })] });

/** A browser without JavaScript. */
class Browser {
  readonly cookies = new Map<string, string>();
  page = "";
  status = 0;
  path = "";

  get text(): string {
    return this.page.replace(/<style[\s\S]*?<\/style>|<[^>]+>/g, " ").replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))).replace(/\s+/g, " ");
  }
  get title(): string {
    return /<title>([^<]*)/.exec(this.page)?.[1] ?? "";
  }
  /** Value of a field as it stands in the page. */
  value(name: string): string | undefined {
    const decode = (text: string | undefined): string | undefined => text?.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
    return decode(new RegExp(`<input[^>]*name="${name}"[^>]* value="([^"]*)"`).exec(this.page)?.[1] ?? new RegExp(`<textarea[^>]*name="${name}"[^>]*>\\n?([^<]*)`).exec(this.page)?.[1]);
  }
  async open(path: string, form?: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const base = test.services.get(HTTP_SERVER).url ?? "";
    const response = await fetch(`${base}${path}`, {
      redirect: "manual",
      method: form === undefined ? "GET" : "POST",
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "), ...(form === undefined ? {} : { origin: base }), ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      this.cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    this.page = await response.text();
    this.status = response.status;
    this.path = path;
    const location = response.headers.get("location");
    if (location !== null) return this.open(location);
  }
  /** Fills in all of it. */
  async fill(answers: { kind?: string; content?: string; contact?: Readonly<Record<string, string>> } = {}): Promise<void> {
    await this.open("/portal/file");
    await this.open("/portal/file/kind", { kind: answers.kind ?? "complaint" });
    await this.open("/portal/file/what", { summary: "电子厂拖欠工资", content: answers.content ?? "三个月没有发工资" });
    await this.open("/portal/file/where", { district: "301", place: "滨海路 8 号" });
    await this.open("/portal/file/contact", answers.contact ?? { name: "王秀兰", phone: "138 0013 8001", email: "w@example.test" });
  }
}

let browser: Browser;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-portal-"));
  test = await start();
  browser = new Browser();
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));

describe("filing a request", () => {
  it("asks one thing a page, shows all of it, and gives serial number and code that open it", async () => {
    await browser.open("/portal");
    expect(browser.text).toContain("提交诉求");
    await browser.fill();
    expect(browser.path).toBe("/portal/file/check");
    for (const answer of ["投诉", "电子厂拖欠工资", "三个月没有发工资", "望潮区", "滨海路 8 号", "王秀兰", "138 0013 8001"]) expect(browser.text).toContain(answer);
    await browser.open("/portal/file/check", {});
    expect(browser.path).toBe("/portal/done");
    const serial = /流水号 (\d{6} \d{5} \d)/.exec(browser.text)?.[1] ?? "";
    const code = /查询码 (\d{6})/.exec(browser.text)?.[1] ?? "";
    const ticket = await test.services.get(TICKETS).findBySerial(serial.replaceAll(" ", ""));
    expect(ticket).toMatchObject({ kind: "complaint", source: "web", status: "received", summary: "电子厂拖欠工资", content: "三个月没有发工资\n\n发生地点：望潮区 滨海路 8 号", contactName: "王秀兰", contactNumber: "13800138001", contactEmail: "w@example.test" });
    await test.advance(100);
    expect(await rows(`select channel, end_reason from core_interaction where id = '${ticket?.interactionId ?? ""}'`)).toEqual([{ channel: "web", end_reason: "finished" }]);

    const other = new Browser();
    await other.open("/portal/status", { serial, code });
    expect(other.title).toContain("查询办理进度");
    expect(other.text).toContain(ticket?.statusName ?? "?");
    expect(other.text).toContain("尚未答复");
  });

  it("asks for codes of as many digits as tickets give", async () => {
    await test.close();
    test = await createTestHotline({ dataDir, plugins: [directory(), http({ port: 0 }), tickets({ queryCode: { digits: 8 } }), portal()] });
    const { serial, queryCode } = await test.services.get(TICKETS).create({ kind: "complaint", source: "agent", actor: "u1" });
    expect(queryCode).toMatch(/^\d{8}$/);
    await browser.open("/portal/status", { serial, code: queryCode });
    expect(browser.status).toBe(200);
    expect(browser.text).toContain("已受理");
  });

  it("pressed twice, in two tabs, or again after a restart, is one ticket", async () => {
    await browser.fill();
    const second = new Browser();
    for (const [name, value] of browser.cookies) second.cookies.set(name, value);
    await Promise.all([browser.open("/portal/file/check", {}), second.open("/portal/file/check", {})]);
    await test.close();
    test = await start();
    await browser.open("/portal/file/check", {});
    expect(browser.path).toBe("/portal/done");
    expect(second.text).toContain(/流水号 \d{6} \d{5} \d/.exec(browser.text)?.[0] ?? "?");
    expect(await rows("select serial from tickets_ticket")).toHaveLength(1);
    await test.advance(16 * 60_000);
    await browser.open("/portal/done");
    expect(browser.path).toBe("/portal");
  });

  it("loses nothing that was typed: not when it is wrong, not on the way back, not over a restart", async () => {
    await browser.open("/portal/file");
    await browser.open("/portal/file/kind", { kind: "complaint" });
    const long = "字".repeat(81);
    await browser.open("/portal/file/what", { summary: long, content: "<script>alert('x')</script>\n第二行 \"引号\"" });
    expect(browser.status).toBe(422);
    expect(browser.title).toMatch(/^错误：/);
    expect(browser.text).toContain("有 1 处需要修改");
    expect(browser.text).toContain("最多 80 字，现在是 81 字");
    expect(browser.page).toContain('aria-invalid="true"');
    expect(browser.page).not.toContain("<script>");
    expect(browser.value("summary")).toBe(long);
    expect(browser.value("content")).toBe("<script>alert('x')</script>\n第二行 \"引号\"");
    await browser.open("/portal/file/what", { summary: "短", content: "内容" });
    await browser.open("/portal/file/contact", { name: "王", phone: "138001380", email: "" });
    expect(browser.text).toContain("手机号是 11 位数字，现在是 9 位");
    await test.close();
    test = await start();
    await browser.open("/portal/file/contact");
    expect([browser.value("name"), browser.value("phone")]).toEqual(["王", "138001380"]);
    await browser.open("/portal/file/what");
    expect(browser.value("summary")).toBe("短");
  });

  it("cannot be skipped ahead, and what lay too long is gone", async () => {
    await browser.open("/portal/file");
    await browser.open("/portal/file/check");
    expect(browser.path).toBe("/portal/file/kind");
    await browser.open("/portal/file/check", {});
    expect(browser.path).toBe("/portal/file/kind");
    await browser.fill();
    await test.advance(121 * 60_000);
    await browser.open("/portal/file/check", {});
    expect(browser.text).toContain("填写已过期");
    await test.advance(20 * 60_000);
    expect(await rows("select id from portal_draft")).toEqual([]);
    expect(await rows("select serial from tickets_ticket")).toEqual([]);
  });

  it("anonymously keeps neither name nor number; other natures want a contact", async () => {
    await browser.fill({ kind: "report", contact: { anonymous: "yes", name: "不该留下", phone: "13800138007" } });
    expect(browser.text).not.toContain("不该留下");
    await browser.open("/portal/file/check", {});
    const serial = (/流水号 (\d{6} \d{5} \d)/.exec(browser.text)?.[1] ?? "").replaceAll(" ", "");
    expect(await test.services.get(TICKETS).findBySerial(serial)).toMatchObject({ kind: "report", anonymous: true, contactName: null, contactNumber: null });
    expect(JSON.stringify(await rows("select * from core_interaction"))).not.toContain("13800138007");
    const other = new Browser();
    await other.fill({ kind: "complaint", contact: { anonymous: "yes" } });
    expect(other.text).toContain("只有举报可以匿名");
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ["a report", "report", { name: "张三", phone: "13800138007" }],
    ["what is to be confidential", "complaint", { name: "张三", phone: "13800138007", confidential: "yes" }],
  ])("of %s leaves no trace of who it was where many may read", async (_what, kind, contact) => {
    await browser.fill({ kind, contact });
    await browser.open("/portal/file/check", {});
    const serial = (/流水号 (\d{6} \d{5} \d)/.exec(browser.text)?.[1] ?? "").replaceAll(" ", "");
    const ticket = await test.services.get(TICKETS).findBySerial(serial);
    expect(ticket).toMatchObject({ contactNumber: "13800138007", confidentiality: "confidential" });
    await test.advance(100);
    const kept = JSON.stringify([await rows("select * from core_interaction"), await rows("select * from core_interaction_event"), await rows("select * from core_notification")]);
    expect(kept).not.toContain("13800138007");
    expect(kept).not.toContain(ticket?.id);
  });

  it("keeps what citizens write sealed until it is a ticket", async () => {
    await browser.fill({ content: "秘密内容" });
    expect(JSON.stringify(await rows("select * from portal_draft"))).not.toContain("秘密内容");
    expect(JSON.stringify(await rows("select * from portal_draft"))).not.toContain(browser.cookies.get("hotline_portal") ?? "?");
  });

  it("is refused to pages of other sites, to floods, and told when there are no tickets", async () => {
    await browser.fill();
    await browser.open("/portal/file/check", {}, { origin: "https://evil.example" });
    expect(browser.status).toBe(403);
    await test.close();
    test = await start({ filingsPerHour: 1 });
    for (let i = 0; i < 2; i++) {
      browser = new Browser();
      await browser.fill();
      await browser.open("/portal/file/check", {});
    }
    expect(browser.status).toBe(429);
    expect(browser.text).toContain("提交过于频繁");
    await test.advance(3_600_000);
    await browser.open("/portal/file/check", {});
    expect(browser.path).toBe("/portal/done");
    await test.close();
    test = await start({}, ["tickets"]);
    await browser.open("/portal/file");
    expect(browser.status).toBe(503);
    expect(browser.text).toContain("请拨打 12333");
  });
});

describe("looking up a request", () => {
  it("tells what is wrong, does not tell which, and locks", async () => {
    const { serial, queryCode } = await test.services.get(TICKETS).create({ kind: "complaint", source: "phone", summary: "x", contactNumber: "13800138001", actor: "u1" });
    const wrong = String((Number(queryCode) + 1) % 1_000_000).padStart(6, "0");
    await browser.open("/portal/status", { serial: "2609", code: "12" });
    expect(browser.text).toContain("流水号是 12 位数字，现在是 4 位");
    await browser.open("/portal/status", { serial, code: wrong });
    expect(browser.text).toContain("流水号或查询码不正确，还可以再试 2 次");
    await browser.open("/portal/status", { serial: serial.slice(0, 6) + "999999", code: queryCode });
    expect(browser.text).toContain("流水号或查询码不正确");
    await browser.open("/portal/status", { serial, code: wrong });
    await browser.open("/portal/status", { serial, code: queryCode });
    expect(browser.status).toBe(429);
    expect(browser.text).toContain("输错次数过多");
  });
});

describe("a citizen's own record", () => {
  const person = "99010119850312024X";
  const asked: string[] = [];
  /** The department's system: one person with one PIN. */
  const records = (more: Partial<NonNullable<BusinessOptions["kinds"]>[number]> = {}): Plugin =>
    business({
      systems: [{ key: "insurance", baseUrl: "https://insurance.test" }],
      kinds: [
        {
          key: "pension",
          name: "养老保险个人账户",
          nameEn: "Pension account",
          system: "insurance",
          path: "/pension",
          keys: [{ name: "idNumber", label: "身份证号码", labelEn: "Identity number", length: 18, pattern: "\\d{17}[\\dX]", prompt: { text: "号码" } }],
          proof: { name: "pin", label: "查询密码", length: 6, pattern: "\\d{6}", prompt: { text: "密码" } },
          fields: [
            { name: "asOf", label: "截至", type: "date" },
            { name: "months", label: "累计缴费月数", type: "number" },
            { name: "amount", label: "个人账户储存额", labelEn: "Balance", type: "money" },
          ],
          ...more,
        },
      ],
      transport: ({ body }) => {
        asked.push(body ?? "");
        if (body?.includes("500000") === true) return Promise.reject(new Error("down"));
        const right = body === JSON.stringify({ idNumber: person, pin: "246810" });
        return Promise.resolve(right ? { status: 200, body: JSON.stringify({ asOf: "2026-02-28", months: 1312, amount: "86420.50", bank: "6222" }) } : { status: 404, body: "{}" });
      },
    });
  const withRecords = async (plugin: Plugin = records()): Promise<void> => {
    await test.close();
    asked.length = 0;
    test = await createTestHotline({ dataDir, plugins: [directory(), http({ port: 0 }), portal({ agency: "海晏市12333" }), plugin] });
  };
  const look = (idNumber: string, proof: string): Promise<void> => browser.open("/portal/records/pension", { "key-idNumber": idNumber, proof });

  it("is shown after number and PIN, the number masked, and kept nowhere", async () => {
    await withRecords();
    await browser.open("/portal");
    expect(browser.text).toContain("查询个人账户");
    await browser.open("/portal/records");
    expect(browser.path).toBe("/portal/records/pension");
    await look("990101 19850312 024x", "246810");
    expect(browser.status).toBe(200);
    expect(browser.text).toContain("¥86,420.50");
    expect(browser.text).toContain("1,312");
    expect(browser.text).toContain("2026年2月28日");
    expect(browser.text).toContain("990*************4X");
    for (const secret of [person, "246810", "6222"]) expect(browser.page).not.toContain(secret);
    const database = readFileSync(join(dataDir, "hotline.db")).toString("latin1");
    expect(database).not.toContain(person);
    expect(database).not.toContain("246810");
    expect((await rows<{ details: string }>("select details from core_audit where action = 'business.lookup'"))[0]?.details).toContain('"channel":"web"');
  });

  it("tells what is wrong beside the field, keeps the number and forgets the PIN", async () => {
    await withRecords();
    await look("99010119850312", "24681");
    expect(browser.status).toBe(422);
    expect(browser.text).toContain("身份证号码应为 18 位，现在是 14 位");
    expect(browser.text).toContain("查询密码应为 6 位");
    expect(browser.value("key-idNumber")).toBe("99010119850312");
    expect(browser.page).not.toContain("24681");
    await look("99010119850312O24X".slice(0, 18), "246810");
    expect(browser.text).toContain("不能识别的字符");
    expect(asked).toEqual([]);
  });

  it("locks after three wrong PINs, for the telephone as well; an unknown person looks the same", async () => {
    await withRecords();
    await look(person, "111111");
    expect(browser.text).toContain("还可以再试 2 次");
    const wrong = browser.text.replaceAll(person, "");
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("delete from business_lookup_lock"));
    await look("990101196605080132", "111111");
    expect(browser.text.replaceAll("990101196605080132", "")).toBe(wrong);
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("delete from business_lookup_lock"));
    for (const pin of ["111111", "222222", "333333"]) await look(person, pin);
    expect(browser.status).toBe(429);
    await look(person, "246810");
    expect(browser.status).toBe(429);
    expect(browser.text).toContain("输错次数过多");
    const phone = { channel: "phone", from: "13800138000", actor: "citizen" } as const;
    expect(await test.services.get(BUSINESS_SYSTEM).lookup({ kind: "pension", keys: { idNumber: person }, proof: "246810", asker: phone })).toMatchObject({ outcome: "locked" });
  });

  it("says so when the system does not answer, and that nobody was wrong", async () => {
    await withRecords();
    await look(person, "500000");
    expect(browser.status).toBe(503);
    expect(browser.text).toContain("您没有输错");
    expect(await rows("select * from business_lookup_lock")).toEqual([]);
  });

  it("is in English when wished", async () => {
    await withRecords();
    await browser.open("/portal/settings?lang=en&back=/portal/records/pension");
    expect(browser.title).toContain("Pension account");
    await look(person, "246810");
    expect(browser.text).toContain("Balance ¥86,420.50");
  });

  it("says values that are words in English where it knows them, and marks the others as Chinese", async () => {
    const state = (wordsEn: Readonly<Record<string, string>>) => records({ fields: [{ name: "months", label: "参保状态", labelEn: "State", words: { "1312": "正常参保" }, wordsEn }] });
    await withRecords(state({ "1312": "Paying in" }));
    await browser.open("/portal/settings?lang=en&back=/portal/records/pension");
    await look(person, "246810");
    expect(browser.text).toContain("State Paying in");
    expect(browser.page).not.toContain("正常参保");
    await withRecords(state({}));
    await look(person, "246810");
    expect(browser.page).toContain('<dd><span lang="zh-CN">正常参保</span></dd>');
    await browser.open("/portal/settings?lang=zh-CN&back=/portal/records/pension");
    await look(person, "246810");
    expect(browser.page).toContain("<dd>正常参保</dd>");
  });

  it("is not offered where nobody proves who they are, nor without the plugin", async () => {
    await withRecords(records({ proof: undefined }));
    await browser.open("/portal");
    expect(browser.text).not.toContain("查询个人账户");
    await look(person, "246810");
    expect(browser.status).toBe(503);
    expect(asked).toEqual([]);
  });
});

describe("how pages are shown", () => {
  it("in large print and English when wished, without leading elsewhere", async () => {
    await browser.open("/portal/settings?size=large&back=/portal/status");
    expect(browser.path).toBe("/portal/status");
    expect(browser.page).toContain('class="large"');
    await browser.open("/portal/settings?lang=en&back=https://evil.example/portal");
    expect(browser.path).toBe("/portal");
    expect(browser.page).toContain('<html lang="en" class="large">');
    expect(browser.text).toContain("File a request");
    const { serial, queryCode } = await test.services.get(TICKETS).create({ kind: "complaint", source: "agent", actor: "u1" });
    await browser.open("/portal/status", { serial, code: queryCode });
    expect(browser.text).toContain("State Accepted");
    expect(browser.page).not.toContain("已受理");
    await browser.open("/portal/settings?lang=en&back=//evil.example");
    expect(browser.path).toBe("/portal");
  });

  it("with one style sheet, kept for a year, and no script at all", async () => {
    await browser.open("/portal");
    const sheet = /href="(\/portal\/assets\/[^"]+)"/.exec(browser.page)?.[1] ?? "";
    const response = await fetch(`${test.services.get(HTTP_SERVER).url ?? ""}${sheet}`);
    expect(response.headers.get("content-type")).toContain("text/css");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect((await response.text()).length).toBeLessThan(8_000);
    expect(browser.page).not.toContain("<script");
  });
});
