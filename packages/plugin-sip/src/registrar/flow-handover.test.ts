import { describe, expect, it } from "vitest";
import type { Binding } from "./binding.js";
import { FlowHandover } from "./flow-handover.js";

function begin() {
  const moves: string[] = [];
  const handover = new FlowHandover((flow, to) => void moves.push(`${flow} > ${to.flow}`));
  const bound = (account: string, flow: string, contact: string, instance?: string): void =>
    handover.bound({ account, contact, ...(instance === undefined ? {} : { instance }), destination: { kind: "ws", host: "192.0.2.1", port: 1, flow } } as Binding);
  return { moves, bound };
}

describe("a phone that comes back over another connection", () => {
  it("takes its calls along, by its Contact or its instance", () => {
    const { moves, bound } = begin();
    bound("1001", "a", "sip:x@1");
    bound("1001", "b", "sip:x@1");
    bound("1002", "c", "sip:y@1", "urn:1");
    bound("1002", "d", "sip:z@1", "urn:1");
    expect(moves).toEqual(["a > b", "c > d"]);
  });

  it("takes no calls of others along that share the connection it left", () => {
    const { moves, bound } = begin();
    bound("1001", "gateway", "sip:x@1");
    bound("1002", "gateway", "sip:y@1");
    bound("1002", "own", "sip:y@1");
    expect(moves).toEqual([]);
  });

  it("is another than who writes the same Contact for another account", () => {
    const { moves, bound } = begin();
    bound("1001", "a", "sip:x@1");
    bound("1002", "b", "sip:x@1");
    expect(moves).toEqual([]);
  });
});
