import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with one plain line: `tests: N passed, N failed, N skipped`. Before it stands each test that passed only at
 * its second try, with what went wrong at the first: something to look into, in the test or in what it tests.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed" || state === "failed" || state === "skipped") count[state]++;
        if (state === "passed" && test.diagnostic()?.flaky === true) process.stdout.write(`\nat the second try: ${module.relativeModuleId} > ${test.fullName}\n${(errors ?? []).map(({ stack, message }) => stack ?? message).join("\n")}\n`);
      }
      if (module.state() === "failed" && module.errors().length > 0) count.failed++;
    }
    process.stdout.write(`\ntests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}
