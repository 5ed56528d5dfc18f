import { describe, expect, it } from "vitest";
import type { FlowRoute } from "../config.js";
import { chooseRoute } from "./choose-flow.js";

const call = (number: string, kind: "trunk" | "line" | "account" = "trunk", key = "city") => ({ to: { number, uri: `sip:${number}@test` }, via: { kind, key } });

describe("chooseRoute", () => {
  const routes: FlowRoute[] = [
    { number: "12333", line: "3", flow: "board" },
    { number: "12333", flow: "main" },
    { number: "0900*", trunk: "city", flow: "area" },
    { account: "1001", flow: "inside" },
  ];
  it.each([
    ["12333", "line", "3", "board"],
    ["12333", "line", "4", "main"],
    ["12333", "trunk", "3", "main"],
    ["09002345678", "trunk", "city", "area"],
    ["0900", "trunk", "city", "area"],
    ["09002345678", "trunk", "other", undefined],
    ["777", "account", "1001", "inside"],
    ["777", "trunk", "1001", undefined],
    ["", "trunk", "city", undefined],
  ] as const)("%s by %s %s goes to %s", (number, kind, key, flow) => expect(chooseRoute(routes, call(number, kind, key), () => true)?.flow).toBe(flow));

  it("takes everything where nothing is asked", () => expect(chooseRoute([{ flow: "all" }], call(""), () => true)?.flow).toBe("all"));

  it.each([[true, "day"], [false, "night"]] as const)("asks the calendar of a route that names one (open: %s)", (open, flow) => {
    const asked: string[] = [];
    const byHours: FlowRoute[] = [{ hours: { calendar: "desk", when: "open" }, flow: "day" }, { hours: { calendar: "desk", when: "closed" }, flow: "night" }];
    expect(chooseRoute(byHours, call("12333"), (key) => (asked.push(key), open))?.flow).toBe(flow);
    expect(new Set(asked)).toEqual(new Set(["desk"]));
  });
});
