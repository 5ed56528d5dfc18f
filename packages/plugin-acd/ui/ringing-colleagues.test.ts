import { describe, expect, it } from "vitest";
import type { AgentSnapshot } from "../src/contract.js";
import { ringingColleagues } from "./ringing-colleagues.js";

const agent = (number: string, more: Partial<AgentSnapshot> = {}): AgentSnapshot => ({ number, offered: null, since: 0, groups: [], queues: ["q"], ...more }) as AgentSnapshot;
const numbers = (own: AgentSnapshot, all: readonly AgentSnapshot[], anybody = false): readonly string[] => ringingColleagues(own, all, anybody).map(({ number }) => number);

describe("colleagues whose call can be picked up", () => {
  const me = agent("1001");

  it("are those at whom a call rings, the longest first; no letter or chat that is offered, and not me", () => {
    const all = [agent("1001", { offered: "voice" }), agent("1002", { offered: "voice", since: 20 }), agent("1003", { offered: "voice", since: 10 }), agent("1004", { offered: "email" }), agent("1005")];
    expect(numbers(me, all)).toEqual(["1003", "1002"]);
  });

  it("share a queue where there are no groups, a group where there are; supervisors take any", () => {
    const other = agent("1002", { offered: "voice", queues: ["other"] });
    expect(numbers(me, [me, other])).toEqual([]);
    const grouped = [agent("1001", { groups: ["one"] }), agent("1002", { offered: "voice", groups: ["two"] }), agent("1003", { offered: "voice", groups: ["one"], queues: ["other"] })];
    expect(numbers(grouped[0] as AgentSnapshot, grouped)).toEqual(["1003"]);
    expect(numbers(grouped[0] as AgentSnapshot, grouped, true)).toEqual(["1002", "1003"]);
  });
});
