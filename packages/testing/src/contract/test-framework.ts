/** What a suite says of a value. */
export interface Assertion {
  readonly not: Assertion;
  readonly rejects: { toMatchObject(expected: object): Promise<void> };
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toMatchObject(expected: object): void;
  toContain(expected: unknown): void;
  toBeDefined(): void;
  toBeUndefined(): void;
}

/**
 * The part of a test runner that `pluginContract` needs: `import * as vitest from "vitest"`, or
 * `import { after, before, describe, it } from "node:test"`, handed in so that this package can be installed and loaded without either.
 */
export interface SuiteFramework {
  describe(name: string, body: () => void): unknown;
  /** vitest takes the longest time in milliseconds as its third argument, node:test has no limit of its own. */
  it(name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
  beforeAll?(body: () => Promise<void>, timeoutMs?: number): unknown;
  afterAll?(body: () => Promise<void>, timeoutMs?: number): unknown;
  /** As node:test calls it. */
  before?(body: () => Promise<void>): unknown;
  after?(body: () => Promise<void>): unknown;
}

/** The part of vitest that a contract suite needs. Handed in, so that this package can be installed and loaded without it. */
export interface TestFramework {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>, timeoutMs: number): unknown;
  expect(value: unknown): Assertion;
  beforeAll(body: () => Promise<void>, timeoutMs: number): unknown;
  afterAll(body: () => Promise<void>, timeoutMs: number): unknown;
}
