import { expect, it } from "vitest";
import { ConnectionPlaces } from "./connection-places.js";

function places(most: number): { readonly all: ConnectionPlaces; readonly closed: string[]; readonly enter: (name: string, stranger?: boolean) => ReturnType<ConnectionPlaces["enter"]> } {
  const closed: string[] = [];
  const all = new ConnectionPlaces(most);
  return { all, closed, enter: (name, stranger = true) => all.enter({ givesWay: () => stranger, close: () => void closed.push(name) }) };
}

it("where all are taken the stranger's gives way over which nothing has come for longest, and nobody else's", () => {
  const { all, closed, enter } = places(4);
  enter("phone", false);
  const busy = enter("busy");
  enter("idle");
  enter("later");
  busy?.used();
  expect(closed).toEqual([]);
  expect(enter("new")).toBeDefined();
  expect(closed).toEqual(["idle"]);
  enter("carrier", false);
  enter("phone 2", false);
  enter("phone 3", false);
  expect(closed).toEqual(["idle", "later", "busy", "new"]);
  expect(enter("stranger")).toBeUndefined();
  expect(enter("phone 4", false)).toBeUndefined();
  expect(all.displaced).toBe(4);
});

it("who leaves makes room, once; what is closed does not come back by being used", () => {
  const { closed, enter } = places(1);
  const one = enter("one", false);
  one?.leave();
  one?.leave();
  const two = enter("two");
  one?.used();
  enter("three");
  two?.used();
  two?.leave();
  expect(closed).toEqual(["two"]);
  enter("four");
  expect(closed).toEqual(["two", "three"]);
});
