import type { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The part of vitest that a contract suite needs. Handed in, so that this package can be loaded without it. */
export interface TestFramework {
  readonly describe: typeof describe;
  readonly it: typeof it;
  readonly expect: typeof expect;
  readonly beforeAll: typeof beforeAll;
  readonly afterAll: typeof afterAll;
}
