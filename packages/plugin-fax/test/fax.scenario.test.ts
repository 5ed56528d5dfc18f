import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, READ_POOL, ROUTES, UNIT_OF_WORK } from "@hotlinejs/core";
import type { T38Port } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { tickets } from "@hotlinejs/plugin-tickets";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import { createTestHotline, FAKE_TELEPHONY, FakeDatagramPort } from "@hotlinejs/testing";
import type { FakeCall, TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ensureBuilt } from "../../media/test/built-worker.js";
import type { FaxPage, FaxResult } from "../src/domain/t30/machine.js";
import { encodeT6 } from "../src/domain/t6/encode-page.js";
import { fax, FAX } from "../src/index.js";
import type { ToTerminal } from "../src/worker/messages.js";
import { textPage } from "./support/sample-pages.js";

const flow: FlowDefinition = {
  id: "main",
  start: "menu",
  nodes: [
    { id: "menu", type: "menu", prompt: { text: "传真" }, keys: "12", on: { "1": "in", "2": "article", timeout: "bye", invalid: "bye" } },
    { id: "in", type: "fax", mode: "receive", on: { received: "thanks", failed: "sorry" } },
    { id: "article", type: "fax", mode: "article", on: { sent: "thanks", failed: "sorry", none: "sorry" } },
    { id: "thanks", type: "play", prompt: { text: "成功" }, next: "bye" },
    { id: "sorry", type: "play", prompt: { text: "失败" }, next: "bye" },
    { id: "bye", type: "hangup" },
  ],
};
const page: FaxPage = { resolution: "fine", coding: "t6", data: encodeT6(textPage(1, 120)) };
const result = (changes: Partial<FaxResult> = {}): FaxResult => ({ outcome: "ok", pages: 1, remoteId: "0571 8888", bitsPerSecond: 14_400, resentFrames: 0, ...changes });

/** The far end of a call as a fax machine: takes T.38, and the test speaks for the terminal in the worker. */
class FarMachine {
  readonly port: FakeDatagramPort;
  #over: (how: "released" | "remote" | "ended") => void = () => undefined;
  asked = 0;
  released = 0;

  constructor(readonly call: FakeCall) {
    this.port = new FakeDatagramPort(`port-of-${call.id}`);
    const over = new Promise<"released" | "remote" | "ended">((resolve) => (this.#over = resolve));
    void call.ended.then(() => this.#over("ended"));
    const t38: T38Port = {
      port: this.port, version: 0, maxBitRate: 14_400, maxDatagram: 400, redundancy: 3, over,
      release: async () => {
        this.released++;
        this.#over("released");
        return true;
      },
    };
    call.onT38 = async () => {
      this.asked++;
      return t38;
    };
  }

  get orders(): readonly ToTerminal[] {
    return this.port.posted as ToTerminal[];
  }

  done(changes: Partial<FaxResult> = {}): void {
    this.port.partSends({ type: "done", result: result(changes), counts: { received: 1, recovered: 0, lost: 0, duplicates: 0, malformed: 0 } });
  }
}

let dataDir: string;
let test: TestHotline | undefined;
const running = (): TestHotline => test as TestHotline;
let refuse = false;
const guard = definePlugin({
  name: "guard", version: "0.1.0", core: ">=0.1.0 <1.0.0", config: z.strictObject({}),
  register: ({ hooks }) => void hooks.callOutbound.tap(() => (refuse ? { refused: true, code: "test", message: "not today" } : undefined)),
});

beforeAll(() => ensureBuilt(join(import.meta.dirname, ".."), ["page-worker.js", "fax-part.js"]));
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "fax-"));
  refuse = false;
});
afterEach(async () => {
  await test?.close();
  test = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(options: Parameters<typeof fax>[0] = {}): Promise<void> {
  test = await createTestHotline({ dataDir, plugins: [guard(), tickets(), fax({ stationId: "12333", articles: [{ code: "1001", title: "参保", text: "参保怎么办理。" }], ...options }), ivr({ flows: [flow], routes: [{ flow: "main" }] })] });
}

const rows = <T = Record<string, unknown>>(sql: string): Promise<readonly T[]> => running().services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const faxes = (): Promise<readonly Record<string, unknown>[]> => rows("select state, outcome, attempts, pages, confirmed_pages, ref from fax_fax order by created_at, id");
/** Real time for the page worker, which virtual time waits for. */
const settle = (): Promise<void> => running().advance(2_000);

/** Waits for what depends on the page worker, which works in real time. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await running().advance(100);
  }
}

/** The exchange with this machine has begun: its pages were read, T.38 is agreed on. */
const began = (machine: FarMachine | undefined): Promise<void> => until(() => (machine?.orders.length ?? 0) > 0);

/** A machine that is called; `behave` is told of each call. */
function plug(number: string, behave: (machine: FarMachine) => void): FarMachine[] {
  const calls: FarMachine[] = [];
  running().services.get(FAKE_TELEPHONY).plug(`tel:${number}`, (call) => {
    const machine = new FarMachine(call);
    calls.push(machine);
    behave(machine);
  });
  return calls;
}

describe("a fax received in a call", () => {
  it("becomes a ticket with PDF and PNG, and the caller is thanked", async () => {
    await start();
    const caller = await running().dial("12333", { from: "057188886666" });
    const machine = new FarMachine(caller.call);
    await caller.press("1");
    await caller.hears("启动键");
    await running().advance(5_000);
    expect(machine.orders).toMatchObject([{ type: "begin", session: { role: "receive", localId: "12333", version: 0, redundancy: 3 } }]);
    machine.port.partSends({ type: "page", page });
    machine.port.partSends({ type: "page", page });
    machine.done({ pages: 2 });
    await caller.hears("您的传真已收到");
    expect(machine.released).toBe(1);
    await caller.hears("成功");
    await settle();
    const [row] = await faxes();
    expect(row).toMatchObject({ state: "received", outcome: "ok", pages: 2 });
    expect(row?.["ref"]).toMatch(/^ticket:/);
    const ticket = await running().services.get(TICKETS).get(String(row?.["ref"]).slice("ticket:".length));
    expect(ticket).toMatchObject({ source: "fax", contactNumber: "057188886666", summary: expect.stringContaining("收到传真2页") as string });
    expect(ticket?.files.map(({ contentType }) => contentType)).toEqual(["application/pdf", "image/png", "image/png"]);
    expect(await rows("select number, height, bad_lines from fax_page order by number")).toEqual([{ number: 1, height: 120, bad_lines: 0 }, { number: 2, height: 120, bad_lines: 0 }]);
  });

  it("shows the far number masked in lists, also where its machine calls itself by it, however that is written; other names stay", async () => {
    await start();
    const ask = async (path: string, params: object = {}): Promise<unknown> => {
      const route = running().services.get(ROUTES).find(({ route: each }) => each.method === "GET" && each.path === path)?.route;
      return route?.handler({ services: running().services, query: route.query?.parse({}), params, headers: {} } as never);
    };
    const ids = ["+86 571 8888 6666", "0571-88886666", "HAIYAN HRSS 1"];
    for (const remoteId of ids) {
      const caller = await running().dial("12333", { from: "057188886666" });
      const machine = new FarMachine(caller.call);
      await caller.press("1");
      await caller.hears("启动键");
      await running().advance(5_000);
      machine.port.partSends({ type: "page", page });
      machine.done({ remoteId });
      await settle();
      await caller.hangup();
      await settle();
    }
    const { items } = (await ask("/api/faxes")) as { items: readonly { id: string; remoteNumber: string; remoteId: string | null }[] };
    const shown = [["0571-8888****", "HAIYAN HRSS 1"], ["0571-8888****", "0571-8888****"], ["0571-8888****", "0571-8888****"]];
    expect(items.map(({ remoteNumber, remoteId }) => [remoteNumber, remoteId])).toEqual(shown);
    expect(await ask("/api/faxes/:id", { id: items[2]?.id })).toMatchObject({ remoteNumber: "0571-8888****", remoteId: "0571-8888****" });
    // The service itself knows it in full.
    expect(await running().services.get(FAX).get(items[2]?.id ?? "")).toMatchObject({ remoteId: "+86 571 8888 6666" });
  });

  it("that breaks off keeps its whole pages; one without a page has failed", async () => {
    await start();
    const caller = await running().dial("12333");
    const machine = new FarMachine(caller.call);
    await caller.press("1");
    await running().advance(5_000);
    machine.port.partSends({ type: "page", page });
    await caller.hangup();
    expect(machine.orders.at(-1)).toEqual({ type: "stop", cause: "gone" });
    machine.done({ outcome: "disconnected" });
    await settle();
    const second = await running().dial("12333");
    const other = new FarMachine(second.call);
    await second.press("1");
    await running().advance(5_000);
    // The part in the worker has died.
    other.port.fail();
    await second.hears("失败");
    await settle();
    expect(await faxes()).toMatchObject([{ state: "partial", outcome: "disconnected", pages: 1, ref: expect.stringMatching(/^ticket:/) as string }, { state: "failed", outcome: "disconnected", pages: 0, ref: null }]);
  });

  it("may be switched to T.38 by the far end instead", async () => {
    await start();
    const caller = await running().dial("12333");
    const machine = new FarMachine(caller.call);
    const { onT38 } = caller.call;
    caller.call.onT38 = () => Promise.reject(new Error("488"));
    await caller.press("1");
    await running().advance(3_000);
    await caller.hears("启动键");
    caller.call.tell({ type: "media-request", kind: "t38", accept: onT38, reject: () => undefined });
    await running().advance(100);
    expect(machine.asked).toBe(1);
    expect(machine.orders).toHaveLength(1);
    machine.done({ pages: 0, outcome: "no-answer" });
    await caller.hears("失败");
  });

  it("comes to a number of its own without a flow", async () => {
    await start({ receiveNumbers: ["57180000000"] });
    const caller = await running().dial("57180000000");
    const machine = new FarMachine(caller.call);
    // The call may be answered before the machine is in place: then our offer was refused, and the far end asks until it is heard.
    await until(() => {
      if (machine.asked === 0) caller.call.tell({ type: "media-request", kind: "t38", accept: caller.call.onT38, reject: () => undefined });
      return machine.orders.length > 0;
    });
    machine.port.partSends({ type: "page", page });
    machine.done();
    await until(() => caller.end !== undefined);
    expect(caller.end).toMatchObject({ by: "local" });
    expect(await faxes()).toMatchObject([{ state: "received", pages: 1 }]);
  });

  it("is adopted by the next process when the first one died", async () => {
    await start();
    const caller = await running().dial("12333");
    const machine = new FarMachine(caller.call);
    await caller.press("1");
    await running().advance(5_000);
    machine.port.partSends({ type: "page", page });
    await running().advance(100);
    const rewind = await rows<{ id: string }>("select id from fax_fax");
    await running().close();
    test = undefined;
    // What a crash leaves: the row as it was.
    await start();
    await running().services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("update fax_fax set state = 'receiving', ref = null, pdf_blob_id = null where id = ?", [rewind[0]?.id]));
    await running().close();
    test = undefined;
    await start();
    await settle();
    expect(await faxes()).toMatchObject([{ state: "partial", outcome: "process_restart", pages: 1 }]);
  });
});

describe("a fax sent", () => {
  const order = { to: "0571-8888 6666", document: { kind: "text", title: "通知", text: "您的材料已受理。" }, actor: "user-1" } as const;

  it("is tried again when busy, and only then sent", async () => {
    await start();
    let busy = true;
    const calls = plug("057188886666", ({ call }) => (busy ? call.finish("busy", "remote", 486) : void call.answer()));
    const made = await running().services.get(FAX).send(order);
    expect(made).toMatchObject({ state: "queued", pages: 1, remoteNumber: "057188886666" });
    await settle();
    expect(await faxes()).toMatchObject([{ state: "queued", outcome: "busy", attempts: 1 }]);
    busy = false;
    await running().advance(2 * 60_000);
    expect(calls).toHaveLength(2);
    // The called machine did not turn to T.38 by itself: we do.
    await began(calls[1]);
    expect(calls[1]?.asked).toBe(1);
    const [begin] = calls[1]?.orders ?? [];
    expect(begin).toMatchObject({ type: "begin", session: { role: "send", localId: "12333", pages: [{ coding: "t6", resolution: "fine" }] } });
    calls[1]?.done();
    await settle();
    expect(await faxes()).toMatchObject([{ state: "sent", outcome: "ok", attempts: 2, confirmed_pages: 1 }]);
    await running().advance(60 * 60_000);
    expect(calls).toHaveLength(2);
  });

  it("has failed after the last try, and after one that is hopeless", async () => {
    await start({ retryMinutes: [1] });
    const calls = plug("057188886666", ({ call }) => call.finish("busy", "remote", 486));
    plug("057188886667", (machine) => void machine.call.answer());
    await running().services.get(FAX).send(order);
    await running().advance(10 * 60_000);
    expect(calls).toHaveLength(2);
    const far = plug("057188886668", (machine) => void machine.call.answer());
    await running().services.get(FAX).send({ ...order, to: "057188886668" });
    await until(() => far.length > 0);
    await began(far[0]);
    far[0]?.done({ outcome: "incompatible", pages: 0 });
    await running().advance(10 * 60_000);
    expect(far).toHaveLength(1);
    expect(await faxes()).toMatchObject([{ state: "failed", outcome: "busy", attempts: 2 }, { state: "failed", outcome: "incompatible", attempts: 1 }]);
  });

  it("goes on with the pages that are not confirmed yet", async () => {
    await start();
    const calls = plug("057188886666", ({ call }) => void call.answer());
    await running().services.get(FAX).send({ ...order, document: { kind: "text", title: "长文", text: "很长的一段说明。".repeat(400) } });
    await until(() => calls.length > 0);
    await began(calls[0]);
    const sent = (calls[0]?.orders[0] as Extract<ToTerminal, { type: "begin" }>).session;
    const total = sent.role === "send" ? sent.pages.length : 0;
    expect(total).toBeGreaterThan(2);
    calls[0]?.done({ outcome: "disconnected", pages: 1 });
    await calls[0]?.call.hangup();
    await running().advance(2 * 60_000 + 10_000);
    await began(calls[1]);
    const again = (calls[1]?.orders[0] as Extract<ToTerminal, { type: "begin" }>).session;
    expect(again.role === "send" ? again.pages.length : 0).toBe(total - 1);
  });

  it("asks callOutbound before every call", async () => {
    await start();
    refuse = true;
    const calls = plug("057188886666", ({ call }) => void call.answer());
    await running().services.get(FAX).send(order);
    await running().advance(60 * 60_000);
    expect(calls).toHaveLength(0);
    expect(await faxes()).toMatchObject([{ state: "failed", outcome: "refused", attempts: 1 }]);
  });

  it("of which nobody knows whether it got out is uncertain, and never dialled again", async () => {
    await start();
    await running().services.get(FAX).send({ ...order, key: "k" });
    await settle();
    expect(await faxes()).toMatchObject([{ state: "queued", outcome: "unreachable", attempts: 1 }]);
    await expect(running().services.get(FAX).send({ ...order, key: "k" })).resolves.toMatchObject({ remoteNumber: "057188886666" });
    // What a crash in the middle of the call leaves.
    await running().services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("update fax_fax set state = 'sending', attempts = 1"));
    await running().close();
    test = undefined;
    await start();
    const calls = plug("057188886666", ({ call }) => void call.answer());
    await running().advance(60 * 60_000);
    expect(calls).toHaveLength(0);
    expect(await faxes()).toMatchObject([{ state: "uncertain", outcome: "process_restart", attempts: 1 }]);
  });

  it("goes nowhere it may not, nor too often", async () => {
    await start({ perNumberPerDay: 1, maxPages: 2 });
    const service = running().services.get(FAX);
    for (const to of ["0085212345678", "13800138000", "110", "4008888888"]) await expect(service.send({ ...order, to })).rejects.toMatchObject({ code: "HTL_FAX_BAD_NUMBER" });
    await expect(service.send({ ...order, document: { kind: "article", code: "9999" } })).rejects.toMatchObject({ code: "HTL_FAX_NO_ARTICLE" });
    await expect(service.send({ ...order, document: { kind: "pdf", title: "x", data: Buffer.from("no pdf") } })).rejects.toMatchObject({ code: "HTL_FAX_UNREADABLE" });
    await expect(service.send({ ...order, document: { kind: "image", title: "x", data: Buffer.from("no picture") } })).rejects.toMatchObject({ code: "HTL_FAX_UNREADABLE" });
    await expect(service.send({ ...order, document: { kind: "text", title: "x", text: "很长。\n".repeat(2_000) } })).rejects.toMatchObject({ code: "HTL_FAX_TOO_LONG" });
    await service.send(order);
    await expect(service.send(order)).rejects.toMatchObject({ code: "HTL_FAX_TOO_MANY" });
  });
});

describe("an article on demand", () => {
  it("is asked for, its number confirmed, and sent by a call of ours", async () => {
    await start();
    const calls = plug("057188886666", ({ call }) => void call.answer());
    const caller = await running().dial("12333");
    await caller.press("2");
    await caller.hears("资料编号");
    await caller.press("9999#");
    await caller.hears("没有这个编号");
    await caller.press("1001#");
    await caller.hears("如果您现在使用的就是传真机");
    await caller.press("2");
    await caller.hears("传真号码");
    await caller.press("057188886666#");
    await caller.hears("正确请按1");
    await caller.press("1");
    await until(() => caller.heard.some((text) => text.includes("已登记")));
    await caller.hears("成功");
    await until(() => calls.length > 0);
    await began(calls[0]);
    calls[0]?.done();
    await settle();
    expect(await faxes()).toMatchObject([{ state: "sent", pages: 1 }]);
    expect(await rows("select title, ordered_in is not null as ordered from fax_fax")).toMatchObject([{ title: "参保" }]);
  });

  it("comes in the same call to who sits at the machine", async () => {
    await start();
    const caller = await running().dial("12333", { from: "057188886666" });
    const machine = new FarMachine(caller.call);
    await caller.press("2");
    await caller.press("1001#");
    await caller.hears("如果您现在使用的就是传真机");
    await caller.press("1");
    await caller.hears("正在发送");
    await until(() => machine.orders.length > 0);
    expect(machine.orders).toMatchObject([{ type: "begin", session: { role: "send" } }]);
    machine.done();
    await caller.hears("成功");
    expect(await faxes()).toMatchObject([{ state: "sent", attempts: 1 }]);
  });

  it("is not sent to a number that may not be called", async () => {
    await start();
    const caller = await running().dial("12333");
    await caller.press("2");
    await caller.press("1001#");
    await caller.press("2");
    await caller.hears("传真号码");
    await caller.press("00852123456#1");
    await caller.hears("失败");
    expect(await faxes()).toEqual([]);
  });
});
