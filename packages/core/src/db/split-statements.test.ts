import { expect, test } from "vitest";
import { splitStatements } from "./split-statements.js";

test("takes statements apart at their ends only", () => {
  expect(splitStatements("create table a (x text default ';');\ncreate index i on a (x)")).toEqual(["create table a (x text default ';')", "create index i on a (x)"]);
  expect(splitStatements("insert into a values ('it''s; fine'); select \"a;b\"; select `c;d`;")).toEqual(["insert into a values ('it''s; fine')", 'select "a;b"', "select `c;d`"]);
  expect(splitStatements("select 1 -- not; here\n; select 2 /* nor; here */;")).toEqual(["select 1 -- not; here", "select 2 /* nor; here */"]);
  expect(splitStatements("create function f() returns trigger as $x$ begin a; b; end $x$ language plpgsql; select $1")).toEqual(["create function f() returns trigger as $x$ begin a; b; end $x$ language plpgsql", "select $1"]);
  expect(splitStatements("create trigger t after insert on a begin update b set x = 1; delete from c; end; select 1")).toEqual(["create trigger t after insert on a begin update b set x = 1; delete from c; end", "select 1"]);
  expect(splitStatements(" ;; \n")).toEqual([]);
  expect(splitStatements("select 'never closed; ")).toEqual(["select 'never closed;"]);
});
