import { describe, expect, it } from "vitest";
import { letterAction, type LetterScene } from "./bar-keys.js";

const scene = (more: Partial<LetterScene> = {}): LetterScene => ({ slots: [], agent: { state: "available", wrapUpUntil: null, wrapUp: null, reachable: true }, call: null, canPickUp: false, ...more });
const wrapUp = scene({ agent: { state: "wrap-up", wrapUpUntil: 5, wrapUp: null, reachable: true }, canPickUp: true });

describe("letters in the focused bar", () => {
  it("press the places that can be used, in small letters too", () => {
    const slots = [{ key: "consult", hotkey: "C", enabled: true }, { key: "conference", hotkey: "J", enabled: false }, { key: "mute", hotkey: "F8", enabled: true }];
    expect(["c", "C", "j", "F8"].map((key) => letterAction(key, scene({ slots, call: { commands: [] } })))).toEqual([{ slot: "consult" }, { slot: "consult" }, undefined, undefined]);
  });

  it("I sends the caller to a flow where the server offers it", () => {
    expect(letterAction("i", scene({ call: { commands: ["to-flow"] } }))).toBe("flow");
    expect(letterAction("i", scene({ call: { commands: ["transfer"] } }))).toBeUndefined();
    expect(letterAction("i", scene())).toBeUndefined();
  });

  it("W ends a wrap-up, + gives it more time; dialling and picking up are not shown then", () => {
    expect(["w", "+", "d", "p"].map((key) => letterAction(key, wrapUp))).toEqual(["finish", "extend", undefined, undefined]);
    expect(["w", "+"].map((key) => letterAction(key, scene()))).toEqual([undefined, undefined]);
    // Rung again out of the wrap-up, its keys are off.
    expect(["w", "+"].map((key) => letterAction(key, { ...wrapUp, call: { commands: ["reject"] } }))).toEqual([undefined, undefined]);
  });

  it("N goes to the code of the wrap-up, where there is one to choose", () => {
    const codes = { interactionId: "a", queue: null, code: null, codes: ["solved"], required: false };
    expect([letterAction("n", { ...wrapUp, agent: { ...wrapUp.agent, wrapUp: codes } }), letterAction("n", wrapUp), letterAction("n", scene())]).toEqual(["code", undefined, undefined]);
  });

  it("D dials and P picks up while there is no call", () => {
    expect(letterAction("d", scene())).toBe("dial");
    expect(letterAction("d", scene({ agent: { state: "unreachable", wrapUpUntil: null, wrapUp: null, reachable: false } }))).toBeUndefined();
    expect([letterAction("p", scene()), letterAction("p", scene({ canPickUp: true }))]).toEqual([undefined, "pick-up"]);
    expect(["d", "p"].map((key) => letterAction(key, scene({ call: { commands: [] }, canPickUp: true })))).toEqual([undefined, undefined]);
  });
});
