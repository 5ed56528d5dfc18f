import { afterEach, describe, expect, it } from "vitest";
import { Desk, person } from "./support/desk.js";
import { at, text } from "./support/office.js";

const agent = person("agent", "agent", "201");
const expediter = person("expediter", "expediter", "201");
const HOUR = 3_600_000;
/** A Friday evening: the hours run through the weekend. */
const START = at("2026-03-06 18:00");

let desk: Desk;
afterEach(() => desk.test.close());
const open = async (options: Parameters<typeof Desk.open>[0] = {}): Promise<void> => void (desk = await Desk.open({ startAt: START, ...options }));
const left = async (source: "voicemail" | "email" | "web" | "agent"): Promise<string> => (await desk.service.create({ kind: "求助", source, actor: "citizen", contactNumber: "13800138000" })).id;
const urgings = async (id: string): Promise<readonly string[]> => (await desk.service.urgings(id)).filter(({ level }) => level === "accept").map(({ name, state, plannedAt }) => `${name} ${state} ${text(plannedAt)}`);
const fired = async (id: string): Promise<readonly unknown[]> => (await desk.see(expediter, id)).history.filter((line) => line.action === "urge").map((line) => line.data["level"]);

describe("what waits for a person is taken up in time", () => {
  it("a message in the mailbox within 24 hours, round the clock (GB/T 33358); after that who may urge is told, once", async () => {
    await open();
    const id = await left("voicemail");
    expect(await desk.see(agent, id)).toMatchObject({ status: "received", acceptBy: START + 24 * HOUR, acceptedAt: null });
    expect(await urgings(id)).toEqual(["受理超时 planned 2026-03-07 18:00"]);
    desk.told();
    await desk.test.advance(24 * HOUR - 60_000);
    expect(await fired(id)).toEqual([]);
    await desk.test.advance(120_000);
    expect(await fired(id)).toEqual(["accept"]);
    expect(await urgings(id)).toEqual(["受理超时 fired 2026-03-07 18:00"]);
    expect(desk.told()).toEqual([["screen", "permission:tickets.urge", "ticket.accept-late"]]);
    await desk.test.advance(24 * HOUR);
    expect(await fired(id)).toEqual(["accept"]);
    // Late, but taken up: when is known.
    await desk.move(agent, id, "register");
    expect((await desk.see(agent, id)).acceptedAt).toBe(desk.test.clock.now());
  });

  it("who takes it up in time, or rejects it, is not urged", async () => {
    await open();
    const [first, second] = [await left("voicemail"), await left("email")];
    await desk.test.advance(HOUR);
    await desk.move(agent, first, "register");
    await desk.move(person("leader", "team_leader", "201"), second, "reject", { reason: "不属受理范围" });
    const taken = (await desk.see(agent, first));
    expect(taken.acceptedAt).toBe(desk.test.clock.now());
    expect(await desk.see(agent, second)).toMatchObject({ acceptBy: START + 24 * HOUR, acceptedAt: desk.test.clock.now() });
    await desk.test.advance(48 * HOUR);
    expect([await fired(first), await fired(second)].flat()).not.toContain("accept");
    expect((await desk.see(agent, first)).acceptedAt).toBe(taken.acceptedAt);
  });

  it("no limit for what is registered by an agent, nor for ways that have none; a hotline gives its own", async () => {
    await open({ config: { acceptWithinHours: { web: 2 } } });
    const ids = [await left("voicemail"), await left("web"), await left("agent")];
    expect(await Promise.all(ids.map(async (id) => (await desk.see(agent, id)).acceptBy))).toEqual([null, START + 2 * HOUR, null]);
  });
});
