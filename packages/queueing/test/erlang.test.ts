import { describe, expect, it } from "vitest";
import { agentsForBlocking, agentsForServiceLevel, erlangA, erlangB, erlangC } from "../src/index.js";

describe("Erlang B", () => {
  // Offered traffic at 1 % blocking, from the published Erlang B tables (for example ITU-D SG 2 "Teletraffic Engineering Handbook").
  it.each([
    [1, 0.0101],
    [2, 0.153],
    [5, 1.36],
    [10, 4.46],
    [20, 12.0],
    [50, 37.9],
    [100, 84.1],
  ])("%i lines lose 1 %% at %f erlang", (lines, load) => {
    expect(erlangB(load, lines)).toBeCloseTo(0.01, 3);
    expect(agentsForBlocking(load * 0.999, 0.0101)).toBe(lines);
  });

  it("is 1 without lines, 0 without traffic, and stays finite for thousands of lines", () => {
    expect(erlangB(3, 0)).toBe(1);
    expect(erlangB(0, 3)).toBe(0);
    expect(erlangB(10_000, 10_000)).toBeGreaterThan(0);
    expect(erlangB(10_000, 10_000)).toBeLessThan(0.01);
  });

  it("refuses nonsense", () => {
    expect(() => erlangB(-1, 1)).toThrow(RangeError);
    expect(() => erlangB(1, 1.5)).toThrow(RangeError);
    expect(() => agentsForBlocking(1, 0)).toThrow(RangeError);
  });
});

describe("Erlang C", () => {
  // The worked example of Call Centre Helper: 100 calls of 180 s in half an hour, 14 agents, 20 s.
  it("agrees with the published worked example", () => {
    const result = erlangC(10, 14, 180, 20);
    expect(result.waitProbability).toBeCloseTo(0.1741, 4);
    expect(result.serviceLevel).toBeCloseTo(0.888, 3);
    expect(result.averageWait).toBeCloseTo(7.8, 1);
    expect(result.occupancy).toBeCloseTo(0.7143, 4);
    expect(agentsForServiceLevel(10, 180, 20, 0.8)).toBe(14);
  });

  it("is the M/M/1 queue for one agent: P(wait) = load, mean wait = load / (1 - load) x service time", () => {
    const result = erlangC(0.8, 1, 10, 0);
    expect(result.waitProbability).toBeCloseTo(0.8, 10);
    expect(result.averageWait).toBeCloseTo(40, 8);
  });

  it("says so when overloaded", () => {
    expect(erlangC(14, 14, 180, 20)).toEqual({ waitProbability: 1, serviceLevel: 0, averageWait: Infinity, occupancy: 1 });
  });
});

describe("Erlang A", () => {
  // Mandelbaum and Zeltyn 2005, comparison of Erlang C and A: 48 calls a minute, 1 minute of service, 2 minutes of patience, 50 agents.
  it("agrees with the published comparison", () => {
    const a = erlangA(48, 1, 2, 50);
    expect(a.abandonProbability).toBeCloseTo(0.031, 3);
    expect(a.averageWait * 60).toBeCloseTo(3.7, 1);
    expect(a.averageQueue).toBeCloseTo(3, 0);
    expect(a.occupancy).toBeCloseTo(0.93, 2);
    // 90th percentile of the wait: 12.5 s.
    expect(a.waitTail(12.5 / 60)).toBeCloseTo(0.1, 2);
    const c = erlangC(48, 50, 1, 0);
    expect(c.averageWait * 60).toBeCloseTo(20.8, 1);
    expect(c.occupancy).toBeCloseTo(0.96, 2);
  });

  it("turns into Erlang C when patience is endless and into Erlang B when there is none", () => {
    const patient = erlangA(10, 1, 1e7, 14);
    expect(patient.waitProbability).toBeCloseTo(erlangC(10, 14, 1, 0).waitProbability, 4);
    expect(patient.answeredWithin(20 / 180)).toBeCloseTo(erlangC(10, 14, 1, 20 / 180).serviceLevel, 4);
    expect(erlangA(10, 1, 1e-7, 14).abandonProbability).toBeCloseTo(erlangB(10, 14), 4);
  });

  it("adds up: answered ever and abandoned are all callers, also under overload", () => {
    for (const agents of [1, 10, 40]) {
      const a = erlangA(20, 1, 0.5, agents);
      expect(a.answeredWithin(60) + a.abandonProbability).toBeCloseTo(1, 4);
      expect(a.waitTail(0)).toBeCloseTo(a.waitProbability, 10);
    }
  });

  it("stays finite for a province: 1,000 agents, light and heavy load", () => {
    for (const rate of [1, 900, 3000]) {
      const a = erlangA(rate, 1, 2, 1000);
      expect(Number.isFinite(a.averageWait)).toBe(true);
      expect(a.occupancy).toBeLessThanOrEqual(1);
      expect(a.occupancy).toBeGreaterThan(0);
    }
  });
});
