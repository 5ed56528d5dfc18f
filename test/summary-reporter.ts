import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";

/**
 * Ends a run with one plain line: `tests: N passed, N failed, N skipped`. Before it stands each test that passed only at
 * its second try, with what went wrong at the first: something to look into, in the test or in what it tests.
 * `HOTLINE_FAILED_FILES` names a file to write the failed test files to, a line each; it stays unwritten where an error belongs to none of them.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[], reason: TestRunEndReason): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed" || state === "failed" || state === "skipped") count[state]++;
        if (state === "passed" && test.diagnostic()?.flaky === true) process.stdout.write(`\nat the second try: ${module.relativeModuleId} > ${test.fullName}\n${(errors ?? []).map(({ stack, message }) => stack ?? message).join("\n")}\n`);
      }
      if (module.state() === "failed" && module.errors().length > 0) count.failed++;
    }
    const list = process.env.HOTLINE_FAILED_FILES;
    const failed = modules.filter((module) => module.state() === "failed");
    if (list !== undefined && reason === "failed" && unhandled.length === 0 && failed.length > 0) writeFileSync(list, failed.map(({ relativeModuleId }) => `${relativeModuleId}\n`).join(""));
    process.stdout.write(`\ntests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}
